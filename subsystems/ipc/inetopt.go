package ipc

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// optionKey names an option of a protocol.
type optionKey struct{ level, option int32 }

// intOption describes an option that is an int: its value in a new socket and
// the range that may be set. Those with min > max can only be read.
type intOption struct{ value, min, max int32 }

const (
	anyInt  = 1<<31 - 1
	noLimit = -anyInt - 1
)

// flagOption is one that counts as set or not.
var flagOption = intOption{0, noLimit, anyInt}

// inetOptions are the options of SOL_IP, SOL_IPV6, SOL_TCP and SOL_UDP that are
// remembered. Over loopback they change nothing but what is read back, save
// those that add control messages (appendPacketInfo).
var inetOptions = map[optionKey]intOption{
	{linux.SOL_IP, linux.IP_TOS}:                  {0, 0, 255},
	{linux.SOL_IP, linux.IP_TTL}:                  {64, -1, 255},
	{linux.SOL_IP, linux.IP_PKTINFO}:              flagOption,
	{linux.SOL_IP, linux.IP_RECVTTL}:              flagOption,
	{linux.SOL_IP, linux.IP_RECVTOS}:              flagOption,
	{linux.SOL_IP, linux.IP_RECVERR}:              flagOption,
	{linux.SOL_IP, linux.IP_RECVORIGDSTADDR}:      flagOption,
	{linux.SOL_IP, linux.IP_MTU_DISCOVER}:         {1, 0, 5},
	{linux.SOL_IP, linux.IP_FREEBIND}:             flagOption,
	{linux.SOL_IP, linux.IP_MINTTL}:               {0, 0, 255},
	{linux.SOL_IP, linux.IP_BIND_ADDRESS_NO_PORT}: flagOption,
	{linux.SOL_IP, linux.IP_MULTICAST_TTL}:        {1, -1, 255},
	{linux.SOL_IP, linux.IP_MULTICAST_LOOP}:       {1, noLimit, anyInt},
	{linux.SOL_IP, linux.IP_MULTICAST_ALL}:        {1, 0, 1},

	{linux.SOL_IPV6, linux.IPV6_UNICAST_HOPS}:   {64, -1, 255},
	{linux.SOL_IPV6, linux.IPV6_MULTICAST_HOPS}: {1, -1, 255},
	{linux.SOL_IPV6, linux.IPV6_MULTICAST_LOOP}: {1, 0, 1},
	{linux.SOL_IPV6, linux.IPV6_MTU_DISCOVER}:   {0, 0, 5},
	{linux.SOL_IPV6, linux.IPV6_RECVERR}:        flagOption,
	{linux.SOL_IPV6, linux.IPV6_RECVPKTINFO}:    flagOption,
	{linux.SOL_IPV6, linux.IPV6_RECVHOPLIMIT}:   flagOption,
	{linux.SOL_IPV6, linux.IPV6_RECVTCLASS}:     flagOption,
	{linux.SOL_IPV6, linux.IPV6_TCLASS}:         {0, -1, 255},
	{linux.SOL_IPV6, linux.IPV6_DONTFRAG}:       flagOption,
	{linux.SOL_IPV6, linux.IPV6_FREEBIND}:       flagOption,
	{linux.SOL_IPV6, linux.IPV6_AUTOFLOWLABEL}:  {1, noLimit, anyInt},

	{linux.SOL_TCP, linux.TCP_NODELAY}:      flagOption,
	{linux.SOL_TCP, linux.TCP_CORK}:         flagOption,
	{linux.SOL_TCP, linux.TCP_QUICKACK}:     {1, noLimit, anyInt},
	{linux.SOL_TCP, linux.TCP_MAXSEG}:       {536, 88, 32767},
	{linux.SOL_TCP, linux.TCP_KEEPIDLE}:     {7200, 1, 32767},
	{linux.SOL_TCP, linux.TCP_KEEPINTVL}:    {75, 1, 32767},
	{linux.SOL_TCP, linux.TCP_KEEPCNT}:      {9, 1, 127},
	{linux.SOL_TCP, linux.TCP_SYNCNT}:       {6, 1, 127},
	{linux.SOL_TCP, linux.TCP_LINGER2}:      {60, noLimit, anyInt},
	{linux.SOL_TCP, linux.TCP_DEFER_ACCEPT}: {0, noLimit, anyInt},
	{linux.SOL_TCP, linux.TCP_WINDOW_CLAMP}: {0, 0, anyInt},
	{linux.SOL_TCP, linux.TCP_USER_TIMEOUT}: {0, 0, anyInt},
}

