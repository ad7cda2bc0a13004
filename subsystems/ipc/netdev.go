package ipc

import (
	"encoding/binary"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// The one network device, and struct ifreq: a name of 16 bytes, then a union.
const (
	loopbackName  = "lo"
	loopbackIndex = 1
	ifName        = 16
	ifreqSize     = 40
	loopbackFlags = 0x49 // IFF_UP, IFF_LOOPBACK, IFF_RUNNING
	// loopbackFlagsDown are those of the device when it is down.
	loopbackFlagsDown = 0x8
	arphrdLoop        = 772  // ARPHRD_LOOPBACK
	ifQueue           = 1000 // transmit queue length
)

// deviceIoctl answers SIOCGIF* for the loopback device, on any socket:
// dev_ioctl of net/core/dev_ioctl.c and devinet_ioctl. in is a struct ifreq, and
// out what becomes of it; for SIOCGIFCONF out is the whole list, which the
// caller cuts to the room in its struct ifconf. Errors: ENODEV, EINVAL, EPERM
// (to set), ENOTTY.
func (s *IPC) deviceIoctl(req *ipcapi.IoctlRequest, rep *ipcapi.IoctlReply) linux.Errno {
	switch req.Command {
	case linux.SIOCGIFCONF:
		if s.noNetwork {
			return 0
		}
		one := append(make([]byte, 0, ifreqSize), loopbackName...)
		one = append(one, make([]byte, ifName-len(loopbackName))...)
		rep.Out = append(append(rep.Out, one...), loopbackSockaddr(here4.As4())...)
		rep.Out = append(rep.Out, make([]byte, ifreqSize-ifName-sizeIn)...)
		return 0
	case linux.SIOCSIFFLAGS, linux.SIOCSIFADDR, linux.SIOCSIFNETMASK, linux.SIOCSIFMTU, linux.SIOCSIFNAME, linux.SIOCSIFHWADDR:
		return linux.EPERM
	case linux.SIOCGIFNAME, linux.SIOCGIFINDEX, linux.SIOCGIFFLAGS, linux.SIOCGIFADDR, linux.SIOCGIFNETMASK,
		linux.SIOCGIFBRDADDR, linux.SIOCGIFDSTADDR, linux.SIOCGIFMTU, linux.SIOCGIFHWADDR, linux.SIOCGIFMETRIC,
		linux.SIOCGIFTXQLEN, linux.SIOCGIFMAP:
	default:
		return linux.ENOTTY
	}
	if len(req.In) < ifreqSize {
		return linux.EINVAL
	}
	r := append([]byte(nil), req.In[:ifreqSize]...)
	union := r[ifName:]
	name, _, _ := strings.Cut(string(r[:ifName]), "\x00")
	if req.Command == linux.SIOCGIFNAME {
		if binary.LittleEndian.Uint32(union) != loopbackIndex {
			return linux.ENODEV
		}
		clear(r[:ifName])
		copy(r, loopbackName)
		rep.Out = append(rep.Out, r...)
		return 0
	}
	if name != loopbackName {
		return linux.ENODEV
	}
	switch req.Command {
	case linux.SIOCGIFADDR, linux.SIOCGIFDSTADDR, linux.SIOCGIFNETMASK, linux.SIOCGIFBRDADDR:
		if s.noNetwork {
			return linux.EADDRNOTAVAIL
		}
	}
	clear(union)
	put := func(v uint32) { binary.LittleEndian.PutUint32(union, v) }
	switch req.Command {
	case linux.SIOCGIFINDEX:
		put(loopbackIndex)
	case linux.SIOCGIFFLAGS:
		if s.noNetwork {
			put(loopbackFlagsDown)
		} else {
			put(loopbackFlags)
		}
	case linux.SIOCGIFMTU:
		put(loopbackMTU)
	case linux.SIOCGIFTXQLEN:
		put(ifQueue)
	case linux.SIOCGIFHWADDR:
		put(arphrdLoop)
	case linux.SIOCGIFADDR, linux.SIOCGIFDSTADDR:
		copy(union, loopbackSockaddr(here4.As4()))
	case linux.SIOCGIFNETMASK:
		copy(union, loopbackSockaddr([4]byte{255, 0, 0, 0}))
	case linux.SIOCGIFBRDADDR:
		copy(union, loopbackSockaddr([4]byte{}))
	}
	rep.Out = append(rep.Out, r...)
	return 0
}

func loopbackSockaddr(ip [4]byte) []byte {
	b := make([]byte, sizeIn)
	b[0] = linux.AF_INET
	copy(b[4:], ip[:])
	return b
}
