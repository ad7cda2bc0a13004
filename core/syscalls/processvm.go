package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
)

var processvmRows = []Row{
	{"process_vm_readv", Core, args(integer("pid"), ptr("local_iov"), long("liovcnt"), ptr("remote_iov"), long("riovcnt"), uinteger("flags")), sysProcessVMReadv},
	{"process_vm_writev", Core, args(integer("pid"), vec("local_iov", strace.IovecIn, 2), long("liovcnt"), ptr("remote_iov"), long("riovcnt"), uinteger("flags")), sysProcessVMWritev},
}

func sysProcessVMReadv(c *Call) (int64, linux.Errno)  { return c.processVM(false) }
func sysProcessVMWritev(c *Call) (int64, linux.Errno) { return c.processVM(true) }

// processVM copies between the caller and another process: mm/process_vm_access.c.
func (c *Call) processVM(write bool) (int64, linux.Errno) {
	if c.Args[5] != 0 {
		return 0, linux.EINVAL
	}
	if c.Uint(2) > linux.UIO_MAXIOV { // import_iovec takes an unsigned int
		return 0, linux.EINVAL
	}
	local, total, e := c.iovecs(c.Args[1], int32(c.Args[2]))
	if e != 0 || total == 0 {
		return 0, e
	}
	remote, e := c.remoteIovecs()
	if e != 0 {
		return 0, e
	}
	some := false
	for _, r := range remote {
		some = some || r.Len > 0
	}
	if !some {
		return 0, 0
	}
	t := c.Tasks.Thread(c.Int(0))
	if t == nil || t.Exited || t.Process.Space == nil {
		return 0, linux.ESRCH
	}
	if !c.mayTrace(t) {
		return 0, linux.EPERM
	}
	from, to := t.Process.Space.Platform, c.P.Space.Platform
	src, dst := remote, local
	if write {
		from, to, src, dst = to, from, local, remote
	}
	var done int64
	for {
		for len(src) > 0 && src[0].Len == 0 {
			src = src[1:]
		}
		for len(dst) > 0 && dst[0].Len == 0 {
			dst = dst[1:]
		}
		if len(src) == 0 || len(dst) == 0 {
			return done, 0
		}
		b := c.bounceBuf()[:min(src[0].Len, dst[0].Len, bounceSize)]
		n := from.Read(src[0].Base, b)
		m := 0
		if n > 0 {
			m = to.Write(dst[0].Base, b[:n])
		}
		done += int64(m)
		if m < len(b) {
			if done == 0 {
				return 0, linux.EFAULT
			}
			return done, 0
		}
		for _, v := range []*linux.Iovec{&src[0], &dst[0]} {
			v.Base += uint64(m)
			v.Len -= uint64(m)
		}
	}
}

// remoteIovecs reads addresses that count in another process: they are not
// checked against the caller's space.
func (c *Call) remoteIovecs() ([]linux.Iovec, linux.Errno) {
	n := c.Args[4]
	if n > linux.UIO_MAXIOV {
		return nil, linux.EINVAL
	}
	b := make([]byte, int(n)*linux.SizeofIovec)
	if e := c.CopyIn(c.Args[3], b); n > 0 && e != 0 {
		return nil, e
	}
	v := linux.AppendIovecs(nil, b)
	for i := range v {
		if int64(v[i].Len) < 0 {
			return nil, linux.EINVAL
		}
	}
	return v, 0
}
