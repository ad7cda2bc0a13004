package ipc

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// netlinkSock is a netlink socket that talks to the kernel, which is us: what
// is sent is answered at once into its own queue.
type netlinkSock struct {
	sockBase
	port    uint32 // 0 until it is bound
	groups  uint64
	flags   uint32 // options of SOL_NETLINK, by bit
	msgs    [][]byte
	charged int
}

// portsFrom is where ports begin that are no process's: netlink_autobind goes
// down from -4096.
const portsFrom = -4096

// newNetlink is netlink_create. NETLINK_KOBJECT_UEVENT never says anything: no
// device comes or goes.
func newNetlink(typ, protocol uint32) (socket, linux.Errno) {
	if typ != linux.SOCK_RAW && typ != linux.SOCK_DGRAM {
		return nil, linux.ESOCKTNOSUPPORT
	}
	if protocol != linux.NETLINK_ROUTE && protocol != linux.NETLINK_KOBJECT_UEVENT {
		return nil, linux.EPROTONOSUPPORT
	}
	return &netlinkSock{sockBase: sockBase{domain: linux.AF_NETLINK, typ: typ, protocol: protocol, opt: newOptions()}}, 0
}

// parseNl reads struct sockaddr_nl. Errors: EINVAL.
func parseNl(b []byte) (port, groups uint32, e linux.Errno) {
	if len(b) < linux.SizeofSockaddrNl || binary.LittleEndian.Uint16(b) != linux.AF_NETLINK {
		return 0, 0, linux.EINVAL
	}
	return binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:]), 0
}

func appendNl(b []byte, port, groups uint32) []byte {
	b = append(b, linux.AF_NETLINK, 0, 0, 0)
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, port), groups)
}

type nlKey struct{ protocol, port uint32 }

// take gives k a port. Errors: EADDRINUSE.
func (s *IPC) takeNl(k *netlinkSock, port uint32) linux.Errno {
	if s.netlinks[nlKey{k.protocol, port}] != nil {
		return linux.EADDRINUSE
	}
	if s.netlinks == nil {
		s.netlinks = map[nlKey]*netlinkSock{}
	}
	k.port = port
	s.netlinks[nlKey{k.protocol, port}] = k
	return 0
}

// autobind is netlink_autobind: the process's id, or the first free number
// from portsFrom down.
func (k *netlinkSock) autobind(s *IPC, pid int32) {
	for port := pid; s.takeNl(k, uint32(port)) != 0; port-- {
		if port > portsFrom {
			port = portsFrom
		}
	}
}

func (k *netlinkSock) bind(s *IPC, req *ipcapi.BindRequest) linux.Errno {
	port, groups, e := parseNl(req.Address)
	if e != 0 {
		return e
	}
	switch {
	case k.port != 0 && port != k.port:
		return linux.EINVAL
	case k.port == 0 && port != 0:
		if e := s.takeNl(k, port); e != 0 {
			return e
		}
	case k.port == 0:
		k.autobind(s, req.Cred.Pid)
	}
	k.groups = k.groups&^0xffffffff | uint64(groups)
	return 0
}

func (k *netlinkSock) connect(s *IPC, req *ipcapi.ConnectRequest, _ *ipcapi.ConnectReply) linux.Errno {
	if len(req.Address) < 2 {
		return linux.EINVAL
	}
	if binary.LittleEndian.Uint16(req.Address) == linux.AF_UNSPEC {
		k.state = closed
		return 0
	}
	port, _, e := parseNl(req.Address)
	if e != 0 {
		return e
	}
	if port != 0 {
		return linux.ECONNREFUSED // only the kernel is there
	}
	if k.port == 0 {
		k.autobind(s, req.Cred.Pid)
	}
	k.state = established
	return 0
}

func (k *netlinkSock) listen(*IPC, int, *ipcapi.ListenRequest, *ipcapi.ListenReply) linux.Errno {
	return linux.EOPNOTSUPP
}

func (k *netlinkSock) accept(*IPC, *ipcapi.AcceptRequest, *ipcapi.AcceptReply) linux.Errno {
	return linux.EOPNOTSUPP
}

func (k *netlinkSock) shutdown(*IPC, uint8, *ipcapi.ShutdownReply) linux.Errno {
	return linux.EOPNOTSUPP
}

func (k *netlinkSock) name(peer bool, b []byte) ([]byte, linux.Errno) {
	if peer {
		return appendNl(b, 0, 0), 0
	}
	return appendNl(b, k.port, uint32(k.groups)), 0
}

func (k *netlinkSock) close(s *IPC, _ *ipcapi.CloseReply) {
	if k.port != 0 {
		delete(s.netlinks, nlKey{k.protocol, k.port})
	}
	k.msgs = nil
}

func (k *netlinkSock) level(uint32) uint32 {
	mask := uint32(linux.POLLOUT | linux.POLLWRNORM | linux.POLLWRBAND)
	if k.err != 0 {
		mask |= linux.POLLERR
	}
	if len(k.msgs) > 0 {
		mask |= linux.POLLIN | linux.POLLRDNORM
	}
	return mask
}

// ioctl is netlink_ioctl, and dev_ioctl for what is asked of any socket.
func (k *netlinkSock) ioctl(s *IPC, req *ipcapi.IoctlRequest, rep *ipcapi.IoctlReply) linux.Errno {
	return s.deviceIoctl(req, rep)
}

