package fuzz

import (
	"slices"

	"adyton.dev/adyton/core/linux"
)

// sockaddr is an address of a family that sockets may have.
func (g *gen) sockaddr() []byte {
	port := pick[uint16](g, 0, 5000, 5000, 5001, 80)
	switch g.r.IntN(8) {
	case 0, 1, 2: // a path
		name := pick(g, "sock", "sock", "sock2", "a", "d", "none/x", "sd/s", "l", "")
		return append([]byte{1, 0}, append([]byte(name), 0)...)
	case 3: // abstract
		return append([]byte{1, 0, 0}, pick(g, "abs", "abs", "other", "")...)
	case 4:
		return []byte{1, 0}
	case 5, 6:
		ip := pick(g, []byte{127, 0, 0, 1}, []byte{127, 0, 0, 1}, []byte{0, 0, 0, 0}, []byte{127, 0, 0, 2}, []byte{10, 1, 2, 3}, []byte{224, 0, 0, 1}, []byte{255, 255, 255, 255})
		return slices.Concat([]byte{pick[byte](g, 2, 2, 2, 2, 2, 0, 9), 0, byte(port >> 8), byte(port)}, ip, make([]byte, 8))
	}
	ip := make([]byte, 16)
	if g.chance(60) {
		ip[15] = 1
	} else if g.chance(30) {
		copy(ip[10:], []byte{255, 255, 127, 0, 0, 1})
	}
	return slices.Concat([]byte{10, 0, byte(port >> 8), byte(port), 0, 0, 0, 0}, ip, make([]byte, 4))
}

func sockaddrIn(length int) argFn {
	return func(g *gen, c *call) value {
		b := g.sockaddr()
		p := g.in(b)
		n := uint64(len(b))
		if g.odd() {
			n = pick[uint64](g, 0, 1, 2, 3, 8, 15, 16, 17, 28, 110, 111, 128, 129, ^uint64(0), 1<<31)
		}
		c.Args[length] = num(n)
		return p
	}
}

// kept is an argument that another one has filled.
func kept(i int) argFn { return func(_ *gen, c *call) value { return c.Args[i] } }

// addrOut is a socket address that a call writes.
func addrOut(g *gen, c *call) value {
	if g.chance(25) {
		return num(0)
	}
	p := g.out(128)
	masked(c, p, mask{'a', 0, 16})
	return p
}

var addrLen = orNull(10, structIn(func(g *gen) []byte { return ints(pick[uint32](g, 128, 128, 128, 16, 2, 1, 0, 110, 1<<31)) }))

const dontwait = linux.MSG_DONTWAIT

// msgFlags are flags of messages, mostly without waiting.
func msgFlags(g *gen, c *call) value {
	v := uint64(dontwait)
	for range g.r.IntN(3) {
		v |= pick[uint64](g, linux.MSG_PEEK, linux.MSG_TRUNC, linux.MSG_WAITALL, linux.MSG_NOSIGNAL, linux.MSG_EOR, linux.MSG_CMSG_CLOEXEC, linux.MSG_OOB, linux.MSG_MORE,
			linux.MSG_DONTROUTE, linux.MSG_CTRUNC, linux.MSG_ERRQUEUE)
	}
	return num(v)
}

// msghdr makes struct msghdr.
func (g *gen) msghdr(out bool) []byte {
	name, nameLen := uint64(0), uint64(0)
	if g.chance(40) {
		if out {
			p := g.out(128)
			masked(g.c, p, mask{'a', 0, 16})
			name, nameLen = addr(p), pick[uint64](g, 128, 128, 16, 2, 0)
		} else {
			b := g.sockaddr()
			name, nameLen = addr(g.in(b)), uint64(len(b))
		}
		if g.odd() {
			nameLen = pick[uint64](g, 0, 1, 2, 129, 1<<31, 1<<32-1)
		}
	}
	iov := g.iovecs(out)
	n := uint64(g.size)
	if g.odd() {
		n = pick[uint64](g, 0, 1024, 1025, ^uint64(0))
	}
	control, controlLen := uint64(0), uint64(0)
	if g.chance(40) {
		if out {
			controlLen = pick[uint64](g, 0, 8, 16, 20, 24, 28, 32, 64, 200)
			control = addr(g.out(int(controlLen)))
		} else {
			p, size := g.control()
			control, controlLen = addr(p), size
		}
	}
	if g.odd() {
		controlLen = pick[uint64](g, 1, 15, 16, 17, 1<<31, 1<<32)
	}
	return words(name, nameLen, addr(iov), n, control, controlLen, pick[uint64](g, 0, 0, 0xffff))
}

// control is control messages to send: descriptors, credentials, nonsense.
func (g *gen) control() (value, uint64) {
	at := g.alloc(64)
	switch g.r.IntN(4) {
	case 0, 1:
		n := g.r.IntN(3)
		head := append(words(uint64(16+4*n)), ints(1, 1)...)
		g.c.Setup = append(g.c.Setup, setup{Off: at, Data: head})
		for i := range n {
			g.c.Setup = append(g.c.Setup, setup{Op: 'v', Off: at + 16 + 4*i, From: g.fd()})
		}
		return value{'p', uint64(at)}, uint64(16 + (4*n+7)&^7)
	case 2:
		g.c.Setup = append(g.c.Setup, setup{Off: at, Data: append(words(28), ints(1, 2, 0, pick[uint32](g, 1000, 1000, 0), 1000)...)},
			setup{Op: 'v', Off: at + 16, From: pick(g, value{Kind: 's'}, value{Kind: 's'}, value{Kind: 'q'})})
		return value{'p', uint64(at)}, 32
	}
	g.c.Setup = append(g.c.Setup, setup{Off: at, Data: append(words(pick[uint64](g, 0, 15, 16, 20, 64, 1<<40)), ints(pick[uint32](g, 0, 1, 6, 41), pick[uint32](g, 0, 1, 2, 3, 8, 50), 0, 0)...)})
	return value{'p', uint64(at)}, 24
}

