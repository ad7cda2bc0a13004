package linux

// CapUserHeader is struct __user_cap_header of capget(2).
type CapUserHeader struct {
	Version uint32 // LINUX_CAPABILITY_VERSION_*
	Pid     int32
}

// SizeofCapUserHeader is the size of CapUserHeader in bytes.
const SizeofCapUserHeader = 8

// Encode writes h to the first SizeofCapUserHeader bytes of b.
func (h *CapUserHeader) Encode(b []byte) {
	_ = b[SizeofCapUserHeader-1]
	le.PutUint32(b, h.Version)
	le.PutUint32(b[4:], uint32(h.Pid))
}

// Decode reads h from the first SizeofCapUserHeader bytes of b.
func (h *CapUserHeader) Decode(b []byte) {
	_ = b[SizeofCapUserHeader-1]
	h.Version = le.Uint32(b)
	h.Pid = int32(le.Uint32(b[4:]))
}

// CapUserData is struct __user_cap_data of capget(2): 32 capabilities. Versions 2
// and 3 have two in a row.
type CapUserData struct {
	Effective   uint32
	Permitted   uint32
	Inheritable uint32
}

// SizeofCapUserData is the size of CapUserData in bytes.
const SizeofCapUserData = 12

// Encode writes d to the first SizeofCapUserData bytes of b.
func (d *CapUserData) Encode(b []byte) {
	_ = b[SizeofCapUserData-1]
	le.PutUint32(b, d.Effective)
	le.PutUint32(b[4:], d.Permitted)
	le.PutUint32(b[8:], d.Inheritable)
}

// Decode reads d from the first SizeofCapUserData bytes of b.
func (d *CapUserData) Decode(b []byte) {
	_ = b[SizeofCapUserData-1]
	d.Effective = le.Uint32(b)
	d.Permitted = le.Uint32(b[4:])
	d.Inheritable = le.Uint32(b[8:])
}

// SeccompData is struct seccomp_data, what a filter sees.
type SeccompData struct {
	Nr                 int32
	Arch               uint32 // AUDIT_ARCH_*
	InstructionPointer uint64
	Args               [6]uint64
}

// SizeofSeccompData is the size of SeccompData in bytes.
const SizeofSeccompData = 64

// Encode writes d to the first SizeofSeccompData bytes of b.
func (d *SeccompData) Encode(b []byte) {
	_ = b[SizeofSeccompData-1]
	le.PutUint32(b, uint32(d.Nr))
	le.PutUint32(b[4:], d.Arch)
	le.PutUint64(b[8:], d.InstructionPointer)
	le.PutUint64(b[16:], d.Args[0])
	le.PutUint64(b[24:], d.Args[1])
	le.PutUint64(b[32:], d.Args[2])
	le.PutUint64(b[40:], d.Args[3])
	le.PutUint64(b[48:], d.Args[4])
	le.PutUint64(b[56:], d.Args[5])
}

// Decode reads d from the first SizeofSeccompData bytes of b.
func (d *SeccompData) Decode(b []byte) {
	_ = b[SizeofSeccompData-1]
	d.Nr = int32(le.Uint32(b))
	d.Arch = le.Uint32(b[4:])
	d.InstructionPointer = le.Uint64(b[8:])
	d.Args[0] = le.Uint64(b[16:])
	d.Args[1] = le.Uint64(b[24:])
	d.Args[2] = le.Uint64(b[32:])
	d.Args[3] = le.Uint64(b[40:])
	d.Args[4] = le.Uint64(b[48:])
	d.Args[5] = le.Uint64(b[56:])
}

// SockFilter is struct sock_filter, one instruction of classic BPF.
type SockFilter struct {
	Code uint16
	Jt   uint8
	Jf   uint8
	K    uint32
}

// SizeofSockFilter is the size of SockFilter in bytes.
const SizeofSockFilter = 8

// Encode writes f to the first SizeofSockFilter bytes of b.
func (f *SockFilter) Encode(b []byte) {
	_ = b[SizeofSockFilter-1]
	le.PutUint16(b, f.Code)
	b[2] = f.Jt
	b[3] = f.Jf
	le.PutUint32(b[4:], f.K)
}

// Decode reads f from the first SizeofSockFilter bytes of b.
func (f *SockFilter) Decode(b []byte) {
	_ = b[SizeofSockFilter-1]
	f.Code = le.Uint16(b)
	f.Jt = b[2]
	f.Jf = b[3]
	f.K = le.Uint32(b[4:])
}
