package ipc

import (
	"encoding/binary"
	"net/netip"

	"adyton.dev/adyton/core/linux"
)

// The sizes of struct in_pktinfo and in6_pktinfo.
const (
	pktinfoSize  = 12
	pktinfo6Size = 20
)

// packet is what goes with a datagram in its header.
type packet struct {
	ttl, tos uint8
	// src is where it is to come from; the zero value leaves that open.
	src netip.Addr
	// segment is the size of the datagrams to split it into, 0 for one.
	segment int
}

// packetFor gives the header that k's options make for a datagram to dst.
func (k *inetSock) packetFor(dst netip.Addr) packet {
	var p packet
	switch {
	case dst.Is4() && dst.IsMulticast():
		p.ttl = uint8(k.intOption(linux.SOL_IP, linux.IP_MULTICAST_TTL))
	case dst.Is4():
		p.ttl = uint8(k.intOption(linux.SOL_IP, linux.IP_TTL))
	default:
		p.ttl = uint8(k.intOption(linux.SOL_IPV6, linux.IPV6_UNICAST_HOPS))
	}
	if dst.Is4() {
		p.tos = uint8(k.intOption(linux.SOL_IP, linux.IP_TOS))
	} else {
		p.tos = uint8(k.intOption(linux.SOL_IPV6, linux.IPV6_TCLASS))
	}
	return p
}

// sendControl changes p by the control messages of a send: ip_cmsg_send and
// ip6_datagram_send_ctl. Errors: EINVAL.
func (k *inetSock) sendControl(p *packet, b []byte) linux.Errno {
	for len(b) >= cmsgHeader {
		n := binary.LittleEndian.Uint64(b)
		if n < cmsgHeader || n > uint64(len(b)) {
			return linux.EINVAL
		}
		key := optionKey{int32(binary.LittleEndian.Uint32(b[8:])), int32(binary.LittleEndian.Uint32(b[12:]))}
		if e := k.sendControlOne(p, key, b[cmsgHeader:n]); e != 0 {
			return e
		}
		b = b[min(cmsgAlign(int(n)), len(b)):]
	}
	return 0
}

func (k *inetSock) sendControlOne(p *packet, key optionKey, data []byte) linux.Errno {
	number := func(least int32, unset uint8) (uint8, linux.Errno) {
		if len(data) != 4 {
			return 0, linux.EINVAL
		}
		v := int32(binary.LittleEndian.Uint32(data))
		if v == -1 && key.level == linux.SOL_IPV6 {
			return unset, 0
		}
		if v < least || v > 255 {
			return 0, linux.EINVAL
		}
		return uint8(v), 0
	}
	var e linux.Errno
	switch key.level {
	case linux.SOL_SOCKET:
		switch key.option {
		case linux.SO_MARK, linux.SO_TIMESTAMPING, linux.SO_TXTIME, linux.SCM_CREDENTIALS, linux.SCM_RIGHTS, linux.SO_PRIORITY:
			return 0
		}
		return linux.EINVAL
	case linux.SOL_UDP:
		if key.option != linux.UDP_SEGMENT || len(data) != 2 {
			return linux.EINVAL
		}
		p.segment = int(binary.LittleEndian.Uint16(data))
		return 0
	case linux.SOL_IP:
		switch key.option {
		case linux.IP_RETOPTS, linux.IP_PROTOCOL:
		case linux.IP_PKTINFO:
			if len(data) != pktinfoSize {
				return linux.EINVAL
			}
			if ip := netip.AddrFrom4([4]byte(data[4:8])); !ip.IsUnspecified() {
				p.src = ip
			}
		case linux.IP_TTL:
			p.ttl, e = number(1, 0)
		case linux.IP_TOS:
			if len(data) == 1 {
				p.tos = data[0]
				return 0
			}
			p.tos, e = number(0, 0)
		default:
			return linux.EINVAL
		}
		return e
	case linux.SOL_IPV6:
		if k.domain != linux.AF_INET6 {
			return 0
		}
		switch key.option {
		case linux.IPV6_PKTINFO, linux.IPV6_2292PKTINFO:
			if len(data) < pktinfo6Size {
				return linux.EINVAL
			}
			if ip := netip.AddrFrom16([16]byte(data)).Unmap(); !ip.IsUnspecified() {
				p.src = ip
			}
		case linux.IPV6_HOPLIMIT, linux.IPV6_2292HOPLIMIT:
			p.ttl, e = number(0, p.ttl)
		case linux.IPV6_TCLASS:
			p.tos, e = number(0, 0xff) // -1 goes into the header as it is
		case linux.IPV6_DONTFRAG:
		default:
			return linux.EINVAL
		}
	}
	return e
}

