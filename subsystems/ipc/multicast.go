package ipc

import (
	"encoding/binary"
	"net/netip"

	"adyton.dev/adyton/core/linux"
)

// The lengths of struct ip_mreq and ipv6_mreq.
const (
	mreqSize  = 8
	mreqnSize = 12
	mreq6Size = 20
	// struct group_req
	groupReqSize = 136
)

// setMembership joins or leaves a group, or says where multicasts go out:
// ip_mc_join_group, ipv6_sock_mc_join. Errors: EINVAL, ENODEV, EADDRINUSE,
// EADDRNOTAVAIL.
func (k *inetSock) setMembership(key optionKey, b []byte) linux.Errno {
	if key.level == linux.SOL_IPV6 {
		if len(b) < mreq6Size {
			return linux.EINVAL
		}
		index := binary.LittleEndian.Uint32(b[16:])
		return k.member(netip.AddrFrom16([16]byte(b)), index == loopbackIndex, key.option == linux.IPV6_ADD_MEMBERSHIP)
	}
	if key.option == linux.IP_MULTICAST_IF {
		// struct in_addr, ip_mreq or ip_mreqn.
		if len(b) < 4 {
			return linux.EINVAL
		}
		ip := netip.AddrFrom4([4]byte(b))
		here := k.isHere(ip)
		if len(b) >= mreqSize {
			ip = netip.AddrFrom4([4]byte(b[4:]))
			here = k.isHere(ip)
		}
		if len(b) >= mreqnSize {
			switch index := binary.LittleEndian.Uint32(b[8:]); index {
			case 0:
			case loopbackIndex:
				here = true
			default:
				return linux.EADDRNOTAVAIL
			}
		}
		if !here && !ip.IsUnspecified() {
			return linux.EADDRNOTAVAIL
		}
		k.multicastHere = here
		return 0
	}
	if len(b) < mreqSize {
		return linux.EINVAL
	}
	here := k.isHere(netip.AddrFrom4([4]byte(b[4:])))
	if len(b) >= mreqnSize {
		if index := binary.LittleEndian.Uint32(b[8:]); index != 0 {
			here = index == loopbackIndex
		}
	}
	return k.member(netip.AddrFrom4([4]byte(b)), here, key.option == linux.IP_ADD_MEMBERSHIP)
}

// setGroup is ip_mcast_join_leave and ipv6_mcast_join_leave: struct group_req.
func (k *inetSock) setGroup(key optionKey, b []byte) linux.Errno {
	if len(b) < groupReqSize {
		return linux.EINVAL
	}
	at := inetSock{sockBase: sockBase{domain: linux.AF_INET}}
	if key.level == linux.SOL_IPV6 {
		at.domain = linux.AF_INET6
	}
	group, e := at.parse(b[8:])
	if e != 0 {
		return linux.EINVAL
	}
	return k.member(group.ip, binary.LittleEndian.Uint32(b) == loopbackIndex, key.option == linux.MCAST_JOIN_GROUP)
}

func (k *inetSock) member(group netip.Addr, here, join bool) linux.Errno {
	switch {
	case join && !group.IsMulticast():
		return linux.EINVAL
	case join && !here:
		return linux.ENODEV // no other device, and no route that names one
	case join && k.groups[group]:
		return linux.EADDRINUSE
	case join:
		if k.groups == nil {
			k.groups = map[netip.Addr]bool{}
		}
		k.groups[group] = true
		return 0
	case !k.groups[group]:
		return linux.EADDRNOTAVAIL
	}
	delete(k.groups, group)
	return 0
}

// udpMembers finds who hears a datagram of UDP or UDP-Lite to a group.
func (s *IPC) udpMembers(protocol uint32, from, to inetAddr) []*udpSock {
	var all []*udpSock
	for _, u := range s.portUsers(portKey{protocol, to.port}) {
		k, ok := u.owner.(*udpSock)
		if !ok || !u.covers(to.ip) || !k.groups[to.ip] || k.connectedTo && k.remote != from {
			continue
		}
		all = append(all, k)
	}
	return all
}
