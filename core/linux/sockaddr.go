package linux

import "encoding/binary"

// The largest socket address in bytes (struct sockaddr_storage), and the room
// for a path in a Unix one.
const (
	SizeofSockaddrStorage = 128
	UNIX_PATH_MAX         = 108
)

// SockaddrFamily returns the AF_* at the front of every socket address; ok is
// false when b is too short to say.
func SockaddrFamily(b []byte) (family uint16, ok bool) {
	if len(b) < 2 {
		return 0, false
	}
	return le.Uint16(b), true
}

// AppendSockaddrUn appends struct sockaddr_un for name, which is a path, or an
// abstract name that starts with NUL, or empty for an unnamed socket. The
// result has the length that Linux reports: a path has its ending NUL.
func AppendSockaddrUn(b []byte, name string) []byte {
	b = le.AppendUint16(b, AF_UNIX)
	b = append(b, name...)
	if name != "" && name[0] != 0 {
		b = append(b, 0)
	}
	return b
}

// DecodeSockaddrUn returns the name in struct sockaddr_un, in the form that
// AppendSockaddrUn takes. A path ends at its first NUL or at the end of b.
//
// Errors: EINVAL when b is no longer than the family, longer than the struct,
// or of another family (unix_validate_addr in net/unix/af_unix.c). The empty
// name (autobind) is a b of two bytes, which the caller deals with first.
func DecodeSockaddrUn(b []byte) (name string, e Errno) {
	if len(b) <= 2 || len(b) > 2+UNIX_PATH_MAX || le.Uint16(b) != AF_UNIX {
		return "", EINVAL
	}
	path := b[2:]
	if path[0] == 0 {
		return string(path), 0
	}
	for i, c := range path {
		if c == 0 {
			return string(path[:i]), 0
		}
	}
	return string(path), 0
}

// SockaddrIn is struct sockaddr_in. Port is in host order, Addr as on the wire.
type SockaddrIn struct {
	Port uint16
	Addr [4]byte
}

// SizeofSockaddrIn is the size of SockaddrIn in bytes.
const SizeofSockaddrIn = 16

// Encode writes a to the first SizeofSockaddrIn bytes of b.
func (a *SockaddrIn) Encode(b []byte) {
	_ = b[SizeofSockaddrIn-1]
	le.PutUint16(b, AF_INET)
	binary.BigEndian.PutUint16(b[2:], a.Port)
	copy(b[4:8], a.Addr[:])
	clear(b[8:16])
}

// Decode reads a from the first SizeofSockaddrIn bytes of b. It does not look
// at the family.
func (a *SockaddrIn) Decode(b []byte) {
	_ = b[SizeofSockaddrIn-1]
	a.Port = binary.BigEndian.Uint16(b[2:])
	copy(a.Addr[:], b[4:8])
}

// SockaddrIn6 is struct sockaddr_in6. Port is in host order; Flowinfo and Addr
// are as on the wire.
type SockaddrIn6 struct {
	Port     uint16
	Flowinfo [4]byte
	Addr     [16]byte
	ScopeID  uint32
}

// SizeofSockaddrIn6 is the size of SockaddrIn6 in bytes. Linux takes addresses
// of 24 bytes too, without ScopeID (SIN6_LEN_RFC2133).
const SizeofSockaddrIn6 = 28

// Encode writes a to the first SizeofSockaddrIn6 bytes of b.
func (a *SockaddrIn6) Encode(b []byte) {
	_ = b[SizeofSockaddrIn6-1]
	le.PutUint16(b, AF_INET6)
	binary.BigEndian.PutUint16(b[2:], a.Port)
	copy(b[4:8], a.Flowinfo[:])
	copy(b[8:24], a.Addr[:])
	le.PutUint32(b[24:], a.ScopeID)
}

// Decode reads a from b, which holds 24 bytes at least. It does not look at
// the family.
func (a *SockaddrIn6) Decode(b []byte) {
	_ = b[23]
	a.Port = binary.BigEndian.Uint16(b[2:])
	copy(a.Flowinfo[:], b[4:8])
	copy(a.Addr[:], b[8:24])
	a.ScopeID = 0
	if len(b) >= SizeofSockaddrIn6 {
		a.ScopeID = le.Uint32(b[24:])
	}
}

// SockaddrNl is struct sockaddr_nl of netlink(7).
type SockaddrNl struct {
	Family uint16 // AF_NETLINK
	Pid    uint32 // port
	Groups uint32
}

// SizeofSockaddrNl is the size of SockaddrNl in bytes.
const SizeofSockaddrNl = 12

// Encode writes s to the first SizeofSockaddrNl bytes of b.
func (s *SockaddrNl) Encode(b []byte) {
	_ = b[SizeofSockaddrNl-1]
	le.PutUint16(b, s.Family)
	clear(b[2:4])
	le.PutUint32(b[4:], s.Pid)
	le.PutUint32(b[8:], s.Groups)
}

// Decode reads s from the first SizeofSockaddrNl bytes of b.
func (s *SockaddrNl) Decode(b []byte) {
	_ = b[SizeofSockaddrNl-1]
	s.Family = le.Uint16(b)
	s.Pid = le.Uint32(b[4:])
	s.Groups = le.Uint32(b[8:])
}
