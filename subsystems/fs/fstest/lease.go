package fstest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func (k *task) lease(h uint64, typ uint32) (fsapi.LeaseReply, linux.Errno) {
	var rep fsapi.LeaseReply
	e := k.fs.Lease(&fsapi.LeaseRequest{Cred: k.cred, Handle: h, Type: typ}, &rep)
	return rep, e
}

// leaseNow tells what a lease is or must become.
func (k *task) leaseNow(h uint64) uint32 {
	var rep fsapi.LeaseReply
	k.must("F_GETLEASE", k.fs.Lease(&fsapi.LeaseRequest{Cred: k.cred, Handle: h, Test: true}, &rep))
	return rep.Type
}

func init() {
	add(map[string]func(*task){
		"LeaseMakesOpenWait": func(k *task) {
			k.create("f", "abc")
			h := k.open("f", linux.O_RDONLY, 0)
			_, e := k.lease(h, linux.F_WRLCK)
			k.must("F_SETLEASE", e)
			open := fsapi.OpenRequest{Cred: k.cred, Place: k.place("f"), Flags: linux.O_RDONLY}
			var rep fsapi.OpenReply
			k.want("open", k.fs.Open(&open, &rep), linux.EWAIT)
			equal(k, "waits for the lease", rep.Wait.Handle, h)
			equal(k, "has a timeout", rep.Wait.TimeoutNs > 0, true)
			equal(k, "must become", k.leaseNow(h), linux.F_RDLCK)
			nonblock := open
			nonblock.Flags |= linux.O_NONBLOCK
			k.want("open with O_NONBLOCK", k.fs.Open(&nonblock, &fsapi.OpenReply{}), linux.EAGAIN)
			given, e := k.lease(h, linux.F_RDLCK)
			k.must("downgrade", e)
			equal(k, "woken", woken(given.Ready, h, rep.Wait), true)
			k.want("open", k.fs.Open(&open, &rep), 0)
			open.Flags = linux.O_WRONLY
			k.want("open for writing", k.fs.Open(&open, &rep), linux.EWAIT)
			k.want("truncate", k.truncate("f", 0), linux.EWAIT)
			equal(k, "must become", k.leaseNow(h), linux.F_UNLCK)
			k.close(h)
			k.want("open for writing", k.fs.Open(&open, &rep), 0)
		},
		"LeaseRules": func(k *task) {
			k.create("f", "abc")
			k.mustMkdir("d")
			r := k.open("f", linux.O_RDONLY, 0)
			try := func(what string, h uint64, typ uint32, want linux.Errno) {
				_, e := k.lease(h, typ)
				k.want(what, e, want)
			}
			try("of a directory", k.open("d", 0, 0), linux.F_RDLCK, linux.EINVAL)
			try("of no type", r, 3, linux.EINVAL)
			try("none to drop", r, linux.F_UNLCK, linux.EAGAIN)
			try("of O_PATH", k.open("f", linux.O_PATH, 0), linux.F_RDLCK, linux.EBADF)
			_, e := k.as(9, 9).lease(r, linux.F_RDLCK)
			k.want("by another user", e, linux.EACCES)
			w := k.open("f", linux.O_RDWR, 0)
			try("to read while one writes", r, linux.F_RDLCK, linux.EAGAIN)
			try("to write while one reads", w, linux.F_WRLCK, linux.EAGAIN)
			k.close(w)
			try("to read", r, linux.F_RDLCK, 0)
			r2 := k.open("f", linux.O_RDONLY, 0)
			try("of two readers", r2, linux.F_RDLCK, 0)
			try("to write beside a reader", r2, linux.F_WRLCK, linux.EAGAIN)
			try("dropped", r2, linux.F_UNLCK, 0)
			equal(k, "none", k.leaseNow(r2), linux.F_UNLCK)
		},
	})
}