// flags are the options above that read as 0 or 1 whatever was set.
var inetFlags = map[optionKey]bool{
	{linux.SOL_IP, linux.IP_PKTINFO}: true, {linux.SOL_IP, linux.IP_RECVTTL}: true, {linux.SOL_IP, linux.IP_RECVTOS}: true,
	{linux.SOL_IP, linux.IP_RECVERR}: true, {linux.SOL_IP, linux.IP_RECVORIGDSTADDR}: true,
	{linux.SOL_IP, linux.IP_FREEBIND}: true, {linux.SOL_IP, linux.IP_BIND_ADDRESS_NO_PORT}: true,
	{linux.SOL_IP, linux.IP_MULTICAST_LOOP}: true, {linux.SOL_IPV6, linux.IPV6_RECVERR}: true,
	{linux.SOL_IPV6, linux.IPV6_RECVPKTINFO}: true, {linux.SOL_IPV6, linux.IPV6_RECVHOPLIMIT}: true,
	{linux.SOL_IPV6, linux.IPV6_RECVTCLASS}: true, {linux.SOL_IPV6, linux.IPV6_DONTFRAG}: true,
	{linux.SOL_IPV6, linux.IPV6_FREEBIND}: true, {linux.SOL_IPV6, linux.IPV6_AUTOFLOWLABEL}: true,
	{linux.SOL_TCP, linux.TCP_NODELAY}: true, {linux.SOL_TCP, linux.TCP_CORK}: true, {linux.SOL_TCP, linux.TCP_QUICKACK}: true,
}

const (
	congestion     = "cubic"
	congestionSize = 16 // TCP_CA_NAME_MAX
	loopbackMTU    = 65536
	loopbackMSS    = 65483 // what loopback's MTU leaves, rounded as tcp_mss_to_mtu does
	tcpInfoSize    = 104
)

