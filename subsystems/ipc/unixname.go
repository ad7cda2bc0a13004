package ipc

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// The parts of struct sockaddr_un, in bytes.
const (
	unixPathAt = 2
	unixMax    = 110
)

// unixAddr is the name of a socket: the sockaddr, and the node of a path name.
type unixAddr struct {
	name []byte
	node uint64
}

// absName is an abstract name. Each socket type has names of its own:
// unix_abstract_hash of net/unix/af_unix.c.
type absName struct {
	typ  uint32
	name string
}

// validUnix is unix_validate_addr.
func validUnix(a []byte) linux.Errno {
	if len(a) <= unixPathAt || len(a) > unixMax || binary.LittleEndian.Uint16(a) != linux.AF_UNIX {
		return linux.EINVAL
	}
	return 0
}

// bind is unix_bind. An address without a path chooses an abstract name
// (autobind).
func (k *unixSock) bind(s *IPC, req *ipcapi.BindRequest) linux.Errno {
	a := req.Address
	if len(a) == unixPathAt && binary.LittleEndian.Uint16(a) == linux.AF_UNIX {
		return s.autobind(k)
	}
	if e := validUnix(a); e != 0 {
		return e
	}
	if k.addr != nil {
		return linux.EINVAL
	}
	if a[unixPathAt] == 0 {
		return s.bindAbstract(k, a)
	}
	// The name ends at its first NUL and is shown with one.
	n := unixPathAt
	for n < len(a) && a[n] != 0 {
		n++
	}
	name := append([]byte(nil), a[:n]...)
	k.addr = &unixAddr{name: append(name, 0), node: req.Node}
	if req.Node != 0 {
		s.bound[req.Node] = k
	}
	return 0
}

func (s *IPC) bindAbstract(k *unixSock, a []byte) linux.Errno {
	key := absName{k.typ, string(a[unixPathAt:])}
	if s.abstract[key] != nil {
		return linux.EADDRINUSE
	}
	s.abstract[key] = k
	k.addr = &unixAddr{name: append([]byte(nil), a...)}
	return 0
}

// autobind is unix_autobind: a free abstract name of five hexadecimal digits.
// Linux starts from a random one, we from the last.
func (s *IPC) autobind(k *unixSock) linux.Errno {
	if k.addr != nil {
		return 0
	}
	const names = 1 << 20
	for range names {
		s.lastAuto = (s.lastAuto + 1) % names
		a := []byte{linux.AF_UNIX, 0, 0, 0, 0, 0, 0, 0}
		for i := range 5 {
			a[3+i] = "0123456789abcdef"[s.lastAuto>>(16-4*i)&15]
		}
		if s.bindAbstract(k, a) == 0 {
			return 0
		}
	}
	return linux.ENOSPC
}

// unname takes k's name from the tables; getsockname of connections that have
// copied it still shows it.
func (s *IPC) unname(k *unixSock) {
	a := k.addr
	switch {
	case a == nil:
	case a.name[unixPathAt] == 0:
		key := absName{k.typ, string(a.name[unixPathAt:])}
		if s.abstract[key] == k {
			delete(s.abstract, key)
		}
	case s.bound[a.node] == k:
		delete(s.bound, a.node)
	}
}

// findUnix is unix_find_other, for an address that is valid. Errors:
// ECONNREFUSED, EPROTOTYPE.
func (s *IPC) findUnix(a []byte, node uint64, typ uint32) (*unixSock, linux.Errno) {
	if a[unixPathAt] == 0 {
		if k := s.abstract[absName{typ, string(a[unixPathAt:])}]; k != nil {
			return k, 0
		}
		return nil, linux.ECONNREFUSED
	}
	k := s.bound[node]
	if k == nil {
		return nil, linux.ECONNREFUSED
	}
	if k.typ != typ {
		return nil, linux.EPROTOTYPE
	}
	return k, 0
}

// name is unix_getname.
func (k *unixSock) name(peer bool, b []byte) ([]byte, linux.Errno) {
	if peer {
		if k = k.peer; k == nil {
			return b, linux.ENOTCONN
		}
	}
	if k.addr == nil {
		return append(b, linux.AF_UNIX, 0), 0
	}
	return append(b, k.addr.name...), 0
}
