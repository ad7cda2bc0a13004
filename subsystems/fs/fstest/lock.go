package fstest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func (k *task) lock(req fsapi.LockRequest) (fsapi.LockReply, linux.Errno) {
	var rep fsapi.LockReply
	e := k.fs.Lock(&req, &rep)
	return rep, e
}

// record makes a request for a record lock of a process.
func record(h uint64, owner uint64, typ uint32, start, length int64) fsapi.LockRequest {
	return fsapi.LockRequest{Handle: h, Kind: fsapi.LockKindPosix, Owner: owner, Pid: int32(owner), Type: typ, Start: start, Length: length}
}

func flock(h uint64, typ uint32) fsapi.LockRequest {
	return fsapi.LockRequest{Handle: h, Kind: fsapi.LockKindFlock, Owner: h, Type: typ}
}

func waiting(r fsapi.LockRequest) fsapi.LockRequest {
	r.WaitAllowed = true
	return r
}

// woken reports whether a handle is told that its lock could be had.
func woken(ready []fsapi.Ready, h uint64, wait fsapi.Wait) bool {
	for _, r := range ready {
		if r.Handle == h && r.Level&wait.Events != 0 {
			return true
		}
	}
	return false
}

func init() {
	add(map[string]func(*task){
		"FlockExcludes": func(k *task) {
			k.create("f", "")
			a, b := k.open("f", 0, 0), k.open("f", 0, 0)
			_, e := k.lock(flock(a, linux.F_WRLCK))
			k.must("exclusive", e)
			_, e = k.lock(flock(b, linux.F_RDLCK))
			k.want("shared by another", e, linux.EAGAIN)
			_, e = k.lock(flock(a, linux.F_RDLCK))
			k.want("to shared", e, 0)
			_, e = k.lock(flock(b, linux.F_RDLCK))
			k.want("shared by another", e, 0)
			_, e = k.lock(flock(a, linux.F_WRLCK))
			k.want("back to exclusive", e, linux.EAGAIN)
			// The try has lost the shared lock.
			_, e = k.lock(flock(b, linux.F_WRLCK))
			k.want("exclusive by another", e, 0)
		},
		"FlockWaitsAndWakes": func(k *task) {
			k.create("f", "")
			a, b := k.open("f", 0, 0), k.open("f", 0, 0)
			k.lock(flock(a, linux.F_WRLCK))
			rep, e := k.lock(waiting(flock(b, linux.F_WRLCK)))
			k.want("the second", e, linux.EWAIT)
			equal(k, "waits for", rep.Wait.Handle, b)
			wait := rep.Wait
			rep, e = k.lock(flock(a, linux.F_UNLCK))
			k.must("unlock", e)
			equal(k, "woken", woken(rep.Ready, b, wait), true)
			_, e = k.lock(waiting(flock(b, linux.F_WRLCK)))
			k.want("the second again", e, 0)
		},
		"FlockEndsWithClose": func(k *task) {
			k.create("f", "")
			a, b := k.open("f", 0, 0), k.open("f", 0, 0)
			k.lock(flock(a, linux.F_WRLCK))
			rep, _ := k.lock(waiting(flock(b, linux.F_WRLCK)))
			wait := rep.Wait
			closed := k.close(a)
			equal(k, "woken", woken(closed.Ready, b, wait), true)
			_, e := k.lock(flock(b, linux.F_WRLCK))
			k.want("after the close", e, 0)
		},
		"RecordLocksRanges": func(k *task) {
			k.create("f", "")
			h := k.open("f", linux.O_RDWR, 0)
			_, e := k.lock(record(h, 1, linux.F_WRLCK, 10, 10))
			k.must("lock", e)
			_, e = k.lock(record(h, 2, linux.F_WRLCK, 0, 10))
			k.want("before", e, 0)
			_, e = k.lock(record(h, 2, linux.F_WRLCK, 20, 0))
			k.want("after", e, 0)
			_, e = k.lock(record(h, 2, linux.F_RDLCK, 19, 1))
			k.want("within", e, linux.EAGAIN)
			_, e = k.lock(record(h, 1, linux.F_UNLCK, 12, 3))
			k.must("unlock the middle", e)
			_, e = k.lock(record(h, 2, linux.F_WRLCK, 12, 3))
			k.want("the middle", e, 0)
			_, e = k.lock(record(h, 2, linux.F_WRLCK, 11, 1))
			k.want("left of it", e, linux.EAGAIN)
			_, e = k.lock(record(h, 2, linux.F_WRLCK, 15, 1))
			k.want("right of it", e, linux.EAGAIN)
		},
		"RecordLocksShare": func(k *task) {
			k.create("f", "")
			h := k.open("f", linux.O_RDWR, 0)
			_, e := k.lock(record(h, 1, linux.F_RDLCK, 0, 0))
			k.must("read lock", e)
			_, e = k.lock(record(h, 2, linux.F_RDLCK, 0, 0))
			k.want("read lock by another", e, 0)
			_, e = k.lock(record(h, 2, linux.F_WRLCK, 5, 1))
			k.want("write lock", e, linux.EAGAIN)
			_, e = k.lock(record(h, 1, linux.F_UNLCK, 0, 0))
			k.must("unlock", e)
			_, e = k.lock(record(h, 2, linux.F_WRLCK, 5, 1))
			k.want("write lock when alone", e, 0)
		},
		"RecordLocksTest": func(k *task) {
			k.create("f", "")
			h := k.open("f", linux.O_RDWR, 0)
			k.lock(record(h, 1, linux.F_WRLCK, 5, 10))
			r := record(h, 2, linux.F_RDLCK, 0, 0)
			r.Test = true
			rep, e := k.lock(r)
			k.must("F_GETLK", e)
			if rep.Type != linux.F_WRLCK || rep.Start != 5 || rep.Length != 10 || rep.Pid != 1 {
				k.Errorf("F_GETLK = %+v", rep)
			}
			r.Length = 5
			rep, _ = k.lock(r)
			equal(k, "type when free", rep.Type, linux.F_UNLCK)
			r = record(h, 1, linux.F_RDLCK, 0, 0)
			r.Test = true
			rep, _ = k.lock(r)
			equal(k, "type for the owner", rep.Type, linux.F_UNLCK)
		},
		"RecordLocksWaitAndWake": func(k *task) {
			k.create("f", "")
			h := k.open("f", linux.O_RDWR, 0)
			k.lock(record(h, 1, linux.F_WRLCK, 0, 10))
			rep, e := k.lock(waiting(record(h, 2, linux.F_WRLCK, 5, 1)))
			k.want("the second", e, linux.EWAIT)
			wait := rep.Wait
			rep, _ = k.lock(record(h, 1, linux.F_UNLCK, 0, 5))
			equal(k, "woken too early", woken(rep.Ready, h, wait), false)
			rep, _ = k.lock(record(h, 1, linux.F_UNLCK, 5, 5))
			equal(k, "woken", woken(rep.Ready, h, wait), true)
			_, e = k.lock(waiting(record(h, 2, linux.F_WRLCK, 5, 1)))
			k.want("the second again", e, 0)
		},
		"RecordLocksDeadlock": func(k *task) {
			k.create("f", "")
			h := k.open("f", linux.O_RDWR, 0)
			k.lock(record(h, 1, linux.F_WRLCK, 0, 1))
			k.lock(record(h, 2, linux.F_WRLCK, 1, 1))
			k.lock(record(h, 3, linux.F_WRLCK, 2, 1))
			_, e := k.lock(waiting(record(h, 1, linux.F_WRLCK, 1, 1)))
			k.want("1 waits for 2", e, linux.EWAIT)
			_, e = k.lock(waiting(record(h, 2, linux.F_WRLCK, 2, 1)))
			k.want("2 waits for 3", e, linux.EWAIT)
			_, e = k.lock(waiting(record(h, 3, linux.F_WRLCK, 0, 1)))
			k.want("3 waits for 1", e, linux.EDEADLK)
			r := record(h, 1, linux.F_WRLCK, 1, 1)
			r.Cancel = true
			_, e = k.lock(r)
			k.must("1 gives up", e)
			_, e = k.lock(waiting(record(h, 3, linux.F_WRLCK, 0, 1)))
			k.want("3 waits for 1, who does not wait", e, linux.EWAIT)
		},
		"RecordLocksErrors": func(k *task) {
			k.create("f", "")
			ro, wo := k.open("f", linux.O_RDONLY, 0), k.open("f", linux.O_WRONLY, 0)
			_, e := k.lock(record(ro, 1, linux.F_WRLCK, 0, 0))
			k.want("write lock of O_RDONLY", e, linux.EBADF)
			_, e = k.lock(record(wo, 1, linux.F_RDLCK, 0, 0))
			k.want("read lock of O_WRONLY", e, linux.EBADF)
			_, e = k.lock(record(wo, 1, linux.F_WRLCK, -1, 0))
			k.want("start -1", e, linux.EINVAL)
			_, e = k.lock(record(wo, 1, linux.F_WRLCK, 5, -6))
			k.want("before the beginning", e, linux.EINVAL)
			_, e = k.lock(record(wo, 1, linux.F_WRLCK, 5, -5))
			k.want("negative length", e, 0)
			_, e = k.lock(record(wo, 1, linux.F_WRLCK, 5, 1<<63-1))
			k.want("too long", e, linux.EOVERFLOW)
			_, e = k.lock(record(wo, 1, 9, 0, 0))
			k.want("unknown type", e, linux.EINVAL)
			_, e = k.lock(record(k.open("f", linux.O_PATH, 0), 1, linux.F_RDLCK, 0, 0))
			k.want("O_PATH", e, linux.EBADF)
		},
		"UnlockDropsAllOfTheOwner": func(k *task) {
			k.create("f", "")
			h := k.open("f", linux.O_RDWR, 0)
			k.lock(record(h, 1, linux.F_WRLCK, 0, 1))
			k.lock(record(h, 1, linux.F_WRLCK, 5, 1))
			rep, _ := k.lock(waiting(record(h, 2, linux.F_WRLCK, 5, 1)))
			wait := rep.Wait
			var un fsapi.UnlockReply
			k.must("unlock", k.fs.Unlock(&fsapi.UnlockRequest{Handle: h, Owner: 1, Kind: fsapi.LockKindPosix}, &un))
			equal(k, "woken", woken(un.Ready, h, wait), true)
			_, e := k.lock(record(h, 2, linux.F_WRLCK, 0, 0))
			k.want("all of it", e, 0)
		},
		"OfdLocksBelongToTheDescription": func(k *task) {
			k.create("f", "")
			a, b := k.open("f", linux.O_RDWR, 0), k.open("f", linux.O_RDWR, 0)
			ofd := func(h uint64, typ uint32) fsapi.LockRequest {
				return fsapi.LockRequest{Handle: h, Kind: fsapi.LockKindOfd, Owner: h, Pid: 1, Type: typ}
			}
			_, e := k.lock(ofd(a, linux.F_WRLCK))
			k.must("lock", e)
			_, e = k.lock(ofd(b, linux.F_WRLCK))
			k.want("the other description", e, linux.EAGAIN)
			_, e = k.lock(record(b, 1, linux.F_WRLCK, 0, 0))
			k.want("the same process", e, linux.EAGAIN)
			r := record(b, 1, linux.F_WRLCK, 0, 0)
			r.Test = true
			rep, _ := k.lock(r)
			equal(k, "pid of an OFD lock", rep.Pid, -1)
			k.close(a)
			_, e = k.lock(ofd(b, linux.F_WRLCK))
			k.want("after the close", e, 0)
		},
	})
}