// appendHeader appends a control message's header.
func appendHeader(b []byte, level int32, kind, size int) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(cmsgHeader+size))
	return appendInt(appendInt(b, int(level)), kind)
}

// appendPacketInfo appends the control messages that options ask for, in the
// order of ip_cmsg_recv_offset and ip6_datagram_recv_common_ctl.
func (k *inetSock) appendPacketInfo(b []byte, to inetAddr, p packet) []byte {
	if len(k.options) == 0 {
		return b
	}
	on := func(level int32, option int) bool { return k.intOption(level, int32(option)) != 0 }
	number := func(level int32, kind int, v uint8) {
		b = appendHeader(b, level, kind, 4)
		b = append(appendInt(b, int(v)), 0, 0, 0, 0)
	}
	if k.domain == linux.AF_INET6 {
		if on(linux.SOL_IPV6, linux.IPV6_RECVPKTINFO) {
			ip := to.ip.As16()
			b = appendHeader(b, linux.SOL_IPV6, linux.IPV6_PKTINFO, pktinfo6Size)
			b = append(appendInt(append(b, ip[:]...), loopbackIndex), 0, 0, 0, 0)
		}
		if !to.ip.Is4() {
			if on(linux.SOL_IPV6, linux.IPV6_RECVHOPLIMIT) {
				number(linux.SOL_IPV6, linux.IPV6_HOPLIMIT, p.ttl)
			}
			if on(linux.SOL_IPV6, linux.IPV6_RECVTCLASS) {
				number(linux.SOL_IPV6, linux.IPV6_TCLASS, p.tos)
			}
			if on(linux.SOL_IPV6, linux.IPV6_RECVORIGDSTADDR) {
				b = appendHeader(b, linux.SOL_IPV6, linux.IPV6_ORIGDSTADDR, sizeIn6)
				b = append(k.format(b, to), 0, 0, 0, 0)
			}
		}
	}
	if !to.ip.Is4() {
		return b
	}
	if on(linux.SOL_IP, linux.IP_PKTINFO) {
		ip, local := to.ip.As4(), to.ip.As4()
		if to.ip.IsMulticast() {
			local = here4.As4()
		}
		b = appendHeader(b, linux.SOL_IP, linux.IP_PKTINFO, pktinfoSize)
		b = append(appendInt(b, loopbackIndex), local[:]...)
		b = append(append(b, ip[:]...), 0, 0, 0, 0)
	}
	if on(linux.SOL_IP, linux.IP_RECVTTL) {
		number(linux.SOL_IP, linux.IP_TTL, p.ttl)
	}
	if on(linux.SOL_IP, linux.IP_RECVTOS) {
		b = appendHeader(b, linux.SOL_IP, linux.IP_TOS, 1)
		b = append(b, p.tos, 0, 0, 0, 0, 0, 0, 0)
	}
	if on(linux.SOL_IP, linux.IP_RECVORIGDSTADDR) {
		b = appendHeader(b, linux.SOL_IP, linux.IP_ORIGDSTADDR, sizeIn)
		v4 := inetSock{sockBase: sockBase{domain: linux.AF_INET}}
		b = v4.format(b, to)
	}
	return b
}
