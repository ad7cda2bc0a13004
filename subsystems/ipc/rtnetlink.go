package ipc

import (
	"encoding/binary"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// nlHeader is struct nlmsghdr without its length.
type nlHeader struct {
	typ, flags uint16
	seq, port  uint32
}

// The sizes of the structs that begin the messages of NETLINK_ROUTE.
const (
	ifinfoSize  = 16 // ifinfomsg
	iffLowerUp  = 0x10000
	stats64Size = 25 * 8
	statsSize   = 24 * 4
)

// nlBuilder appends messages and their attributes.
type nlBuilder struct {
	b     []byte
	start int
}

func (n *nlBuilder) begin(h nlHeader) {
	n.start = len(n.b)
	le := binary.LittleEndian
	n.b = le.AppendUint32(n.b, 0)
	n.b = le.AppendUint16(le.AppendUint16(n.b, h.typ), h.flags)
	n.b = le.AppendUint32(le.AppendUint32(n.b, h.seq), h.port)
}

// end fills in the length.
func (n *nlBuilder) end() {
	binary.LittleEndian.PutUint32(n.b[n.start:], uint32(len(n.b)-n.start))
	n.align()
}

func (n *nlBuilder) align() {
	for len(n.b)%4 != 0 {
		n.b = append(n.b, 0)
	}
}

func (n *nlBuilder) attr(kind uint16, data ...byte) {
	n.b = binary.LittleEndian.AppendUint16(n.b, uint16(4+len(data)))
	n.b = binary.LittleEndian.AppendUint16(n.b, kind)
	n.b = append(n.b, data...)
	n.align()
}

func (n *nlBuilder) number(kind uint16, v uint32) {
	n.attr(kind, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
}

func (n *nlBuilder) text(kind uint16, s string) { n.attr(kind, append([]byte(s), 0)...) }

// routeRequests answers each message of data: netlink_rcv_skb.
func (s *IPC) routeRequests(k *netlinkSock, data []byte, cred *ipcapi.Cred) {
	for len(data) >= linux.SizeofNlmsghdr {
		n := binary.LittleEndian.Uint32(data)
		if n < linux.SizeofNlmsghdr || uint64(n) > uint64(len(data)) {
			return
		}
		msg := data[:n]
		h := nlHeader{binary.LittleEndian.Uint16(msg[4:]), binary.LittleEndian.Uint16(msg[6:]), binary.LittleEndian.Uint32(msg[8:]), k.port}
		if h.flags&linux.NLM_F_REQUEST != 0 {
			e, answered := linux.Errno(0), false
			if h.typ >= linux.NLMSG_MIN_TYPE {
				e, answered = s.routeRequest(k, h, msg[linux.SizeofNlmsghdr:], cred)
			}
			if e != 0 || h.flags&linux.NLM_F_ACK != 0 && !answered {
				k.acknowledge(h, e, msg)
			}
		}
		data = data[min(int(n+3)&^3, len(data)):]
	}
}

// acknowledge is netlink_ack: an error quotes the whole request, unless
// NETLINK_CAP_ACK is on.
func (k *netlinkSock) acknowledge(h nlHeader, e linux.Errno, msg []byte) {
	var n nlBuilder
	if e == 0 || k.flags>>linux.NETLINK_CAP_ACK&1 != 0 {
		msg = msg[:linux.SizeofNlmsghdr]
	}
	n.begin(nlHeader{linux.NLMSG_ERROR, 0, h.seq, h.port})
	n.b = append(appendInt(n.b, -int(e)), msg...)
	n.end()
	k.deliver(n.b)
}

// routeRequest answers one request: rtnetlink_rcv_msg. answered says that the
// answer ends by itself, without an acknowledgement.
func (s *IPC) routeRequest(k *netlinkSock, h nlHeader, body []byte, cred *ipcapi.Cred) (e linux.Errno, answered bool) {
	if h.typ > linux.RTM_MAX {
		return linux.EOPNOTSUPP, false
	}
	if len(body) < 1 {
		return 0, false
	}
	const get = 2 // of NEW, DEL, GET, SET
	if h.typ&3 != get {
		if cred.Caps&(1<<linux.CAP_NET_ADMIN) == 0 {
			return linux.EPERM, false
		}
		return s.changeLink(h, body), false
	}
	family := body[0]
	if h.flags&linux.NLM_F_DUMP != 0 {
		var n nlBuilder
		h.flags = linux.NLM_F_MULTI
		switch h.typ {
		case linux.RTM_GETLINK:
			s.appendLink(&n, h)
		case linux.RTM_GETADDR:
			s.appendAddresses(&n, h, family)
		case linux.RTM_GETROUTE:
			s.appendRoutes(&n, h, family)
		case linux.RTM_GETNEIGH, linux.RTM_GETRULE:
			// There are none.
		default:
			return linux.EOPNOTSUPP, false
		}
		if len(n.b) > 0 {
			k.deliver(n.b)
		}
		n = nlBuilder{}
		n.begin(nlHeader{linux.NLMSG_DONE, linux.NLM_F_MULTI, h.seq, h.port})
		n.b = appendInt(n.b, 0)
		n.end()
		k.deliver(n.b)
		return 0, true
	}
	if h.typ != linux.RTM_GETLINK {
		return linux.EOPNOTSUPP, false
	}
	if len(body) < ifinfoSize {
		return linux.EINVAL, false
	}
	if e := namesLoopback(body); e != 0 {
		return e, false
	}
	var n nlBuilder
	s.appendLink(&n, nlHeader{0, 0, h.seq, h.port})
	k.deliver(n.b)
	return 0, false
}

// namesLoopback finds the device of an ifinfomsg, by index or by IFLA_IFNAME.
// Errors: ENODEV, EINVAL (neither).
func namesLoopback(body []byte) linux.Errno {
	if index := int32(binary.LittleEndian.Uint32(body[4:])); index != 0 {
		if index != loopbackIndex {
			return linux.ENODEV
		}
		return 0
	}
	for b := body[ifinfoSize:]; len(b) >= 4; {
		n := int(binary.LittleEndian.Uint16(b))
		if n < 4 || n > len(b) {
			break
		}
		if binary.LittleEndian.Uint16(b[2:]) == linux.IFLA_IFNAME {
			if strings.TrimRight(string(b[4:n]), "\x00") != loopbackName {
				return linux.ENODEV
			}
			return 0
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return linux.EINVAL
}

// changeLink lets the loopback device be brought up, which it is; nothing else
// can be changed.
func (s *IPC) changeLink(h nlHeader, body []byte) linux.Errno {
	if h.typ != linux.RTM_NEWLINK && h.typ != linux.RTM_SETLINK || len(body) < ifinfoSize {
		return linux.EOPNOTSUPP
	}
	if e := namesLoopback(body); e != 0 {
		return e
	}
	const up = 1
	flags, change := binary.LittleEndian.Uint32(body[8:]), binary.LittleEndian.Uint32(body[12:])
	if !s.noNetwork && flags&up != 0 && change&^up == 0 {
		return 0
	}
	return linux.EPERM
}

// appendLink is rtnl_fill_ifinfo for the loopback device.
func (s *IPC) appendLink(n *nlBuilder, h nlHeader) {
	h.typ = linux.RTM_NEWLINK
	n.begin(h)
	n.b = append(n.b, linux.AF_UNSPEC, 0, arphrdLoop&0xff, arphrdLoop>>8)
	n.b = appendInt(n.b, loopbackIndex)
	flags, queue := uint32(loopbackFlags|iffLowerUp), "noqueue"
	if s.noNetwork {
		flags, queue = loopbackFlagsDown, "noop"
	}
	n.b = binary.LittleEndian.AppendUint32(n.b, flags)
	n.b = appendInt(n.b, 0)
	n.text(linux.IFLA_IFNAME, loopbackName)
	n.number(linux.IFLA_TXQLEN, ifQueue)
	n.attr(linux.IFLA_OPERSTATE, 0)
	n.attr(linux.IFLA_LINKMODE, 0)
	n.number(linux.IFLA_MTU, loopbackMTU)
	n.number(linux.IFLA_GROUP, 0)
	n.number(linux.IFLA_PROMISCUITY, 0)
	n.number(linux.IFLA_NUM_TX_QUEUES, 1)
	n.number(linux.IFLA_NUM_RX_QUEUES, 1)
	n.attr(linux.IFLA_CARRIER, 1)
	n.number(linux.IFLA_CARRIER_CHANGES, 0)
	n.attr(linux.IFLA_ADDRESS, make([]byte, 6)...)
	n.attr(linux.IFLA_BROADCAST, make([]byte, 6)...)
	n.attr(linux.IFLA_STATS64, make([]byte, stats64Size)...)
	n.attr(linux.IFLA_STATS, make([]byte, statsSize)...)
	n.text(linux.IFLA_QDISC, queue)
	n.end()
}

// appendAddresses is inet_dump_ifaddr and inet6_dump_ifaddr.
func (s *IPC) appendAddresses(n *nlBuilder, h nlHeader, family byte) {
	if s.noNetwork {
		return
	}
	h.typ = linux.RTM_NEWADDR
	forever := append([]byte{255, 255, 255, 255, 255, 255, 255, 255}, make([]byte, 8)...)
	begin := func(family, prefix byte) {
		n.begin(h)
		n.b = append(n.b, family, prefix, linux.IFA_F_PERMANENT, linux.RT_SCOPE_HOST)
		n.b = appendInt(n.b, loopbackIndex)
	}
	if family == linux.AF_INET || family == linux.AF_UNSPEC {
		ip := here4.As4()
		begin(linux.AF_INET, 8)
		n.attr(linux.IFA_ADDRESS, ip[:]...)
		n.attr(linux.IFA_LOCAL, ip[:]...)
		n.text(linux.IFA_LABEL, loopbackName)
		n.number(linux.IFA_FLAGS, linux.IFA_F_PERMANENT)
		n.attr(linux.IFA_CACHEINFO, forever...)
		n.end()
	}
	if family == linux.AF_INET6 || family == linux.AF_UNSPEC {
		ip := here6.As16()
		begin(linux.AF_INET6, 128)
		n.attr(linux.IFA_ADDRESS, ip[:]...)
		n.attr(linux.IFA_CACHEINFO, forever...)
		n.number(linux.IFA_FLAGS, linux.IFA_F_PERMANENT)
		n.attr(linux.IFA_PROTO, linux.IFAPROT_LO)
		n.end()
	}
}

// appendRoutes lists the local table: there is no other route.
func (s *IPC) appendRoutes(n *nlBuilder, h nlHeader, family byte) {
	if s.noNetwork {
		return
	}
	h.typ = linux.RTM_NEWROUTE
	route := func(family, prefix, scope, kind byte, dst, src []byte) {
		n.begin(h)
		n.b = append(n.b, family, prefix, 0, 0, linux.RT_TABLE_LOCAL, linux.RTPROT_KERNEL, scope, kind, 0, 0, 0, 0)
		n.number(linux.RTA_TABLE, linux.RT_TABLE_LOCAL)
		n.attr(linux.RTA_DST, dst...)
		if src != nil {
			n.attr(linux.RTA_PREFSRC, src...)
		}
		n.number(linux.RTA_OIF, loopbackIndex)
		n.end()
	}
	if family == linux.AF_INET || family == linux.AF_UNSPEC {
		ip := here4.As4()
		route(linux.AF_INET, 8, linux.RT_SCOPE_HOST, linux.RTN_LOCAL, []byte{127, 0, 0, 0}, ip[:])
		route(linux.AF_INET, 32, linux.RT_SCOPE_HOST, linux.RTN_LOCAL, ip[:], ip[:])
		route(linux.AF_INET, 32, linux.RT_SCOPE_LINK, linux.RTN_BROADCAST, []byte{127, 255, 255, 255}, ip[:])
	}
	if family == linux.AF_INET6 || family == linux.AF_UNSPEC {
		ip := here6.As16()
		route(linux.AF_INET6, 128, 0, linux.RTN_LOCAL, ip[:], nil)
	}
}
