package strace

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
)

// option prints the value of a socket option, of n bytes at addr.
func (p *printer) option(addr uint64, n int32) {
	level, name := p.word32(1), p.word32(2)
	if n < 0 {
		p.pointer(addr)
		return
	}
	if level == linux.SOL_SOCKET {
		switch name {
		case linux.SO_LINGER:
			var l linux.Linger
			if n >= linux.SizeofLinger && p.decode(addr, linux.SizeofLinger, &l) {
				p.str("{l_onoff=")
				p.int(int64(l.Onoff))
				p.str(", l_linger=")
				p.int(int64(l.Linger))
				p.str("}")
				return
			}
		case linux.SO_PEERCRED:
			var u linux.Ucred
			if n >= linux.SizeofUcred && p.decode(addr, linux.SizeofUcred, &u) {
				p.str("{pid=")
				p.int(int64(u.Pid))
				p.number("uid", uint64(u.Uid))
				p.number("gid", uint64(u.Gid))
				p.str("}")
				return
			}
		}
	}
	if b := p.read(addr, 4); n == 4 && numeric(level, name) && b != nil {
		p.str("[")
		p.int(int64(int32(binary.LittleEndian.Uint32(b))))
		p.str("]")
		return
	}
	p.buffer(addr, uint64(n))
}

// numeric says that an option is an int.
func numeric(level, name uint64) bool {
	if level != linux.SOL_SOCKET {
		return level == linux.SOL_TCP || level == linux.SOL_IP || level == linux.SOL_IPV6 || level == linux.SOL_UDP
	}
	if name == linux.SO_BINDTODEVICE {
		return false
	}
	for _, f := range linux.SocketOptions {
		if f.Value == name {
			return true
		}
	}
	return false
}

// optionName prints an option. strace names the time-outs by their structure.
func (p *printer) optionName(level, name uint64) {
	p.str(linux.SockoptName(level, name))
	if level == linux.SOL_SOCKET && (name == linux.SO_RCVTIMEO || name == linux.SO_SNDTIMEO) {
		p.str("_OLD")
	}
}
