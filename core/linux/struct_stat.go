package linux

// StatxTimestamp is struct statx_timestamp.
type StatxTimestamp struct {
	Sec  int64
	Nsec uint32
}

// SizeofStatxTimestamp is the size of StatxTimestamp in bytes.
const SizeofStatxTimestamp = 16

// Encode writes t to the first SizeofStatxTimestamp bytes of b.
func (t *StatxTimestamp) Encode(b []byte) {
	_ = b[SizeofStatxTimestamp-1]
	le.PutUint64(b, uint64(t.Sec))
	le.PutUint32(b[8:], t.Nsec)
	clear(b[12:16])
}

// Decode reads t from the first SizeofStatxTimestamp bytes of b.
func (t *StatxTimestamp) Decode(b []byte) {
	_ = b[SizeofStatxTimestamp-1]
	t.Sec = int64(le.Uint64(b))
	t.Nsec = le.Uint32(b[8:])
}

// Statx is struct statx (linux/stat.h of Linux 6.12).
type Statx struct {
	Mask                   uint32 // STATX_*, what is filled in
	Blksize                uint32 // bytes
	Attributes             uint64 // STATX_ATTR_*
	Nlink                  uint32
	Uid                    uint32
	Gid                    uint32
	Mode                   uint16
	Ino                    uint64
	Size                   uint64 // bytes
	Blocks                 uint64 // units of 512 bytes
	AttributesMask         uint64 // the attributes that can be
	Atime                  StatxTimestamp
	Btime                  StatxTimestamp
	Ctime                  StatxTimestamp
	Mtime                  StatxTimestamp
	RdevMajor              uint32
	RdevMinor              uint32
	DevMajor               uint32
	DevMinor               uint32
	MntId                  uint64
	DioMemAlign            uint32 // bytes; 0: no direct I/O
	DioOffsetAlign         uint32 // bytes
	Subvol                 uint64
	AtomicWriteUnitMin     uint32 // bytes
	AtomicWriteUnitMax     uint32 // bytes
	AtomicWriteSegmentsMax uint32
	DioReadOffsetAlign     uint32 // bytes
}

// SizeofStatx is the size of Statx in bytes.
const SizeofStatx = 256

// Encode writes s to the first SizeofStatx bytes of b.
func (s *Statx) Encode(b []byte) {
	_ = b[SizeofStatx-1]
	le.PutUint32(b, s.Mask)
	le.PutUint32(b[4:], s.Blksize)
	le.PutUint64(b[8:], s.Attributes)
	le.PutUint32(b[16:], s.Nlink)
	le.PutUint32(b[20:], s.Uid)
	le.PutUint32(b[24:], s.Gid)
	le.PutUint16(b[28:], s.Mode)
	clear(b[30:32])
	le.PutUint64(b[32:], s.Ino)
	le.PutUint64(b[40:], s.Size)
	le.PutUint64(b[48:], s.Blocks)
	le.PutUint64(b[56:], s.AttributesMask)
	s.Atime.Encode(b[64:])
	s.Btime.Encode(b[80:])
	s.Ctime.Encode(b[96:])
	s.Mtime.Encode(b[112:])
	le.PutUint32(b[128:], s.RdevMajor)
	le.PutUint32(b[132:], s.RdevMinor)
	le.PutUint32(b[136:], s.DevMajor)
	le.PutUint32(b[140:], s.DevMinor)
	le.PutUint64(b[144:], s.MntId)
	le.PutUint32(b[152:], s.DioMemAlign)
	le.PutUint32(b[156:], s.DioOffsetAlign)
	le.PutUint64(b[160:], s.Subvol)
	le.PutUint32(b[168:], s.AtomicWriteUnitMin)
	le.PutUint32(b[172:], s.AtomicWriteUnitMax)
	le.PutUint32(b[176:], s.AtomicWriteSegmentsMax)
	le.PutUint32(b[180:], s.DioReadOffsetAlign)
	clear(b[184:256])
}

