package linux

// Stat is struct stat as amd64 lays it out (asm/stat.h).
type Stat struct {
	Dev     uint64 // see Makedev
	Ino     uint64
	Nlink   uint64
	Mode    uint32 // S_IFMT and permission bits
	Uid     uint32
	Gid     uint32
	Rdev    uint64
	Size    int64 // bytes
	Blksize int64 // bytes
	Blocks  int64 // units of 512 bytes
	Atime   Timespec
	Mtime   Timespec
	Ctime   Timespec
}

// SizeofStat is the size of Stat in bytes.
const SizeofStat = 144

// Encode writes s to the first SizeofStat bytes of b.
func (s *Stat) Encode(b []byte) {
	_ = b[SizeofStat-1]
	le.PutUint64(b, s.Dev)
	le.PutUint64(b[8:], s.Ino)
	le.PutUint64(b[16:], s.Nlink)
	le.PutUint32(b[24:], s.Mode)
	le.PutUint32(b[28:], s.Uid)
	le.PutUint32(b[32:], s.Gid)
	clear(b[36:40])
	le.PutUint64(b[40:], s.Rdev)
	le.PutUint64(b[48:], uint64(s.Size))
	le.PutUint64(b[56:], uint64(s.Blksize))
	le.PutUint64(b[64:], uint64(s.Blocks))
	s.Atime.Encode(b[72:])
	s.Mtime.Encode(b[88:])
	s.Ctime.Encode(b[104:])
	clear(b[120:144])
}

// Decode reads s from the first SizeofStat bytes of b.
func (s *Stat) Decode(b []byte) {
	_ = b[SizeofStat-1]
	s.Dev = le.Uint64(b)
	s.Ino = le.Uint64(b[8:])
	s.Nlink = le.Uint64(b[16:])
	s.Mode = le.Uint32(b[24:])
	s.Uid = le.Uint32(b[28:])
	s.Gid = le.Uint32(b[32:])
	s.Rdev = le.Uint64(b[40:])
	s.Size = int64(le.Uint64(b[48:]))
	s.Blksize = int64(le.Uint64(b[56:]))
	s.Blocks = int64(le.Uint64(b[64:]))
	s.Atime.Decode(b[72:])
	s.Mtime.Decode(b[88:])
	s.Ctime.Decode(b[104:])
}
