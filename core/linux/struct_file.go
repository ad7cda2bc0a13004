package linux

// OpenHow is struct open_how of openat2(2).
type OpenHow struct {
	Flags   uint64 // O_*
	Mode    uint64
	Resolve uint64 // RESOLVE_*
}

// SizeofOpenHow is the size of OpenHow in bytes.
const SizeofOpenHow = 24

// Encode writes h to the first SizeofOpenHow bytes of b.
func (h *OpenHow) Encode(b []byte) {
	_ = b[SizeofOpenHow-1]
	le.PutUint64(b, h.Flags)
	le.PutUint64(b[8:], h.Mode)
	le.PutUint64(b[16:], h.Resolve)
}

// Decode reads h from the first SizeofOpenHow bytes of b.
func (h *OpenHow) Decode(b []byte) {
	_ = b[SizeofOpenHow-1]
	h.Flags = le.Uint64(b)
	h.Mode = le.Uint64(b[8:])
	h.Resolve = le.Uint64(b[16:])
}

// Flock is struct flock of fcntl(2).
type Flock struct {
	Type   int16 // F_RDLCK, F_WRLCK, F_UNLCK
	Whence int16 // SEEK_*
	Start  int64 // bytes
	Len    int64 // bytes; 0: to the end; below 0: in front of Start
	Pid    int32
}

// SizeofFlock is the size of Flock in bytes.
const SizeofFlock = 32

// Encode writes f to the first SizeofFlock bytes of b.
func (f *Flock) Encode(b []byte) {
	_ = b[SizeofFlock-1]
	le.PutUint16(b, uint16(f.Type))
	le.PutUint16(b[2:], uint16(f.Whence))
	clear(b[4:8])
	le.PutUint64(b[8:], uint64(f.Start))
	le.PutUint64(b[16:], uint64(f.Len))
	le.PutUint32(b[24:], uint32(f.Pid))
	clear(b[28:32])
}

// Decode reads f from the first SizeofFlock bytes of b.
func (f *Flock) Decode(b []byte) {
	_ = b[SizeofFlock-1]
	f.Type = int16(le.Uint16(b))
	f.Whence = int16(le.Uint16(b[2:]))
	f.Start = int64(le.Uint64(b[8:]))
	f.Len = int64(le.Uint64(b[16:]))
	f.Pid = int32(le.Uint32(b[24:]))
}

// FOwnerEx is struct f_owner_ex of F_SETOWN_EX.
type FOwnerEx struct {
	Type int32 // F_OWNER_*
	Pid  int32
}

// SizeofFOwnerEx is the size of FOwnerEx in bytes.
const SizeofFOwnerEx = 8

// Encode writes f to the first SizeofFOwnerEx bytes of b.
func (f *FOwnerEx) Encode(b []byte) {
	_ = b[SizeofFOwnerEx-1]
	le.PutUint32(b, uint32(f.Type))
	le.PutUint32(b[4:], uint32(f.Pid))
}

// Decode reads f from the first SizeofFOwnerEx bytes of b.
func (f *FOwnerEx) Decode(b []byte) {
	_ = b[SizeofFOwnerEx-1]
	f.Type = int32(le.Uint32(b))
	f.Pid = int32(le.Uint32(b[4:]))
}

// Iovec is struct iovec: an address and a length in bytes.
type Iovec struct {
	Base uint64
	Len  uint64
}

// SizeofIovec is the size of Iovec in bytes.
const SizeofIovec = 16

// Encode writes v to the first SizeofIovec bytes of b.
func (v *Iovec) Encode(b []byte) {
	_ = b[SizeofIovec-1]
	le.PutUint64(b, v.Base)
	le.PutUint64(b[8:], v.Len)
}

// Decode reads v from the first SizeofIovec bytes of b.
func (v *Iovec) Decode(b []byte) {
	_ = b[SizeofIovec-1]
	v.Base = le.Uint64(b)
	v.Len = le.Uint64(b[8:])
}

// AppendIovecs decodes every whole iovec in b and appends them to dst. The
// caller checks the addresses and the sum of the lengths.
func AppendIovecs(dst []Iovec, b []byte) []Iovec {
	for ; len(b) >= SizeofIovec; b = b[SizeofIovec:] {
		dst = append(dst, Iovec{Base: le.Uint64(b), Len: le.Uint64(b[8:])})
	}
	return dst
}

// MountAttr is struct mount_attr of mount_setattr(2).
type MountAttr struct {
	AttrSet     uint64 // MOUNT_ATTR_*
	AttrClr     uint64
	Propagation uint64 // MS_SHARED and its kin
	UsernsFd    uint64
}

// SizeofMountAttr is the size of MountAttr in bytes.
const SizeofMountAttr = 32

// Encode writes m to the first SizeofMountAttr bytes of b.
func (m *MountAttr) Encode(b []byte) {
	_ = b[SizeofMountAttr-1]
	le.PutUint64(b, m.AttrSet)
	le.PutUint64(b[8:], m.AttrClr)
	le.PutUint64(b[16:], m.Propagation)
	le.PutUint64(b[24:], m.UsernsFd)
}

// Decode reads m from the first SizeofMountAttr bytes of b.
func (m *MountAttr) Decode(b []byte) {
	_ = b[SizeofMountAttr-1]
	m.AttrSet = le.Uint64(b)
	m.AttrClr = le.Uint64(b[8:])
	m.Propagation = le.Uint64(b[16:])
	m.UsernsFd = le.Uint64(b[24:])
}