// Decode reads s from the first SizeofStatx bytes of b.
func (s *Statx) Decode(b []byte) {
	_ = b[SizeofStatx-1]
	s.Mask = le.Uint32(b)
	s.Blksize = le.Uint32(b[4:])
	s.Attributes = le.Uint64(b[8:])
	s.Nlink = le.Uint32(b[16:])
	s.Uid = le.Uint32(b[20:])
	s.Gid = le.Uint32(b[24:])
	s.Mode = le.Uint16(b[28:])
	s.Ino = le.Uint64(b[32:])
	s.Size = le.Uint64(b[40:])
	s.Blocks = le.Uint64(b[48:])
	s.AttributesMask = le.Uint64(b[56:])
	s.Atime.Decode(b[64:])
	s.Btime.Decode(b[80:])
	s.Ctime.Decode(b[96:])
	s.Mtime.Decode(b[112:])
	s.RdevMajor = le.Uint32(b[128:])
	s.RdevMinor = le.Uint32(b[132:])
	s.DevMajor = le.Uint32(b[136:])
	s.DevMinor = le.Uint32(b[140:])
	s.MntId = le.Uint64(b[144:])
	s.DioMemAlign = le.Uint32(b[152:])
	s.DioOffsetAlign = le.Uint32(b[156:])
	s.Subvol = le.Uint64(b[160:])
	s.AtomicWriteUnitMin = le.Uint32(b[168:])
	s.AtomicWriteUnitMax = le.Uint32(b[172:])
	s.AtomicWriteSegmentsMax = le.Uint32(b[176:])
	s.DioReadOffsetAlign = le.Uint32(b[180:])
}

// Statfs is struct statfs of statfs(2) and fstatfs(2).
type Statfs struct {
	Type    int64  // *_MAGIC
	Bsize   int64  // bytes
	Blocks  uint64 // in units of Bsize, as are the next two
	Bfree   uint64
	Bavail  uint64
	Files   uint64
	Ffree   uint64
	Fsid    [2]int32
	Namelen int64
	Frsize  int64 // bytes
	Flags   int64 // ST_*
}

// SizeofStatfs is the size of Statfs in bytes.
const SizeofStatfs = 120

// Encode writes s to the first SizeofStatfs bytes of b.
func (s *Statfs) Encode(b []byte) {
	_ = b[SizeofStatfs-1]
	le.PutUint64(b, uint64(s.Type))
	le.PutUint64(b[8:], uint64(s.Bsize))
	le.PutUint64(b[16:], s.Blocks)
	le.PutUint64(b[24:], s.Bfree)
	le.PutUint64(b[32:], s.Bavail)
	le.PutUint64(b[40:], s.Files)
	le.PutUint64(b[48:], s.Ffree)
	le.PutUint32(b[56:], uint32(s.Fsid[0]))
	le.PutUint32(b[60:], uint32(s.Fsid[1]))
	le.PutUint64(b[64:], uint64(s.Namelen))
	le.PutUint64(b[72:], uint64(s.Frsize))
	le.PutUint64(b[80:], uint64(s.Flags))
	clear(b[88:120])
}

// Decode reads s from the first SizeofStatfs bytes of b.
func (s *Statfs) Decode(b []byte) {
	_ = b[SizeofStatfs-1]
	s.Type = int64(le.Uint64(b))
	s.Bsize = int64(le.Uint64(b[8:]))
	s.Blocks = le.Uint64(b[16:])
	s.Bfree = le.Uint64(b[24:])
	s.Bavail = le.Uint64(b[32:])
	s.Files = le.Uint64(b[40:])
	s.Ffree = le.Uint64(b[48:])
	s.Fsid[0] = int32(le.Uint32(b[56:]))
	s.Fsid[1] = int32(le.Uint32(b[60:]))
	s.Namelen = int64(le.Uint64(b[64:]))
	s.Frsize = int64(le.Uint64(b[72:]))
	s.Flags = int64(le.Uint64(b[80:]))
}

// FileHandle is the head of struct file_handle (name_to_handle_at(2)); Bytes bytes
// follow it.
type FileHandle struct {
	Bytes uint32
	Type  int32
}

// SizeofFileHandle is the size of FileHandle in bytes.
const SizeofFileHandle = 8

// Encode writes h to the first SizeofFileHandle bytes of b.
func (h *FileHandle) Encode(b []byte) {
	_ = b[SizeofFileHandle-1]
	le.PutUint32(b, h.Bytes)
	le.PutUint32(b[4:], uint32(h.Type))
}

// Decode reads h from the first SizeofFileHandle bytes of b.
func (h *FileHandle) Decode(b []byte) {
	_ = b[SizeofFileHandle-1]
	h.Bytes = le.Uint32(b)
	h.Type = int32(le.Uint32(b[4:]))
}
