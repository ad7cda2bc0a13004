package ipc

import (
	"encoding/binary"
	"math"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// tickNs is what time-outs of sockets are rounded up to: CONFIG_HZ=250.
const tickNs = 4_000_000

// sockOptions are the options of SOL_SOCKET that mean something here; flags
// keeps those that are only remembered, bit N for option N.
type sockOptions struct {
	sndbuf, rcvbuf int
	sndLocked      bool // SO_SNDBUF was set: no automatic size
	// Time-outs in nanoseconds: 0 never, negative at once.
	rcvTimeoNs, sndTimeoNs int64
	rcvLowat               int
	peekOff                int // -1: off
	passCred, passPidfd    bool
	timestamp              int // SO_TIMESTAMP, SO_TIMESTAMPNS or 0
	lingerOn               bool
	lingerSec              uint32
	priority, mark         int
	flags                  uint64
}

func newOptions() sockOptions {
	return sockOptions{sndbuf: sockBuf, rcvbuf: sockBuf, rcvLowat: 1, peekOff: -1}
}

// asksCred: whose messages arrive is to be told.
func (o *sockOptions) asksCred() bool { return o.passCred || o.passPidfd }

// remembered are the options that are a flag without effect here.
const remembered = 1<<linux.SO_DEBUG | 1<<linux.SO_REUSEADDR | 1<<linux.SO_DONTROUTE | 1<<linux.SO_BROADCAST |
	1<<linux.SO_KEEPALIVE | 1<<linux.SO_REUSEPORT | 1<<linux.SO_OOBINLINE | 1<<linux.SO_NO_CHECK | 1<<linux.SO_PASSSEC |
	1<<linux.SO_RXQ_OVFL | 1<<linux.SO_NOFCS | 1<<linux.SO_LOCK_FILTER | 1<<linux.SO_SELECT_ERR_QUEUE

// GetOption implements ipcapi.IPC, sk_getsockopt of net/core/sock.c. Errors:
// EBADF, ENOTSOCK, EOPNOTSUPP (level), ENOPROTOOPT, EINVAL, ERANGE, ENODATA,
// ENOTCONN.
func (s *IPC) GetOption(req *ipcapi.GetOptionRequest, rep *ipcapi.GetOptionReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	if req.Size > math.MaxInt32 {
		return linux.EINVAL
	}
	start := len(rep.Value)
	if rep.Value, e = k.getOption(req.Level, req.Option, int(req.Size), rep.Value); e != 0 {
		return e
	}
	if n := start + int(req.Size); len(rep.Value) > n {
		rep.Value = rep.Value[:n]
	}
	return 0
}

// getSocketOption appends the value of an option of SOL_SOCKET that all
// sockets have.
func (k *sockBase) getSocketOption(option int32, size int, b []byte) ([]byte, linux.Errno) {
	o, v := &k.opt, 0
	switch option {
	case linux.SO_TYPE:
		v = int(k.typ)
	case linux.SO_DOMAIN:
		v = int(k.domain)
	case linux.SO_PROTOCOL:
		v = int(k.protocol)
	case linux.SO_BSDCOMPAT:
	case linux.SO_ERROR:
		v = int(k.takeErr())
	case linux.SO_SNDBUF:
		v = o.sndbuf
	case linux.SO_RCVBUF:
		v = o.rcvbuf
	case linux.SO_RCVLOWAT:
		v = o.rcvLowat
	case linux.SO_SNDLOWAT:
		v = 1
	case linux.SO_PRIORITY:
		v = o.priority
	case linux.SO_MARK:
		v = o.mark
	case linux.SO_PEEK_OFF:
		v = o.peekOff
	case linux.SO_PASSCRED:
		v = boolInt(o.passCred)
	case linux.SO_PASSPIDFD:
		v = boolInt(o.passPidfd)
	case linux.SO_ACCEPTCONN:
		v = boolInt(k.state == listening)
	case linux.SO_TIMESTAMP, linux.SO_TIMESTAMPNS:
		v = boolInt(o.timestamp == int(option))
	case linux.SO_LINGER:
		return appendInt(appendInt(b, boolInt(o.lingerOn)), int(o.lingerSec)), 0
	case linux.SO_RCVTIMEO:
		return appendTimeval(b, o.rcvTimeoNs), 0
	case linux.SO_SNDTIMEO:
		return appendTimeval(b, o.sndTimeoNs), 0
	case linux.SO_COOKIE:
		if size < 8 {
			return b, linux.EINVAL
		}
		return binary.LittleEndian.AppendUint64(b, k.ino), 0
	default:
		if option < 0 || option > 63 || remembered&(1<<option) == 0 {
			return b, linux.ENOPROTOOPT
		}
		v = int(o.flags >> option & 1)
	}
	return appendInt(b, v), 0
}

// getOption answers SOL_SOCKET only, as AF_UNIX does.
func (k *unixSock) getOption(level, option int32, size int, b []byte) ([]byte, linux.Errno) {
	if level != linux.SOL_SOCKET {
		return b, linux.EOPNOTSUPP
	}
	switch option {
	case linux.SO_PEERCRED:
		return k.cred.append(b), 0
	case linux.SO_PEERGROUPS:
		if !k.cred.set {
			return b, linux.ENODATA
		}
		if size < 4*len(k.cred.groups) {
			return b, linux.ERANGE
		}
		for _, g := range k.cred.groups {
			b = appendInt(b, int(g))
		}
		return b, 0
	}
	return k.getSocketOption(option, size, b)
}

// append is cred_to_ucred.
func (c *peerCred) append(b []byte) []byte {
	uid, gid := c.uid, c.gid
	if !c.set {
		uid, gid = math.MaxUint32, math.MaxUint32
	}
	return appendInt(appendInt(appendInt(b, int(c.pid)), int(uid)), int(gid))
}

func boolInt(v bool) int {
	if v {
		return 1
	}
	return 0
}

func appendTimeval(b []byte, ns int64) []byte {
	ns = max(ns, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(ns/1e9))
	return binary.LittleEndian.AppendUint64(b, uint64(ns%1e9/1e3))
}

// SetOption implements ipcapi.IPC, sk_setsockopt. Errors: EBADF, ENOTSOCK,
// EOPNOTSUPP, ENOPROTOOPT, EINVAL, EDOM, EPERM, EACCES, EISCONN, ENODEV.
func (s *IPC) SetOption(req *ipcapi.SetOptionRequest, rep *ipcapi.SetOptionReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, e := s.socket(req.Handle)
	if e != 0 {
		return e
	}
	return k.setOption(s, req, rep)
}

func (k *unixSock) setOption(_ *IPC, req *ipcapi.SetOptionRequest, rep *ipcapi.SetOptionReply) linux.Errno {
	if req.Level != linux.SOL_SOCKET {
		return linux.EOPNOTSUPP
	}
	if len(req.Value) >= 4 && req.Option == linux.SO_REUSEPORT {
		if binary.LittleEndian.Uint32(req.Value) != 0 {
			return linux.EOPNOTSUPP
		}
		return 0
	}
	was := k.opt.sndbuf
	e := k.setSocketOption(req)
	if k.opt.sndbuf != was && k.writable() {
		wake(k, &rep.Ready)
	}
	return e
}

// setSocketOption sets an option of SOL_SOCKET that all sockets have.
func (k *sockBase) setSocketOption(req *ipcapi.SetOptionRequest) linux.Errno {
	if len(req.Value) < 4 {
		return linux.EINVAL
	}
	o, caps := &k.opt, req.Cred.Caps
	v := int(int32(binary.LittleEndian.Uint32(req.Value)))
	netAdmin := caps&(1<<linux.CAP_NET_ADMIN) != 0
	switch req.Option {
	case linux.SO_TYPE, linux.SO_PROTOCOL, linux.SO_DOMAIN, linux.SO_ERROR:
		return linux.ENOPROTOOPT
	case linux.SO_DEBUG:
		if v != 0 && !netAdmin {
			return linux.EACCES
		}
	case linux.SO_SNDBUF, linux.SO_SNDBUFFORCE:
		if req.Option == linux.SO_SNDBUF {
			v = int(min(uint32(v), sockBufMax))
		} else if !netAdmin {
			return linux.EPERM
		}
		o.sndbuf, o.sndLocked = max(2*min(max(v, 0), math.MaxInt32/2), sockMinSnd), true
		return 0
	case linux.SO_RCVBUF, linux.SO_RCVBUFFORCE:
		if req.Option == linux.SO_RCVBUF {
			v = int(min(uint32(v), sockBufMax))
		} else if !netAdmin {
			return linux.EPERM
		}
		o.rcvbuf = max(2*min(max(v, 0), math.MaxInt32/2), sockMinRcv)
		return 0
	case linux.SO_PRIORITY:
		if (v < 0 || v > 6) && !netAdmin && caps&(1<<linux.CAP_NET_RAW) == 0 {
			return linux.EPERM
		}
		o.priority = v
		return 0
	case linux.SO_MARK:
		if !netAdmin && caps&(1<<linux.CAP_NET_RAW) == 0 {
			return linux.EPERM
		}
		o.mark = v
		return 0
	case linux.SO_LINGER:
		if len(req.Value) < 8 {
			return linux.EINVAL
		}
		if o.lingerOn = v != 0; o.lingerOn {
			o.lingerSec = binary.LittleEndian.Uint32(req.Value[4:])
		}
		return 0
	case linux.SO_BSDCOMPAT:
		return 0
	case linux.SO_PASSCRED:
		o.passCred = v != 0
		return 0
	case linux.SO_PASSPIDFD:
		o.passPidfd = v != 0
		return 0
	case linux.SO_TIMESTAMP, linux.SO_TIMESTAMPNS:
		o.timestamp = 0
		if v != 0 {
			o.timestamp = int(req.Option)
		}
		return 0
	case linux.SO_RCVLOWAT:
		if v < 0 {
			v = math.MaxInt32
		}
		o.rcvLowat = max(v, 1)
		return 0
	case linux.SO_RCVTIMEO:
		return setTimeout(&o.rcvTimeoNs, req.Value)
	case linux.SO_SNDTIMEO:
		return setTimeout(&o.sndTimeoNs, req.Value)
	case linux.SO_PEEK_OFF:
		o.peekOff = max(v, -1)
		return 0
	}
	if req.Option == linux.SO_LOCK_FILTER && v == 0 && o.flags>>linux.SO_LOCK_FILTER&1 != 0 {
		return linux.EPERM
	}
	if req.Option < 0 || req.Option > 63 || remembered&(1<<req.Option) == 0 {
		return linux.ENOPROTOOPT
	}
	o.flags &^= 1 << req.Option
	if v != 0 {
		o.flags |= 1 << req.Option
	}
	return 0
}

// setTimeout is sock_set_timeout: a struct timeval, rounded up to the tick.
func setTimeout(ns *int64, value []byte) linux.Errno {
	if len(value) < 16 {
		return linux.EINVAL
	}
	sec := int64(binary.LittleEndian.Uint64(value))
	usec := int64(binary.LittleEndian.Uint64(value[8:]))
	switch {
	case usec < 0 || usec >= 1e6:
		return linux.EDOM
	case sec < 0:
		*ns = -1
	case sec > math.MaxInt64/1_000_000_000-1:
		*ns = 0
	default:
		*ns = sec*1e9 + (usec*1e3+tickNs-1)/tickNs*tickNs
	}
	return 0
}