func (k *netlinkSock) read(s *IPC, req *ipcapi.ReadRequest, rep *ipcapi.ReadReply) linux.Errno {
	return s.sockRead(k, req, rep)
}

func (k *netlinkSock) write(s *IPC, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	return s.sockWrite(k, req, rep)
}

// send is netlink_sendmsg.
func (k *netlinkSock) send(s *IPC, m *sender) (uint32, linux.Errno) {
	if m.flags&linux.MSG_OOB != 0 {
		return 0, linux.EOPNOTSUPP
	}
	if len(m.address) > 0 {
		port, groups, e := parseNl(m.address)
		if e != 0 {
			return 0, e
		}
		if (port != 0 || groups != 0) && m.cred.Caps&(1<<linux.CAP_NET_ADMIN) == 0 && k.protocol != linux.NETLINK_ROUTE {
			return 0, linux.EPERM
		}
		if port != 0 {
			return 0, linux.ECONNREFUSED
		}
	}
	if k.port == 0 {
		k.autobind(s, m.cred.Pid)
	}
	if len(m.data) > k.opt.sndbuf-dgramReserve {
		return 0, linux.EMSGSIZE
	}
	if k.protocol == linux.NETLINK_KOBJECT_UEVENT {
		return 0, linux.ECONNREFUSED
	}
	had := len(k.msgs)
	s.routeRequests(k, m.data, m.cred)
	if len(k.msgs) > had {
		wake(k, m.ready)
	}
	return uint32(len(m.data)), 0
}

// deliver queues a message, unless the buffer is full.
func (k *netlinkSock) deliver(b []byte) {
	if k.charged > k.opt.rcvbuf {
		k.err = linux.ENOBUFS
		return
	}
	k.charged += len(b) + skbSize
	k.msgs = append(k.msgs, b)
}

// receive is netlink_recvmsg.
func (k *netlinkSock) receive(s *IPC, r *receiver) linux.Errno {
	if r.flags&linux.MSG_OOB != 0 {
		return linux.EOPNOTSUPP
	}
	if e := k.takeErr(); e != 0 {
		return e
	}
	if len(k.msgs) == 0 {
		return s.awaitReceive(&k.sockBase, r, linux.POLLIN)
	}
	b := k.msgs[0]
	n := min(len(b), r.count)
	*r.data = append(*r.data, b[:n]...)
	if r.rep != nil {
		r.rep.Full = uint32(len(b))
		if n < len(b) {
			r.rep.Flags |= linux.MSG_TRUNC
		}
		r.rep.Address = appendNl(r.rep.Address, 0, 0)
		if k.flags>>linux.NETLINK_PKTINFO&1 != 0 {
			r.rep.Control = append(appendInt(appendHeader(r.rep.Control, linux.SOL_NETLINK, linux.NETLINK_PKTINFO, 4), 0), 0, 0, 0, 0)
		}
	}
	if !r.peek() {
		k.msgs = append(k.msgs[:0], k.msgs[1:]...)
		k.charged -= len(b) + skbSize
	}
	return 0
}

// getOption is netlink_getsockopt.
func (k *netlinkSock) getOption(level, option int32, size int, b []byte) ([]byte, linux.Errno) {
	if level == linux.SOL_SOCKET {
		switch option {
		case linux.SO_PEERCRED:
			return new(peerCred).append(b), 0
		case linux.SO_PEERGROUPS:
			return b, linux.ENODATA
		}
		return k.getSocketOption(option, size, b)
	}
	if level != linux.SOL_NETLINK {
		return b, linux.ENOPROTOOPT
	}
	switch option {
	case linux.NETLINK_PKTINFO, linux.NETLINK_BROADCAST_ERROR, linux.NETLINK_NO_ENOBUFS, linux.NETLINK_CAP_ACK,
		linux.NETLINK_EXT_ACK, linux.NETLINK_GET_STRICT_CHK:
		return appendInt(b, int(k.flags>>option&1)), 0
	case linux.NETLINK_LIST_MEMBERSHIPS:
		return appendInt(appendInt(b, int(int32(k.groups))), int(int32(k.groups>>32))), 0
	}
	return b, linux.ENOPROTOOPT
}

// setOption is netlink_setsockopt.
func (k *netlinkSock) setOption(_ *IPC, req *ipcapi.SetOptionRequest, _ *ipcapi.SetOptionReply) linux.Errno {
	if req.Level == linux.SOL_SOCKET {
		return k.setSocketOption(req)
	}
	if req.Level != linux.SOL_NETLINK {
		return linux.ENOPROTOOPT
	}
	if len(req.Value) < 4 {
		return linux.EINVAL
	}
	v := binary.LittleEndian.Uint32(req.Value)
	switch req.Option {
	case linux.NETLINK_ADD_MEMBERSHIP, linux.NETLINK_DROP_MEMBERSHIP:
		if v == 0 || v > 64 {
			return linux.EINVAL
		}
		k.groups &^= 1 << (v - 1)
		if req.Option == linux.NETLINK_ADD_MEMBERSHIP {
			k.groups |= 1 << (v - 1)
		}
	case linux.NETLINK_PKTINFO, linux.NETLINK_BROADCAST_ERROR, linux.NETLINK_NO_ENOBUFS, linux.NETLINK_CAP_ACK,
		linux.NETLINK_EXT_ACK, linux.NETLINK_GET_STRICT_CHK:
		k.flags &^= 1 << req.Option
		if v != 0 {
			k.flags |= 1 << req.Option
		}
	default:
		return linux.ENOPROTOOPT
	}
	return 0
}