// hasLevel reports whether options of a level are k's at all.
func (k *inetSock) hasLevel(level int32) bool {
	switch level {
	case linux.SOL_IP:
		return true
	case linux.SOL_IPV6:
		return k.domain == linux.AF_INET6
	case linux.SOL_TCP, linux.SOL_UDP:
		return uint32(level) == k.protocol
	}
	return false
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
		case linux.SO_PASSCRED, linux.SO_PASSSEC, linux.SO_PEEK_OFF:
			return b, linux.EOPNOTSUPP
		}
		return k.getSocketOption(option, size, b)
	}
	if !k.hasLevel(level) {
		return b, linux.ENOPROTOOPT // ip_getsockopt, to which all levels come
	}
	key := optionKey{level, option}
	switch key {
	case optionKey{linux.SOL_IPV6, linux.IPV6_V6ONLY}:
		return appendInt(b, boolInt(k.v6only)), 0
	case optionKey{linux.SOL_IP, linux.IP_MTU}, optionKey{linux.SOL_IPV6, linux.IPV6_MTU}:
		if !k.connectedTo {
			return b, linux.ENOTCONN
		}
		return appendInt(b, loopbackMTU), 0
	case optionKey{linux.SOL_IP, linux.IP_OPTIONS}:
		return b, 0
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
		case linux.SO_PASSCRED, linux.SO_PASSSEC, linux.SO_PEEK_OFF:
			return linux.EOPNOTSUPP
		}
		e := k.setSocketOption(req)
		if k.user != nil {
			k.user.reuse = k.opt.flags>>linux.SO_REUSEADDR&1 != 0
		}
		return e
	}
	if !k.hasLevel(req.Level) {
		return linux.ENOPROTOOPT
	}
	key := optionKey{req.Level, req.Option}
	switch key {
	case optionKey{linux.SOL_TCP, linux.TCP_CONGESTION}:
		if name := string(req.Value); name != congestion && name != congestion+"\x00" && name != "reno" {
			return linux.ENOENT
		}
		return 0
	case optionKey{linux.SOL_IP, linux.IP_OPTIONS}:
		return 0
	}
	v, ok := optionValue(req.Level, req.Value)
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
	if v < o.min || v > o.max || key.option == linux.IP_TTL && key.level == linux.SOL_IP && v == 0 {
		return linux.EINVAL
	}
	if v == -1 && o.min == -1 {
		v = o.value // back to the default
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

// checkInetControl is ip_cmsg_send and ip6_datagram_send_ctl as far as nothing
// is to be done: sizes are checked, and where to send from is known.
func checkInetControl(b []byte) linux.Errno {
	for len(b) >= cmsgHeader {
		n := binary.LittleEndian.Uint64(b)
		if n < cmsgHeader || n > uint64(len(b)) {
			return linux.EINVAL
		}
		if level := int32(binary.LittleEndian.Uint32(b[8:])); level == linux.SOL_SOCKET {
			switch int32(binary.LittleEndian.Uint32(b[12:])) {
			case linux.SO_MARK, linux.SO_TIMESTAMPING, linux.SO_TXTIME, linux.SCM_CREDENTIALS:
			default:
				return linux.EINVAL
			}
		}
		b = b[min(cmsgAlign(int(n)), len(b)):]
	}
	return 0
}

// appendPacketInfo appends the control messages that options ask for.
func (k *udpSock) appendPacketInfo(b []byte, m *udpMessage) []byte {
	if len(k.options) == 0 {
		return b
	}
	header := func(level int32, kind, size int) {
		b = binary.LittleEndian.AppendUint64(b, uint64(cmsgHeader+size))
		b = appendInt(appendInt(b, int(level)), kind)
	}
	number := func(level int32, when, kind, value int) {
		if k.intOption(level, int32(when)) != 0 {
			header(level, kind, 4)
			b = append(appendInt(b, value), 0, 0, 0, 0)
		}
	}
	if m.to.ip.Is4() {
		ip := m.to.ip.As4()
		if k.intOption(linux.SOL_IP, linux.IP_PKTINFO) != 0 {
			header(linux.SOL_IP, linux.IP_PKTINFO, 12)
			b = append(appendInt(b, loopbackIndex), ip[:]...)
			b = append(append(b, ip[:]...), 0, 0, 0, 0)
		}
		number(linux.SOL_IP, linux.IP_RECVTTL, linux.IP_TTL, 64)
		if k.intOption(linux.SOL_IP, linux.IP_RECVTOS) != 0 {
			header(linux.SOL_IP, linux.IP_TOS, 1)
			b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
		}
	}
	if k.domain == linux.AF_INET6 {
		if k.intOption(linux.SOL_IPV6, linux.IPV6_RECVPKTINFO) != 0 {
			ip := m.to.ip.As16()
			header(linux.SOL_IPV6, linux.IPV6_PKTINFO, 20)
			b = append(appendInt(append(b, ip[:]...), loopbackIndex), 0, 0, 0, 0)
		}
		number(linux.SOL_IPV6, linux.IPV6_RECVHOPLIMIT, linux.IPV6_HOPLIMIT, 64)
		number(linux.SOL_IPV6, linux.IPV6_RECVTCLASS, linux.IPV6_TCLASS, 0)
	}
	return b
}