func msgIn(out bool) argFn {
	return func(g *gen, c *call) value { return g.in(g.msghdr(out)) }
}

func msgVec(out bool) argFn {
	return func(g *gen, c *call) value {
		var b []byte
		for range 2 {
			b = append(b, g.msghdr(out)...)
			b = append(b, words(0)...)
		}
		return g.in(b)
	}
}

// options are levels and names that are answered.
var options = func() (all [][2]uint64) {
	for _, o := range linux.SocketOptions {
		all = append(all, [2]uint64{linux.SOL_SOCKET, o.Value})
	}
	for _, o := range linux.IPOptions {
		all = append(all, [2]uint64{linux.SOL_IP, o.Value})
	}
	for _, o := range linux.IPv6Options {
		all = append(all, [2]uint64{linux.SOL_IPV6, o.Value})
	}
	for _, o := range linux.TCPOptions {
		all = append(all, [2]uint64{linux.SOL_TCP, o.Value})
	}
	for _, o := range linux.UDPOptions {
		all = append(all, [2]uint64{linux.SOL_UDP, o.Value})
	}
	// Filters and what names a device, a pid or a cookie of its own.
	return slices.DeleteFunc(all, func(o [2]uint64) bool {
		return o[0] == linux.SOL_SOCKET && slices.Contains([]uint64{linux.SO_COOKIE, linux.SO_PEERPIDFD, linux.SO_INCOMING_CPU, 26, 27, 50, 51, 52, linux.SO_BINDTODEVICE}, o[1]) ||
			o[0] == linux.SOL_TCP && o[1] == linux.TCP_INFO
	})
}()

func optionName(g *gen, c *call) value {
	o := options[g.r.IntN(len(options))]
	if g.chance(50) {
		o = options[g.r.IntN(min(40, len(options)))]
	}
	c.Args[1] = num(o[0])
	return num(o[1])
}

var netSpecs = map[string]spec{
	"socket":      {fd: true, args: map[int]argFn{0: one(1, 1, 2, 2, 10, 10), 1: sockType, 2: one(0, 0, 0, 0, 6, 17, 1)}},
	"socketpair":  {args: map[int]argFn{0: one(1, 1, 1, 1, 1, 2), 1: sockType, 2: one(0, 0, 0, 0, 1, 6)}},
	"bind":        {args: map[int]argFn{1: sockaddrIn(2), 2: kept(2)}},
	"connect":     {args: map[int]argFn{1: sockaddrIn(2), 2: kept(2)}},
	"accept":      {fd: true, args: map[int]argFn{1: addrOut, 2: addrLen}},
	"accept4":     {fd: true, args: map[int]argFn{1: addrOut, 2: addrLen, 3: one(linux.SOCK_NONBLOCK, linux.SOCK_CLOEXEC|linux.SOCK_NONBLOCK, 0, 1)}},
	"getsockname": {args: map[int]argFn{1: addrOut, 2: addrLen}},
	"getpeername": {args: map[int]argFn{1: addrOut, 2: addrLen}},
	"sendto":      {args: map[int]argFn{3: msgFlags, 4: orNull(50, sockaddrIn(5)), 5: kept(5)}},
	"recvfrom":    {args: map[int]argFn{3: msgFlags, 4: addrOut, 5: addrLen}},
	"sendmsg":     {args: map[int]argFn{1: msgIn(false), 2: msgFlags}},
	"recvmsg":     {args: map[int]argFn{1: msgIn(true), 2: msgFlags}},
	"sendmmsg":    {args: map[int]argFn{1: msgVec(false), 2: one(0, 1, 2, 2), 3: msgFlags}},
	"recvmmsg":    {args: map[int]argFn{1: msgVec(true), 2: one(0, 1, 2, 2), 3: msgFlags, 4: just(0)}},
	"getsockopt": {args: map[int]argFn{1: kept(1), 2: optionName, 3: structOut(64), 4: orNull(3, structIn(func(g *gen) []byte { return ints(pick[uint32](g, 4, 4, 4, 64, 8, 16, 0, 1, 3, 1<<31)) }))},
		after: optionMasks},
	"setsockopt": {args: map[int]argFn{1: kept(1), 2: optionName, 3: structIn(func(g *gen) []byte {
		return ints(pick[uint32](g, 0, 1, 1, 2, 5, 255, 256, 4096, 1<<31, ^uint32(0)), pick[uint32](g, 0, 1), 0, 0, 0, 0, 0, 0)
	}), 4: one(4, 4, 4, 4, 8, 16, 1, 0, 3, 12, 32)}},
	"listen": {args: map[int]argFn{1: one(0, 1, 5, 128)}},
}

// optionMasks: who the peer is, by pid.
func optionMasks(c *call) {
	if c.Args[1].V == linux.SOL_SOCKET && c.Args[2].V == linux.SO_PEERCRED {
		masked(c, c.Args[3], mask{'d', 0, 4})
	}
}

// sockType never waits.
func sockType(g *gen, c *call) value {
	v := pick[uint64](g, 1, 1, 2, 2, 5)
	if g.odd() {
		v = pick[uint64](g, 0, 3, 4, 6, 7, 11, 15)
	}
	return num(v | linux.SOCK_NONBLOCK | pick[uint64](g, 0, 0, linux.SOCK_CLOEXEC))
}
