package ipc

import "adyton.dev/adyton/core/linux"

// optionKey names an option of a protocol.
type optionKey struct{ level, option int32 }

// intOption describes an option that is an int: its value in a new socket and
// the range that may be set. Those with min > max can only be read.
type intOption struct{ value, min, max int32 }

// flagOnly is one that takes 0 and 1 alone, readOnly one for other types of
// sockets: it reads as 0, and refuseOption says how setting it ends.
var (
	flagOnly = intOption{0, 0, 1}
	readOnly = intOption{0, 1, 0}
)

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
	{linux.SOL_IP, linux.IP_RECVOPTS}:             flagOption,
	{linux.SOL_IP, linux.IP_RETOPTS}:              flagOption,
	{linux.SOL_IP, linux.IP_TRANSPARENT}:          flagOption,
	{linux.SOL_IP, linux.IP_CHECKSUM}:             flagOption,
	{linux.SOL_IP, linux.IP_RECVFRAGSIZE}:         flagOption,
	{linux.SOL_IP, linux.IP_HDRINCL}:              readOnly,
	{linux.SOL_IP, linux.IP_NODEFRAG}:             readOnly,
	{linux.SOL_IP, linux.IP_ROUTER_ALERT}:         readOnly,
	{linux.SOL_IP, linux.IP_UNICAST_IF}:           readOnly,

	{linux.SOL_IPV6, linux.IPV6_UNICAST_HOPS}:    {64, -1, 255},
	{linux.SOL_IPV6, linux.IPV6_MULTICAST_HOPS}:  {1, -1, 255},
	{linux.SOL_IPV6, linux.IPV6_MULTICAST_LOOP}:  {1, 0, 1},
	{linux.SOL_IPV6, linux.IPV6_MTU_DISCOVER}:    {1, 0, 5},
	{linux.SOL_IPV6, linux.IPV6_RECVERR}:         flagOption,
	{linux.SOL_IPV6, linux.IPV6_RECVPKTINFO}:     flagOption,
	{linux.SOL_IPV6, linux.IPV6_RECVHOPLIMIT}:    flagOption,
	{linux.SOL_IPV6, linux.IPV6_RECVTCLASS}:      flagOption,
	{linux.SOL_IPV6, linux.IPV6_TCLASS}:          {0, -1, 255},
	{linux.SOL_IPV6, linux.IPV6_DONTFRAG}:        flagOption,
	{linux.SOL_IPV6, linux.IPV6_FREEBIND}:        flagOption,
	{linux.SOL_IPV6, linux.IPV6_AUTOFLOWLABEL}:   {1, noLimit, anyInt},
	{linux.SOL_IPV6, linux.IPV6_MULTICAST_IF}:    {0, 0, loopbackIndex},
	{linux.SOL_IPV6, linux.IPV6_TRANSPARENT}:     flagOption,
	{linux.SOL_IPV6, linux.IPV6_MINHOPCOUNT}:     {0, 0, 255},
	{linux.SOL_IPV6, linux.IPV6_RECVRTHDR}:       flagOption,
	{linux.SOL_IPV6, linux.IPV6_RECVORIGDSTADDR}: flagOption,

	{linux.SOL_TCP, linux.TCP_NODELAY}:              flagOption,
	{linux.SOL_TCP, linux.TCP_CORK}:                 flagOption,
	{linux.SOL_TCP, linux.TCP_QUICKACK}:             {1, noLimit, anyInt},
	{linux.SOL_TCP, linux.TCP_MAXSEG}:               {536, 88, 32767},
	{linux.SOL_TCP, linux.TCP_KEEPIDLE}:             {7200, 1, 32767},
	{linux.SOL_TCP, linux.TCP_KEEPINTVL}:            {75, 1, 32767},
	{linux.SOL_TCP, linux.TCP_KEEPCNT}:              {9, 1, 127},
	{linux.SOL_TCP, linux.TCP_SYNCNT}:               {6, 1, 127},
	{linux.SOL_TCP, linux.TCP_LINGER2}:              {60, noLimit, anyInt},
	{linux.SOL_TCP, linux.TCP_DEFER_ACCEPT}:         {0, noLimit, anyInt},
	{linux.SOL_TCP, linux.TCP_WINDOW_CLAMP}:         {0, 0, anyInt},
	{linux.SOL_TCP, linux.TCP_USER_TIMEOUT}:         {0, 0, anyInt},
	{linux.SOL_TCP, linux.TCP_FASTOPEN}:             {0, 0, anyInt},
	{linux.SOL_TCP, linux.TCP_FASTOPEN_CONNECT}:     flagOnly,
	{linux.SOL_TCP, linux.TCP_NOTSENT_LOWAT}:        {0, noLimit, anyInt},
	{linux.SOL_TCP, linux.TCP_THIN_LINEAR_TIMEOUTS}: flagOnly,
	{linux.SOL_TCP, linux.TCP_THIN_DUPACK}:          flagOnly,
	{linux.SOL_TCP, linux.TCP_SAVE_SYN}:             {0, 0, 2},
	{linux.SOL_TCP, linux.TCP_INQ}:                  flagOnly,

	{linux.SOL_UDP, linux.UDP_CORK}:         flagOption,
	{linux.SOL_UDP, linux.UDP_SEGMENT}:      {0, 0, 65535},
	{linux.SOL_UDP, linux.UDP_GRO}:          flagOption,
	{linux.SOL_UDP, linux.UDP_ENCAP}:        readOnly,
	{linux.SOL_UDP, linux.UDP_NO_CHECK6_TX}: flagOption,
	{linux.SOL_UDP, linux.UDP_NO_CHECK6_RX}: flagOption,

	{linux.SOL_UDP, linux.UDPLITE_SEND_CSCOV}: {0, noLimit, anyInt},
	{linux.SOL_UDP, linux.UDPLITE_RECV_CSCOV}: {0, noLimit, anyInt},
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
	{linux.SOL_IP, linux.IP_RECVOPTS}: true, {linux.SOL_IP, linux.IP_RETOPTS}: true, {linux.SOL_IP, linux.IP_TRANSPARENT}: true,
	{linux.SOL_IP, linux.IP_CHECKSUM}: true, {linux.SOL_IP, linux.IP_RECVFRAGSIZE}: true,
	{linux.SOL_IPV6, linux.IPV6_TRANSPARENT}: true, {linux.SOL_IPV6, linux.IPV6_RECVRTHDR}: true,
	{linux.SOL_IPV6, linux.IPV6_RECVORIGDSTADDR}: true,
	{linux.SOL_UDP, linux.UDP_CORK}:              true, {linux.SOL_UDP, linux.UDP_GRO}: true, {linux.SOL_UDP, linux.UDP_NO_CHECK6_TX}: true,
	{linux.SOL_UDP, linux.UDP_NO_CHECK6_RX}: true,
	{linux.SOL_TCP, linux.TCP_NODELAY}:      true, {linux.SOL_TCP, linux.TCP_CORK}: true, {linux.SOL_TCP, linux.TCP_QUICKACK}: true,
}

