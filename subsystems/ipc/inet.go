package ipc

import (
	"encoding/binary"
	"net/netip"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// The network here is the loopback device alone: 127.0.0.0/8 and ::1. Its TCP
// and UDP need no segments, timers or goroutines: both ends are in this process.

// inetAddr is an address and port. IPv4 addresses are never held as IPv4-mapped
// ones; sockets of AF_INET6 show them so.
type inetAddr struct {
	ip   netip.Addr
	port uint16
}

var (
	any4  = netip.IPv4Unspecified()
	any6  = netip.IPv6Unspecified()
	here4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	here6 = netip.IPv6Loopback()
)

// The lengths of struct sockaddr_in, and of sockaddr_in6 with and without the
// scope.
const (
	sizeIn       = 16
	sizeIn6      = 28
	sizeIn6Short = 24
	minPort      = 32768 // net.ipv4.ip_local_port_range
	maxPort      = 60999
	userPort     = 1024 // net.ipv4.ip_unprivileged_port_start
)

// inetSock is what TCP and UDP sockets have.
type inetSock struct {
	sockBase
	local, remote inetAddr
	connectedTo   bool // remote is set
	portLocked    bool // bind(2) named the port, which then outlives a connection
	user          *portUser
	v6only        bool
	uid           uint32
	options       map[optionKey]int32
	// groups are the multicast groups it has joined; multicastHere says that
	// its own multicasts have a device to go out by.
	groups        map[netip.Addr]bool
	multicastHere bool
	noNetwork     bool
}

func newInet(domain, typ, protocol uint32) inetSock {
	k := inetSock{sockBase: sockBase{domain: domain, typ: typ, protocol: protocol, opt: newOptions()}}
	k.local.ip = k.wildcard()
	return k
}

// newInetKind is inet_create and inet6_create.
func newInetKind(domain, typ, protocol uint32, caps uint64) (socket, linux.Errno) {
	const protocols = 263 // IPPROTO_MAX
	if protocol >= protocols {
		return nil, linux.EINVAL
	}
	switch {
	case typ == linux.SOCK_STREAM && (protocol == 0 || protocol == linux.IPPROTO_TCP):
		return newTCP(domain), 0
	case typ == linux.SOCK_DGRAM && (protocol == 0 || protocol == linux.IPPROTO_UDP):
		return &udpSock{inetSock: newInet(domain, typ, linux.IPPROTO_UDP)}, 0
	case typ == linux.SOCK_DGRAM && protocol == linux.IPPROTO_UDPLITE:
		return &udpSock{inetSock: newInet(domain, typ, protocol)}, 0
	case typ == linux.SOCK_DGRAM && protocol == pingProtocol(domain):
		return nil, linux.EACCES // net.ipv4.ping_group_range is empty
	case typ == linux.SOCK_STREAM, typ == linux.SOCK_DGRAM:
		return nil, linux.EPROTONOSUPPORT
	case typ == linux.SOCK_RAW && protocol != 0:
		if caps&(1<<linux.CAP_NET_RAW) == 0 {
			return nil, linux.EPERM
		}
		// GAP: raw sockets; not claimed.
		return nil, linux.EPROTONOSUPPORT
	case typ == linux.SOCK_RAW:
		return nil, linux.EPROTONOSUPPORT
	}
	return nil, linux.ESOCKTNOSUPPORT
}

// pingProtocol is the protocol of ping sockets.
func pingProtocol(domain uint32) uint32 {
	if domain == linux.AF_INET6 {
		return linux.IPPROTO_ICMPV6
	}
	return linux.IPPROTO_ICMP
}

func (k *inetSock) wildcard() netip.Addr {
	if k.domain == linux.AF_INET {
		return any4
	}
	return any6
}

// parse reads a sockaddr of k's family. Errors: EINVAL (short), EAFNOSUPPORT.
func (k *inetSock) parse(b []byte) (inetAddr, linux.Errno) {
	if len(b) < 2 {
		return inetAddr{}, linux.EINVAL
	}
	family := uint32(binary.LittleEndian.Uint16(b))
	if k.domain == linux.AF_INET {
		if len(b) < sizeIn {
			return inetAddr{}, linux.EINVAL
		}
		if family != linux.AF_INET {
			return inetAddr{}, linux.EAFNOSUPPORT
		}
		return inetAddr{netip.AddrFrom4([4]byte(b[4:8])), binary.BigEndian.Uint16(b[2:])}, 0
	}
	if len(b) < sizeIn6Short {
		return inetAddr{}, linux.EINVAL
	}
	if family != linux.AF_INET6 {
		return inetAddr{}, linux.EAFNOSUPPORT
	}
	return inetAddr{netip.AddrFrom16([16]byte(b[8:24])).Unmap(), binary.BigEndian.Uint16(b[2:])}, 0
}

// format appends a as a sockaddr of k's family.
func (k *inetSock) format(b []byte, a inetAddr) []byte {
	if k.domain == linux.AF_INET {
		b = append(b, linux.AF_INET, 0, byte(a.port>>8), byte(a.port))
		ip := a.ip.As4()
		b = append(b, ip[:]...)
		return append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	}
	b = append(b, linux.AF_INET6, 0, byte(a.port>>8), byte(a.port), 0, 0, 0, 0)
	ip := a.ip.As16() // IPv4-mapped for an IPv4 address
	b = append(b, ip[:]...)
	return append(b, 0, 0, 0, 0)
}

// isHere reports whether ip is an address of the loopback device.
func (k *inetSock) isHere(ip netip.Addr) bool { return ip.IsLoopback() && !k.noNetwork }

// route turns a destination into the address here that it means, and the
// source address that goes with it. Errors: ENETUNREACH.
func (k *inetSock) route(to netip.Addr) (dst, src netip.Addr, e linux.Errno) {
	if to.IsUnspecified() { // this host
		if to.Is4() {
			to = here4
		} else {
			to = here6
		}
	}
	if !k.isHere(to) && !(k.multicastHere && to.IsMulticast()) || to.Is4() && k.v6only || to.Is6() && k.domain == linux.AF_INET {
		return to, src, linux.ENETUNREACH
	}
	src = k.local.ip
	switch {
	case src.IsUnspecified() && to.Is4():
		src = here4
	case src.IsUnspecified():
		src = here6
	case src.Is4() != to.Is4():
		return to, src, linux.ENETUNREACH
	}
	return to, src, 0
}

// bindTo is inet_bind and inet6_bind: it gives k a local address and a port.
// Errors: EINVAL (bound already), EADDRNOTAVAIL, EACCES (port), EADDRINUSE.
func (k *inetSock) bindTo(s *IPC, req *ipcapi.BindRequest, owner portOwner) linux.Errno {
	a, e := k.parse(req.Address)
	if e == linux.EAFNOSUPPORT && k.domain == linux.AF_INET && len(req.Address) >= sizeIn &&
		binary.LittleEndian.Uint16(req.Address) == linux.AF_UNSPEC && binary.LittleEndian.Uint32(req.Address[4:]) == 0 {
		// __inet_bind: AF_UNSPEC is taken for INADDR_ANY.
		a, e = inetAddr{any4, binary.BigEndian.Uint16(req.Address[2:])}, 0
	}
	if e != 0 {
		return e
	}
	if k.v6only && a.ip.Is4() {
		return linux.EINVAL
	}
	if !a.ip.IsUnspecified() && !k.isHere(a.ip) && !(a.ip.IsMulticast() && k.typ == linux.SOCK_DGRAM) {
		return linux.EADDRNOTAVAIL
	}
	if a.port != 0 && a.port < userPort && req.Cred.Caps&(1<<linux.CAP_NET_BIND_SERVICE) == 0 {
		return linux.EACCES
	}
	if k.state != closed || k.local.port != 0 {
		return linux.EINVAL
	}
	k.uid = req.Cred.Uid
	e = s.takePort(k, a, owner)
	k.portLocked = e == 0 && a.port != 0
	return e
}

func (k *inetSock) name(peer bool, b []byte) ([]byte, linux.Errno) {
	if !peer {
		return k.format(b, k.local), 0
	}
	if !k.connectedTo {
		return b, linux.ENOTCONN
	}
	return k.format(b, k.remote), 0
}
