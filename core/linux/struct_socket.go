package linux

// Msghdr is struct user_msghdr of sendmsg(2) and recvmsg(2).
type Msghdr struct {
	Name       uint64 // address
	Namelen    int32  // bytes
	Iov        uint64 // address
	Iovlen     uint64 // elements
	Control    uint64 // address
	Controllen uint64 // bytes
	Flags      uint32 // MSG_*
}

// SizeofMsghdr is the size of Msghdr in bytes.
const SizeofMsghdr = 56

// Encode writes m to the first SizeofMsghdr bytes of b.
func (m *Msghdr) Encode(b []byte) {
	_ = b[SizeofMsghdr-1]
	le.PutUint64(b, m.Name)
	le.PutUint32(b[8:], uint32(m.Namelen))
	clear(b[12:16])
	le.PutUint64(b[16:], m.Iov)
	le.PutUint64(b[24:], m.Iovlen)
	le.PutUint64(b[32:], m.Control)
	le.PutUint64(b[40:], m.Controllen)
	le.PutUint32(b[48:], m.Flags)
	clear(b[52:56])
}

// Decode reads m from the first SizeofMsghdr bytes of b.
func (m *Msghdr) Decode(b []byte) {
	_ = b[SizeofMsghdr-1]
	m.Name = le.Uint64(b)
	m.Namelen = int32(le.Uint32(b[8:]))
	m.Iov = le.Uint64(b[16:])
	m.Iovlen = le.Uint64(b[24:])
	m.Control = le.Uint64(b[32:])
	m.Controllen = le.Uint64(b[40:])
	m.Flags = le.Uint32(b[48:])
}

// Mmsghdr is struct mmsghdr of sendmmsg(2) and recvmmsg(2).
type Mmsghdr struct {
	Hdr Msghdr
	Len uint32 // bytes moved
}

// SizeofMmsghdr is the size of Mmsghdr in bytes.
const SizeofMmsghdr = 64

// Encode writes m to the first SizeofMmsghdr bytes of b.
func (m *Mmsghdr) Encode(b []byte) {
	_ = b[SizeofMmsghdr-1]
	m.Hdr.Encode(b[0:])
	le.PutUint32(b[56:], m.Len)
	clear(b[60:64])
}

// Decode reads m from the first SizeofMmsghdr bytes of b.
func (m *Mmsghdr) Decode(b []byte) {
	_ = b[SizeofMmsghdr-1]
	m.Hdr.Decode(b[0:])
	m.Len = le.Uint32(b[56:])
}

// Cmsghdr is struct cmsghdr, the head of a control message.
type Cmsghdr struct {
	Len   uint64 // bytes with the head, without the padding
	Level int32  // SOL_*
	Type  int32  // SCM_*
}

// SizeofCmsghdr is the size of Cmsghdr in bytes.
const SizeofCmsghdr = 16

// Encode writes c to the first SizeofCmsghdr bytes of b.
func (c *Cmsghdr) Encode(b []byte) {
	_ = b[SizeofCmsghdr-1]
	le.PutUint64(b, c.Len)
	le.PutUint32(b[8:], uint32(c.Level))
	le.PutUint32(b[12:], uint32(c.Type))
}

// Decode reads c from the first SizeofCmsghdr bytes of b.
func (c *Cmsghdr) Decode(b []byte) {
	_ = b[SizeofCmsghdr-1]
	c.Len = le.Uint64(b)
	c.Level = int32(le.Uint32(b[8:]))
	c.Type = int32(le.Uint32(b[12:]))
}

// CmsgSpace returns the bytes that a control message with n bytes of data takes
// with its padding (CMSG_SPACE).
func CmsgSpace(n int) int { return SizeofCmsghdr + (n+7)&^7 }

// AppendCmsg appends a control message with its padding.
func AppendCmsg(b []byte, level, typ int32, data []byte) []byte {
	b = le.AppendUint64(b, uint64(SizeofCmsghdr+len(data)))
	b = le.AppendUint32(b, uint32(level))
	b = le.AppendUint32(b, uint32(typ))
	b = append(b, data...)
	for range CmsgSpace(len(data)) - SizeofCmsghdr - len(data) {
		b = append(b, 0)
	}
	return b
}

// NextCmsg splits the first control message off b. It gives EINVAL for one that
// is shorter than its head or longer than b (CMSG_OK); at the end of b, where
// not even a head fits, more is false.
func NextCmsg(b []byte) (hdr Cmsghdr, data, rest []byte, more bool, e Errno) {
	if len(b) < SizeofCmsghdr {
		return hdr, nil, nil, false, 0
	}
	hdr.Decode(b)
	if hdr.Len < SizeofCmsghdr || hdr.Len > uint64(len(b)) {
		return hdr, nil, nil, false, EINVAL
	}
	data = b[SizeofCmsghdr:hdr.Len]
	rest = b[min(CmsgSpace(len(data)), len(b)):]
	return hdr, data, rest, true, 0
}

// Ucred is struct ucred of SCM_CREDENTIALS and SO_PEERCRED.
type Ucred struct {
	Pid int32
	Uid uint32
	Gid uint32
}

// SizeofUcred is the size of Ucred in bytes.
const SizeofUcred = 12

// Encode writes u to the first SizeofUcred bytes of b.
func (u *Ucred) Encode(b []byte) {
	_ = b[SizeofUcred-1]
	le.PutUint32(b, uint32(u.Pid))
	le.PutUint32(b[4:], u.Uid)
	le.PutUint32(b[8:], u.Gid)
}

// Decode reads u from the first SizeofUcred bytes of b.
func (u *Ucred) Decode(b []byte) {
	_ = b[SizeofUcred-1]
	u.Pid = int32(le.Uint32(b))
	u.Uid = le.Uint32(b[4:])
	u.Gid = le.Uint32(b[8:])
}

// Linger is struct linger of SO_LINGER.
type Linger struct {
	Onoff  int32
	Linger int32 // seconds
}

// SizeofLinger is the size of Linger in bytes.
const SizeofLinger = 8

// Encode writes l to the first SizeofLinger bytes of b.
func (l *Linger) Encode(b []byte) {
	_ = b[SizeofLinger-1]
	le.PutUint32(b, uint32(l.Onoff))
	le.PutUint32(b[4:], uint32(l.Linger))
}

// Decode reads l from the first SizeofLinger bytes of b.
func (l *Linger) Decode(b []byte) {
	_ = b[SizeofLinger-1]
	l.Onoff = int32(le.Uint32(b))
	l.Linger = int32(le.Uint32(b[4:]))
}