// refuseOption says how setting an option that this socket cannot have ends.
func (k *inetSock) refuseOption(key optionKey, caps uint64) linux.Errno {
	switch key {
	case optionKey{linux.SOL_IP, linux.IP_HDRINCL}, optionKey{linux.SOL_IP, linux.IP_NODEFRAG}:
		if k.typ != linux.SOCK_RAW {
			return linux.ENOPROTOOPT
		}
	case optionKey{linux.SOL_UDP, linux.UDP_ENCAP}:
		return linux.ENOPROTOOPT
	case optionKey{linux.SOL_UDP, linux.UDPLITE_SEND_CSCOV}, optionKey{linux.SOL_UDP, linux.UDPLITE_RECV_CSCOV}:
		if k.protocol != linux.IPPROTO_UDPLITE {
			return linux.ENOPROTOOPT
		}
	case optionKey{linux.SOL_IP, linux.IP_ROUTER_ALERT}:
		return linux.EINVAL
	case optionKey{linux.SOL_IP, linux.IP_UNICAST_IF}:
		return linux.EADDRNOTAVAIL
	case optionKey{linux.SOL_IP, linux.IP_MULTICAST_TTL}, optionKey{linux.SOL_IP, linux.IP_RECVFRAGSIZE}:
		if k.typ == linux.SOCK_STREAM {
			return linux.EINVAL
		}
	case optionKey{linux.SOL_IP, linux.IP_TRANSPARENT}, optionKey{linux.SOL_IPV6, linux.IPV6_TRANSPARENT}:
		if caps&(1<<linux.CAP_NET_ADMIN|1<<linux.CAP_NET_RAW) == 0 {
			return linux.EPERM
		}
	}
	return 0
}
