package ipc

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

const (
	congestion     = "cubic"
	congestionSize = 16 // TCP_CA_NAME_MAX
	loopbackMTU    = 65536
	loopbackMSS    = 65483 // what loopback's MTU leaves, rounded as tcp_mss_to_mtu does
	tcpInfoSize    = 104
	ecnMask        = 3 // of IP_TOS, TCP's own
)

// hasLevel reports whether options of a level are k's at all.
func (k *inetSock) hasLevel(level int32) bool {
	switch level {
	case linux.SOL_IP:
		return true
	case linux.SOL_IPV6:
		return k.domain == linux.AF_INET6
	case linux.SOL_TCP:
		return k.protocol == linux.IPPROTO_TCP
	case linux.SOL_UDP:
		return k.isUDP()
	}
	return false
}

func (k *inetSock) isUDP() bool {
	return k.protocol == linux.IPPROTO_UDP || k.protocol == linux.IPPROTO_UDPLITE
}

// ownLevel: UDP and UDP-Lite take each other's level for their own:
// udp_setsockopt and udplite_setsockopt of net/ipv4.
func (k *inetSock) ownLevel(level int32) int32 {
	if level == linux.SOL_UDPLITE && k.isUDP() {
		return linux.SOL_UDP
	}
	return level
}

// intOption returns the value of a remembered option.
func (k *inetSock) intOption(level, option int32) int32 {
	key := optionKey{level, option}
	if v, ok := k.options[key]; ok {
		return v
	}
	return inetOptions[key].value
}

func (k *inetSock) getOption(level, option int32, size int, b []byte) ([]byte, linux.Errno) {
	if level == linux.SOL_SOCKET {
		switch option {
		case linux.SO_PEERCRED:
			return new(peerCred).append(b), 0
		case linux.SO_PEERGROUPS:
			return b, linux.ENODATA
		case linux.SO_BINDTODEVICE:
			return b, 0
		case linux.SO_INCOMING_CPU:
			return appendInt(b, -1), 0
		case linux.SO_PASSCRED, linux.SO_PASSPIDFD, linux.SO_PASSSEC, linux.SO_PEEK_OFF:
			return b, linux.EOPNOTSUPP
		}
		return k.getSocketOption(option, size, b)
	}
	level = k.ownLevel(level)
	if !k.hasLevel(level) {
		if k.domain == linux.AF_INET6 {
			return b, linux.ENOPROTOOPT // ipv6_getsockopt, to which all levels come
		}
		return b, linux.EOPNOTSUPP // do_ip_getsockopt
	}
	key := optionKey{level, option}
	switch key {
	case optionKey{linux.SOL_IPV6, linux.IPV6_V6ONLY}:
		return appendInt(b, boolInt(k.v6only)), 0
	case optionKey{linux.SOL_IPV6, linux.IPV6_ADDRFORM}:
		if k.state != established {
			return b, linux.ENOTCONN
		}
		return appendInt(b, int(k.domain)), 0
	case optionKey{linux.SOL_IPV6, linux.IPV6_RTHDR}, optionKey{linux.SOL_IPV6, linux.IPV6_HOPOPTS},
		optionKey{linux.SOL_IPV6, linux.IPV6_DSTOPTS}, optionKey{linux.SOL_IPV6, linux.IPV6_RTHDRDSTOPTS}:
		return b, 0
	case optionKey{linux.SOL_IP, linux.IP_MTU}, optionKey{linux.SOL_IPV6, linux.IPV6_MTU}:
		if !k.connectedTo {
			return b, linux.ENOTCONN
		}
		return appendInt(b, loopbackMTU), 0
	case optionKey{linux.SOL_IP, linux.IP_OPTIONS}:
		return b, 0
	case optionKey{linux.SOL_IP, linux.IP_MULTICAST_IF}:
		ip := any4.As4()
		if k.multicastHere {
			ip = here4.As4()
		}
		return append(b, ip[:]...), 0
	case optionKey{linux.SOL_TCP, linux.TCP_CONGESTION}:
		return append(append(b, congestion...), make([]byte, congestionSize-len(congestion))...), 0
	case optionKey{linux.SOL_TCP, linux.TCP_INFO}:
		return k.appendInfo(b), 0
	case optionKey{linux.SOL_TCP, linux.TCP_MAXSEG}:
		if k.state == established {
			return appendInt(b, loopbackMSS), 0
		}
	}
	if _, ok := inetOptions[key]; !ok {
		return b, linux.ENOPROTOOPT
	}
	v := k.intOption(level, option)
	if inetFlags[key] {
		v = int32(boolInt(v != 0))
	}
	if level == linux.SOL_IP && size > 0 && size < 4 && v >= 0 && v <= 255 {
		return append(b, byte(v)), 0 // do_ip_getsockopt: a byte to those who ask for less
	}
	return appendInt(b, int(v)), 0
}

