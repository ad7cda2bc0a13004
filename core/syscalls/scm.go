package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
)

// takeControl takes the descriptors out of control messages, as references
// that travel with the message, and leaves the others to ipc: __scm_send of
// net/core/scm.c. Errors: EINVAL, EBADF, ESRCH, ETOOMANYREFS.
func (c *Call) takeControl(f *fdtable.File, m *outgoing, b []byte) linux.Errno {
	if f.Domain != linux.AF_UNIX {
		m.control = b
		return 0
	}
	var files []*fdtable.File
	fail := func(e linux.Errno) linux.Errno {
		c.unrefAll(files)
		return e
	}
	for {
		h, data, rest, more, e := linux.NextCmsg(b)
		if e != 0 {
			return fail(e)
		}
		if !more {
			break
		}
		switch {
		case h.Level == linux.SOL_SOCKET && h.Type == linux.SCM_RIGHTS:
			if len(files)+len(data)/4 > linux.SCM_MAX_FD {
				return fail(linux.EINVAL)
			}
			for ; len(data) >= 4; data = data[4:] {
				x, e := c.T.Files.Get(int32(le.Uint32(data)))
				if e != 0 {
					return fail(e)
				}
				files = append(files, x)
			}
		case h.Level == linux.SOL_SOCKET && h.Type == linux.SCM_CREDENTIALS && len(data) == linux.SizeofUcred &&
			c.T.Cred.Has(linux.CAP_SYS_ADMIN) && !c.idInUse(int32(le.Uint32(data))):
			return fail(linux.ESRCH)
		default:
			m.control = linux.AppendCmsg(m.control, h.Level, h.Type, data)
		}
		b = rest
	}
	if uint64(len(c.tokens)+len(files)) > c.P.Limits[linux.RLIMIT_NOFILE].Cur && len(files) > 0 &&
		!c.T.Cred.Has(linux.CAP_SYS_RESOURCE) && !c.T.Cred.Has(linux.CAP_SYS_ADMIN) {
		return fail(linux.ETOOMANYREFS) // too_many_unix_fds
	}
	for _, x := range files {
		c.lastToken++
		c.tokens[c.lastToken] = x
		x.InFlight++
		m.tokens = append(m.tokens, c.lastToken)
	}
	return 0
}

// giveControl writes the control messages of m into room bytes at addr, and
// the descriptors last: put_cmsg and scm_detach_fds. It tells how many bytes
// that took, and whether something was left out.
func (c *Call) giveControl(m *incoming, addr, room uint64, fl uint32) (used uint64, lost bool) {
	if addr == 0 {
		room = 0
	}
	b := make([]byte, 0, min(room, 1024))
	pid := int32(0) // of SCM_PIDFD
	for list := m.control; ; {
		h, data, rest, more, e := linux.NextCmsg(list)
		if e != 0 || !more {
			break
		}
		list = rest
		if h.Level == linux.SOL_SOCKET && h.Type == linux.SCM_PIDFD && len(data) == 4 {
			pid = int32(le.Uint32(data))
			continue
		}
		left := room - uint64(len(b))
		if left < linux.SizeofCmsghdr {
			lost = true
			continue
		}
		if uint64(linux.SizeofCmsghdr+len(data)) > left {
			lost = true
			data = data[:left-linux.SizeofCmsghdr]
		}
		b = linux.AppendCmsg(b, h.Level, h.Type, data)
		b = b[:min(uint64(len(b)), room)]
	}
	if len(m.tokens) > 0 {
		var fds []byte
		most := int64(room-uint64(len(b))-linux.SizeofCmsghdr) / 4
		for i, t := range m.tokens {
			if int64(i) >= most || !c.giveFile(t, fl, &fds) {
				lost = true
				break
			}
		}
		if fl&linux.MSG_PEEK == 0 {
			c.dropTokens(m.tokens)
		}
		if len(fds) > 0 {
			b = linux.AppendCmsg(b, linux.SOL_SOCKET, linux.SCM_RIGHTS, fds)
			b = b[:min(uint64(len(b)), room)]
		}
	}
	if pid != 0 {
		full := false
		if b, full = c.givePidfd(pid, b, room); full {
			lost = true
		}
	}
	if len(b) > 0 {
		c.CopyOut(addr, b)
	}
	return uint64(len(b)), lost
}

// giveFile gives the description of a token a number, which it appends to fds.
func (c *Call) giveFile(token uint64, fl uint32, fds *[]byte) bool {
	f := c.tokens[token]
	if f == nil {
		return false
	}
	fd, e := c.T.Files.Insert(f.Ref(), 0, c.P.Limits[linux.RLIMIT_NOFILE].Cur, fl&linux.MSG_CMSG_CLOEXEC != 0)
	if e != 0 {
		c.unref(f)
		return false
	}
	*fds = le.AppendUint32(*fds, uint32(fd))
	return true
}

// givePidfd appends SCM_PIDFD with a pidfd of a sender, or an errno in place of
// one when it is gone: scm_pidfd_recv. It says whether there was no room.
func (c *Call) givePidfd(pid int32, b []byte, room uint64) (_ []byte, full bool) {
	if room < uint64(len(b))+linux.SizeofCmsghdr+4 {
		return b, true
	}
	fd := -int64(linux.ESRCH)
	if p := c.Tasks.Process(pid); p != nil {
		n, e := c.install(c.newPidfd(p, nil, linux.O_RDWR), true)
		if fd = n; e != 0 {
			fd = -int64(e)
		}
	}
	b = linux.AppendCmsg(b, linux.SOL_SOCKET, linux.SCM_PIDFD, le.AppendUint32(nil, uint32(fd)))
	return b[:min(uint64(len(b)), room)], false
}
