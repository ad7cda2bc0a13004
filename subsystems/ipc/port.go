package ipc

import (
	"net/netip"

	"adyton.dev/adyton/core/linux"
)

// Times that a closed connection keeps its port: TCP_TIMEWAIT_LEN, and how
// long before a new connection may take it over (net.ipv4.tcp_tw_reuse=2, for
// loopback).
const (
	timeWaitNs  = 60_000_000_000
	timeReuseNs = 1_000_000_000
)

// portKey is a port of one protocol. IPv4 and IPv6 share ports, since a socket
// can have both.
type portKey struct {
	protocol uint32
	port     uint16
}

// portOwner is a socket that has a port.
type portOwner interface{ inet() *inetSock }

func (k *inetSock) inet() *inetSock { return k }

// portUser is one use of a port: by a socket, or by a connection that was
// closed (owner nil) until a time.
type portUser struct {
	key     portKey
	owner   portOwner
	ip      netip.Addr
	v6only  bool
	remote  inetAddr // of a closed connection
	untilNs int64

	reuse, reusePort bool
	uid              uint32
}

// covers reports whether a packet for ip is for u.
func (u *portUser) covers(ip netip.Addr) bool {
	switch u.ip {
	case ip:
		return true
	case any4:
		return ip.Is4()
	case any6:
		return !u.v6only || ip.Is6()
	}
	return false
}

func (u *portUser) overlaps(o *portUser) bool { return u.covers(o.ip) || o.covers(u.ip) }

func (u *portUser) listens() bool { return u.owner != nil && u.owner.inet().state == listening }

// conflicts reports whether u keeps n from the port: inet_csk_bind_conflict,
// and inet_rcv_saddr_equal with udp_lib_lport_inuse.
func (u *portUser) conflicts(n *portUser) bool {
	if u == n || !u.overlaps(n) {
		return false
	}
	if u.reusePort && n.reusePort && u.uid == n.uid && u.owner != nil {
		return false
	}
	return !u.reuse || !n.reuse || u.listens()
}

// portUsers lists the uses of a port that still hold.
func (s *IPC) portUsers(key portKey) []*portUser {
	all := s.ports[key]
	for i := 0; i < len(all); i++ {
		if all[i].owner == nil && all[i].untilNs <= s.now() {
			all = append(all[:i], all[i+1:]...)
			i--
		}
	}
	if len(all) == 0 {
		delete(s.ports, key)
		return nil
	}
	s.ports[key] = all
	return all
}

func (s *IPC) addPort(u *portUser) { s.ports[u.key] = append(s.ports[u.key], u) }

func (s *IPC) dropPort(u *portUser) {
	if u == nil {
		return
	}
	all := s.ports[u.key]
	for i, o := range all {
		if o == u {
			s.ports[u.key] = append(all[:i], all[i+1:]...)
			break
		}
	}
	if len(s.ports[u.key]) == 0 {
		delete(s.ports, u.key)
	}
}

// newUser describes k's use of a.
func (k *inetSock) newUser(a inetAddr, owner portOwner) *portUser {
	return &portUser{
		key: portKey{k.protocol, a.port}, owner: owner, ip: a.ip, v6only: k.v6only, uid: k.uid,
		reuse:     k.opt.flags>>linux.SO_REUSEADDR&1 != 0,
		reusePort: k.opt.flags>>linux.SO_REUSEPORT&1 != 0,
	}
}

// takePort gives k address a, with a free port if that has none. Errors:
// EADDRINUSE.
func (s *IPC) takePort(k *inetSock, a inetAddr, owner portOwner) linux.Errno {
	u := k.newUser(a, owner)
	free := func() bool {
		for _, o := range s.portUsers(u.key) {
			if o.conflicts(u) {
				return false
			}
		}
		return true
	}
	if a.port == 0 {
		if !s.findPort(func(p uint16) bool { u.key.port = p; return free() }) {
			return linux.EADDRINUSE
		}
	} else if !free() {
		return linux.EADDRINUSE
	}
	a.port = u.key.port
	k.local, k.user = a, u
	s.addPort(u)
	return 0
}

// findPort looks for a port of the local range that is good, from the last one
// on.
func (s *IPC) findPort(good func(uint16) bool) bool {
	for range maxPort - minPort + 1 {
		if s.lastPort++; s.lastPort < minPort || s.lastPort > maxPort {
			s.lastPort = minPort
		}
		if good(s.lastPort) {
			return true
		}
	}
	return false
}

// connectPort gives k, which is not bound, a port for a connection from src to
// dst: one that nobody uses, but for connections that were closed a second
// ago, or else one whose connections have other peers. Errors: EADDRNOTAVAIL.
func (s *IPC) connectPort(k *inetSock, src netip.Addr, dst inetAddr, owner portOwner) linux.Errno {
	u := k.newUser(inetAddr{ip: src}, owner)
	unused := func(p uint16) bool {
		u.key.port = p
		for _, o := range s.portUsers(u.key) {
			if o.owner != nil || o.untilNs-timeWaitNs+timeReuseNs > s.now() {
				return false
			}
		}
		return true
	}
	shared := func(p uint16) bool {
		u.key.port = p
		return s.unique(inetAddr{src, p}, dst, u.key.protocol)
	}
	if !s.findPort(unused) && !s.findPort(shared) {
		return linux.EADDRNOTAVAIL
	}
	k.local = inetAddr{src, u.key.port}
	k.user = u
	s.addPort(u)
	return 0
}

// unique reports whether no connection from src to dst exists, and no socket
// listens or is merely bound at src.
func (s *IPC) unique(src, dst inetAddr, protocol uint32) bool {
	for _, o := range s.portUsers(portKey{protocol, src.port}) {
		switch {
		case o.owner == nil && o.remote == dst && o.untilNs-timeWaitNs+timeReuseNs > s.now():
			return false
		case o.owner != nil && o.overlaps(&portUser{ip: src.ip}):
			k := o.owner.inet()
			if !k.connectedTo || k.remote == dst {
				return false
			}
		}
	}
	return true
}

// keepPort leaves k's port in use for a while after its connection has ended.
func (s *IPC) keepPort(k *inetSock) {
	u := k.user
	if u == nil {
		return
	}
	u.owner, u.ip, u.remote, u.untilNs = nil, k.local.ip, k.remote, s.now()+timeWaitNs
	k.user = nil
}
