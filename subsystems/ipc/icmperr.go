package ipc

import (
	"encoding/binary"
	"net/netip"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Origins of struct sock_extended_err, and ICMP's words for a closed port.
const (
	originICMP  = 2
	originICMP6 = 3

	icmpUnreachable  = 3
	icmpPort         = 3
	icmp6Unreachable = 1
	icmp6Port        = 4

	// quoted4 and quoted6 are how much of a datagram comes back: 576 and 1280
	// bytes less the headers.
	quoted4 = 576 - 20 - 8 - 20 - 8
	quoted6 = 1280 - 40 - 8 - 40 - 8

	extendedErrSize = 16
)

// returned is a datagram that came back, with what was wrong.
type returned struct {
	data []byte
	to   inetAddr
	from netip.Addr
	e    linux.Errno
}

// wantsErrors reports whether errors that concern dst are kept: IP_RECVERR,
// IPV6_RECVERR.
func (k *inetSock) wantsErrors(dst netip.Addr) bool {
	if dst.Is4() {
		return k.intOption(linux.SOL_IP, linux.IP_RECVERR) != 0
	}
	return k.intOption(linux.SOL_IPV6, linux.IPV6_RECVERR) != 0
}

// refuse tells k that nobody listens at to: __udp4_lib_err.
func (k *udpSock) refuse(data []byte, to inetAddr, ready *[]ipcapi.Ready) {
	switch {
	case k.wantsErrors(to.ip):
		most := quoted4
		if !to.ip.Is4() {
			most = quoted6
		}
		data = append([]byte(nil), data[:min(len(data), most)]...)
		if size := udpTrueSize(len(data)); k.rmem+size <= k.opt.rcvbuf {
			k.rmem += size
			k.errors = append(k.errors, returned{data, to, to.ip, linux.ECONNREFUSED})
		}
	case !k.connectedTo || k.remote != to:
		return
	}
	k.err = linux.ECONNREFUSED
	wake(k, ready)
}

// receiveError is ip_recv_error and ipv6_recv_error.
func (k *udpSock) receiveError(r *receiver) linux.Errno {
	if len(k.errors) == 0 {
		return linux.EAGAIN
	}
	m := k.errors[0]
	k.errors = append(k.errors[:0], k.errors[1:]...)
	k.rmem -= udpTrueSize(len(m.data))
	k.err = 0
	if len(k.errors) > 0 {
		k.err = k.errors[0].e
	}
	n := min(len(m.data), r.count)
	*r.data = append(*r.data, m.data[:n]...)
	if r.rep == nil {
		return 0
	}
	if n < len(m.data) {
		r.rep.Flags |= linux.MSG_TRUNC
	}
	r.rep.Flags |= linux.MSG_ERRQUEUE
	r.rep.Full = uint32(n)
	r.rep.Address = k.format(r.rep.Address, m.to)
	level, kind, size := int32(linux.SOL_IP), linux.IP_RECVERR, sizeIn
	if k.domain == linux.AF_INET6 {
		level, kind, size = linux.SOL_IPV6, linux.IPV6_RECVERR, sizeIn6
	}
	b := appendHeader(r.rep.Control, level, kind, extendedErrSize+size)
	b = binary.LittleEndian.AppendUint32(b, uint32(m.e))
	if m.to.ip.Is4() {
		b = append(b, originICMP, icmpUnreachable, icmpPort, 0)
	} else {
		b = append(b, originICMP6, icmp6Unreachable, icmp6Port, 0)
	}
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 0)
	b = k.format(b, inetAddr{ip: m.from})
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	r.rep.Control = b
	return 0
}