// tcpStates are the numbers of struct tcp_info's first field.
const (
	tcpEstablished = 1
	tcpFinWait2    = 5
	tcpClose       = 7
	tcpCloseWait   = 8
	tcpListen      = 10
)

// appendInfo appends struct tcp_info with what is known over loopback: the
// state, and the sizes.
func (k *inetSock) appendInfo(b []byte) []byte {
	info := make([]byte, tcpInfoSize)
	switch {
	case k.state == listening:
		info[0] = tcpListen
	case k.state == closed:
		info[0] = tcpClose
	case k.down&shutRcv != 0:
		info[0] = tcpCloseWait
	case k.down&shutSend != 0:
		info[0] = tcpFinWait2
	default:
		info[0] = tcpEstablished
	}
	binary.LittleEndian.PutUint32(info[16:], loopbackMSS) // tcpi_snd_mss
	binary.LittleEndian.PutUint32(info[20:], loopbackMSS) // tcpi_rcv_mss
	binary.LittleEndian.PutUint32(info[80:], 10)          // tcpi_snd_cwnd
	return append(b, info...)
}

func (k *inetSock) setOption(_ *IPC, req *ipcapi.SetOptionRequest, _ *ipcapi.SetOptionReply) linux.Errno {
	if req.Level == linux.SOL_SOCKET {
		switch req.Option {
		case linux.SO_BINDTODEVICE:
			return setDevice(req.Value)
		case linux.SO_PASSCRED, linux.SO_PASSPIDFD, linux.SO_PASSSEC, linux.SO_PEEK_OFF:
			return linux.EOPNOTSUPP
		}
		e := k.setSocketOption(req)
		if k.user != nil {
			k.user.reuse = k.opt.flags>>linux.SO_REUSEADDR&1 != 0
		}
		return e
	}
	level := k.ownLevel(req.Level)
	if !k.hasLevel(level) {
		return linux.ENOPROTOOPT
	}
	key := optionKey{level, req.Option}
	switch key {
	case optionKey{linux.SOL_IPV6, linux.IPV6_MTU}:
		return linux.EINVAL // below the least of 1280, or above the device's
	case optionKey{linux.SOL_TCP, linux.TCP_CONGESTION}:
		if name := string(req.Value); name != congestion && name != congestion+"\x00" && name != "reno" {
			return linux.ENOENT
		}
		return 0
	case optionKey{linux.SOL_IP, linux.IP_OPTIONS}:
		return 0
	case optionKey{linux.SOL_IP, linux.IP_ADD_MEMBERSHIP}, optionKey{linux.SOL_IP, linux.IP_DROP_MEMBERSHIP},
		optionKey{linux.SOL_IP, linux.IP_MULTICAST_IF}, optionKey{linux.SOL_IPV6, linux.IPV6_ADD_MEMBERSHIP},
		optionKey{linux.SOL_IPV6, linux.IPV6_DROP_MEMBERSHIP}:
		return k.setMembership(key, req.Value)
	case optionKey{linux.SOL_IP, linux.MCAST_JOIN_GROUP}, optionKey{linux.SOL_IP, linux.MCAST_LEAVE_GROUP},
		optionKey{linux.SOL_IPV6, linux.MCAST_JOIN_GROUP}, optionKey{linux.SOL_IPV6, linux.MCAST_LEAVE_GROUP}:
		return k.setGroup(key, req.Value)
	case optionKey{linux.SOL_IPV6, linux.IPV6_ADDRFORM}:
		return k.becomeIPv4(req.Value)
	case optionKey{linux.SOL_IPV6, linux.IPV6_RTHDR}, optionKey{linux.SOL_IPV6, linux.IPV6_HOPOPTS},
		optionKey{linux.SOL_IPV6, linux.IPV6_DSTOPTS}, optionKey{linux.SOL_IPV6, linux.IPV6_RTHDRDSTOPTS}:
		switch {
		case len(req.Value) == 0:
			return 0 // none
		case key.option != linux.IPV6_RTHDR && req.Cred.Caps&(1<<linux.CAP_NET_RAW) == 0:
			return linux.EPERM
		}
		return linux.EINVAL // GAP: no extension headers: there is nobody to read them
	}
	v, ok := optionValue(level, req.Value)
	if !ok {
		return linux.EINVAL
	}
	if key == (optionKey{linux.SOL_IPV6, linux.IPV6_V6ONLY}) {
		if k.local.port != 0 {
			return linux.EINVAL
		}
		k.v6only = v != 0
		return 0
	}
	o, ok := inetOptions[key]
	if !ok {
		return linux.ENOPROTOOPT
	}
	if e := k.refuseOption(key, req.Cred.Caps); e != 0 {
		return e
	}
	switch {
	case key == optionKey{linux.SOL_TCP, linux.TCP_WINDOW_CLAMP}:
		if v == 0 && k.state != closed {
			return linux.EINVAL
		}
		if v != 0 {
			v = max(v, sockMinRcv/2)
		}
	case key == optionKey{linux.SOL_UDP, linux.UDPLITE_SEND_CSCOV}, key == optionKey{linux.SOL_UDP, linux.UDPLITE_RECV_CSCOV}:
		if v != 0 {
			v = min(max(v, 8), 0xffff) // no less than the header
		}
	case key == optionKey{linux.SOL_IP, linux.IP_TOS} && k.typ == linux.SOCK_STREAM:
		v = v&^ecnMask | k.intOption(linux.SOL_IP, linux.IP_TOS)&ecnMask
	}
	if o.min <= o.max && (v < o.min || v > o.max) || key.option == linux.IP_TTL && key.level == linux.SOL_IP && v == 0 {
		return linux.EINVAL
	}
	if v == -1 && o.min == -1 {
		v = o.value // back to the default
	}
	if key == (optionKey{linux.SOL_IPV6, linux.IPV6_MULTICAST_IF}) {
		k.multicastHere = v == loopbackIndex
	}
	// The map may be shared with the listener that this connection came from.
	next := make(map[optionKey]int32, len(k.options)+1)
	for o, v := range k.options {
		next[o] = v
	}
	next[key] = v
	k.options = next
	return 0
}

// becomeIPv4 is IPV6_ADDRFORM: a connection of IPv4 under an IPv6 socket goes
// on as an IPv4 socket's.
func (k *inetSock) becomeIPv4(value []byte) linux.Errno {
	switch {
	case len(value) < 4 || binary.LittleEndian.Uint32(value) != linux.AF_INET:
		return linux.EINVAL
	case k.state != established:
		return linux.ENOTCONN
	case k.v6only || !k.remote.ip.Is4():
		return linux.EADDRNOTAVAIL
	}
	k.domain = linux.AF_INET
	return 0
}

// optionValue reads an int; SOL_IP takes a byte too.
func optionValue(level int32, b []byte) (int32, bool) {
	switch {
	case len(b) >= 4:
		return int32(binary.LittleEndian.Uint32(b)), true
	case len(b) >= 1 && level == linux.SOL_IP:
		return int32(b[0]), true
	}
	return 0, false
}

// setDevice is sock_setbindtodevice: there is one device.
func setDevice(name []byte) linux.Errno {
	for i, c := range name {
		if c == 0 {
			name = name[:i]
			break
		}
	}
	if len(name) == 0 || string(name) == loopbackName {
		return 0
	}
	return linux.ENODEV
}
