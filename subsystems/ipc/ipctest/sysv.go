package ipctest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// other is a user who shares nothing with cred.
var other = ipcapi.Cred{Uid: 2000, Gid: 200, Pid: 43}

const (
	creat   = linux.IPC_CREAT
	private = linux.IPC_PRIVATE
)

func (c *client) shmget(key int32, size uint64, flags uint32, who ipcapi.Cred) (int32, linux.Errno) {
	var rep ipcapi.ShmGetReply
	e := c.s.ShmGet(&ipcapi.ShmGetRequest{Key: key, Size: size, Flags: flags, Cred: who}, &rep)
	return rep.Id, e
}

func (c *client) shmat(id int32, flags uint32, who ipcapi.Cred) (ipcapi.ShmAttachReply, linux.Errno) {
	var rep ipcapi.ShmAttachReply
	e := c.s.ShmAttach(&ipcapi.ShmAttachRequest{Id: id, Flags: flags, Cred: who}, &rep)
	return rep, e
}

func (c *client) shmdt(id int32) (uint64, linux.Errno) {
	var rep ipcapi.ShmDetachReply
	e := c.s.ShmDetach(&ipcapi.ShmDetachRequest{Id: id, Cred: cred}, &rep)
	return rep.Released, e
}

func (c *client) shmctl(id int32, command uint32, who ipcapi.Cred) (ipcapi.ShmControlReply, linux.Errno) {
	var rep ipcapi.ShmControlReply
	e := c.s.ShmControl(&ipcapi.ShmControlRequest{Id: id, Command: command, Cred: who}, &rep)
	return rep, e
}

func (c *client) msgget(key int32, flags uint32) int32 {
	c.Helper()
	var rep ipcapi.MsgGetReply
	c.must("MsgGet", c.s.MsgGet(&ipcapi.MsgGetRequest{Key: key, Flags: flags, Cred: cred}, &rep))
	return rep.Id
}

func (c *client) msgsnd(id int32, kind int64, data string, flags uint32) (uint64, linux.Errno) {
	var rep ipcapi.MsgSendReply
	e := c.s.MsgSend(&ipcapi.MsgSendRequest{Id: id, Type: kind, Data: []byte(data), Flags: flags, Cred: cred}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return rep.Pending, e
}

func (c *client) msgrcv(id int32, size uint64, kind int64, flags uint32) (string, uint64, linux.Errno) {
	return c.msgrcvOn(&ipcapi.MsgReceiveRequest{Id: id, Size: size, Type: kind, Flags: flags, Cred: cred})
}

func (c *client) msgrcvOn(q *ipcapi.MsgReceiveRequest) (string, uint64, linux.Errno) {
	var rep ipcapi.MsgReceiveReply
	e := c.s.MsgReceive(q, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	if e == 0 {
		return itoa(int(rep.Type)) + ":" + string(rep.Data), 0, 0
	}
	return "", rep.Pending, e
}

func (c *client) wantMsg(id int32, kind int64, flags uint32, want string, wantErr linux.Errno) {
	c.Helper()
	got, _, e := c.msgrcv(id, 100, kind, flags|linux.IPC_NOWAIT)
	if got != want || e != wantErr {
		c.Errorf("msgrcv(%d, %#x) = %q, %v, want %q, %v", kind, flags, got, e, want, wantErr)
	}
}

func (c *client) msgctl(id int32, command uint32, who ipcapi.Cred) (ipcapi.MsgControlReply, linux.Errno) {
	var rep ipcapi.MsgControlReply
	e := c.s.MsgControl(&ipcapi.MsgControlRequest{Id: id, Command: command, Cred: who}, &rep)
	c.ready = rep.Ready
	return rep, e
}

func (c *client) semget(key, n int32, flags uint32) int32 {
	c.Helper()
	var rep ipcapi.SemGetReply
	c.must("SemGet", c.s.SemGet(&ipcapi.SemGetRequest{Key: key, Count: n, Flags: flags, Cred: cred}, &rep))
	return rep.Id
}

func op(number uint32, by int32, flags uint32) ipcapi.SemOperation {
	return ipcapi.SemOperation{Number: number, Op: by, Flags: flags}
}

func (c *client) semop(id int32, ops ...ipcapi.SemOperation) (uint64, linux.Errno) {
	return c.semopOn(&ipcapi.SemOpRequest{Id: id, Operations: ops, Undo: 7, Cred: cred})
}

func (c *client) semopOn(q *ipcapi.SemOpRequest) (uint64, linux.Errno) {
	var rep ipcapi.SemOpReply
	e := c.s.SemOp(q, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return rep.Pending, e
}

func (c *client) semctl(id, number int32, command uint32, value int32) (int32, linux.Errno) {
	var rep ipcapi.SemControlReply
	e := c.s.SemControl(&ipcapi.SemControlRequest{Id: id, Number: number, Command: command, Value: value, Cred: cred}, &rep)
	c.ready = rep.Ready
	return rep.Result, e
}

func (c *client) wantSem(id, number, want int32) {
	c.Helper()
	got, e := c.semctl(id, number, linux.GETVAL, 0)
	if got != want || e != 0 {
		c.Errorf("semaphore %d = %d, %v, want %d", number, got, e, want)
	}
}

func init() {
	register(map[string]func(*client){
		"ShmGetRules": func(c *client) {
			_, e := c.shmget(5, 4096, 0, cred)
			is(c, "shmget of nothing", e, linux.ENOENT)
			id, e := c.shmget(5, 5000, creat|0o640, cred)
			is(c, "shmget", e, 0)
			again, e := c.shmget(5, 4096, creat|0o600, cred)
			is(c, "shmget again errno", e, 0)
			is(c, "shmget again", again, id)
			_, e = c.shmget(5, 5001, 0, cred)
			is(c, "shmget of more", e, linux.EINVAL)
			_, e = c.shmget(5, 1, creat|linux.IPC_EXCL, cred)
			is(c, "shmget EXCL", e, linux.EEXIST)
			_, e = c.shmget(5, 1, 0o400, other)
			is(c, "shmget by another", e, linux.EACCES)
			_, e = c.shmget(5, 1, 0, other)
			is(c, "shmget without mode", e, 0)
			_, e = c.shmget(6, 0, creat, cred)
			is(c, "shmget of size 0", e, linux.EINVAL)
			p, _ := c.shmget(private, 1, 0, cred)
			q, _ := c.shmget(private, 1, 0, cred)
			if p == q || p == id {
				c.Errorf("private segments %d and %d beside %d", p, q, id)
			}
		},
		"ShmAttachCountsAndBacks": func(c *client) {
			id, _ := c.shmget(private, 5000, 0o600, cred)
			rep, e := c.shmat(id, 0, cred)
			is(c, "shmat errno", e, 0)
			is(c, "size", rep.Size, 5000)
			is(c, "backing", rep.Backing, 0)
			var back ipcapi.ShmBackReply
			c.must("ShmBack", c.s.ShmBack(&ipcapi.ShmBackRequest{Id: id, Backing: 99}, &back))
			is(c, "first offer", back.Backing, 99)
			c.must("ShmBack", c.s.ShmBack(&ipcapi.ShmBackRequest{Id: id, Backing: 100}, &back))
			is(c, "second offer", back.Backing, 99)
			rep, _ = c.shmat(id, linux.SHM_RDONLY, cred)
			is(c, "backing", rep.Backing, 99)
			st, e := c.shmctl(id, linux.IPC_STAT, cred)
			is(c, "IPC_STAT", e, 0)
			is(c, "attached", st.Attached, 2)
			is(c, "creator", st.CreatorPid, 42)
			is(c, "mode", st.Perm.Mode, 0o600)
			freed, e := c.shmdt(id)
			is(c, "shmdt", e, 0)
			is(c, "freed", freed, 0)
			_, e = c.shmat(id, 0, other)
			is(c, "shmat by another", e, linux.EACCES)
			_, e = c.shmat(id+1, 0, cred)
			is(c, "shmat of nothing", e, linux.EINVAL)
		},
		"ShmRemovedLivesWhileAttached": func(c *client) {
			id, _ := c.shmget(5, 4096, creat|0o600, cred)
			c.shmat(id, 0, cred)
			c.s.ShmBack(&ipcapi.ShmBackRequest{Id: id, Backing: 99}, &ipcapi.ShmBackReply{})
			_, e := c.shmctl(id, linux.IPC_RMID, other)
			is(c, "IPC_RMID by another", e, linux.EPERM)
			rep, e := c.shmctl(id, linux.IPC_RMID, cred)
			is(c, "IPC_RMID", e, 0)
			is(c, "released", rep.Released, 0)
			_, e = c.shmget(5, 4096, 0, cred)
			is(c, "shmget of a removed one", e, linux.ENOENT)
			_, e = c.shmat(id, 0, cred) // Linux lets in who knows the id
			is(c, "shmat of a removed one", e, 0)
			st, _ := c.shmctl(id, linux.IPC_STAT, cred)
			is(c, "mode", st.Perm.Mode, 0o1600)
			c.shmdt(id)
			freed, _ := c.shmdt(id)
			is(c, "freed", freed, 99)
			_, e = c.shmctl(id, linux.IPC_STAT, cred)
			is(c, "IPC_STAT of a freed one", e, linux.EINVAL)
			_, e = c.shmdt(id)
			is(c, "shmdt of a freed one", e, linux.EINVAL)
		},
		"ShmRemovedUnattachedGoesAtOnce": func(c *client) {
			id, _ := c.shmget(5, 4096, creat|0o600, cred)
			c.s.ShmBack(&ipcapi.ShmBackRequest{Id: id, Backing: 99}, &ipcapi.ShmBackReply{})
			rep, _ := c.shmctl(id, linux.IPC_RMID, cred)
			is(c, "released", rep.Released, 99)
		},
		"ShmControlRules": func(c *client) {
			id, _ := c.shmget(5, 4096, creat|0o600, cred)
			_, e := c.shmctl(id, linux.IPC_STAT, other)
			is(c, "IPC_STAT by another", e, linux.EACCES)
			_, e = c.shmctl(id, linux.SHM_STAT, other)
			is(c, "SHM_STAT by another", e, linux.EACCES)
			st, e := c.shmctl(id&0x7fff, linux.SHM_STAT_ANY, other)
			is(c, "SHM_STAT_ANY by another", e, 0)
			is(c, "its result", st.Result, id)
			_, e = c.shmctl(id, linux.SHM_LOCK, other)
			is(c, "SHM_LOCK by another", e, linux.EPERM)
			c.shmctl(id, linux.SHM_LOCK, cred)
			st, _ = c.shmctl(id, linux.IPC_STAT, cred)
			is(c, "mode", st.Perm.Mode, 0o2600)
			_, e = c.shmctl(id, 77, cred)
			is(c, "unknown command", e, linux.EINVAL)
			st, e = c.shmctl(0, linux.SHM_INFO, other)
			is(c, "SHM_INFO", e, 0)
			is(c, "used", st.Used, 1)
			is(c, "pages", st.Pages, 1)
			e = c.s.ShmControl(&ipcapi.ShmControlRequest{
				Id: id, Command: linux.IPC_SET, Perm: ipcapi.SysvPerm{Uid: 2000, Gid: 7, Mode: 0o7644}, Cred: cred,
			}, &ipcapi.ShmControlReply{})
			is(c, "IPC_SET", e, 0)
			st, _ = c.shmctl(id, linux.IPC_STAT, other)
			is(c, "owner", st.Perm.Uid, 2000)
			is(c, "creator", st.Perm.Cuid, 1000)
			is(c, "mode", st.Perm.Mode, 0o2644)
		},
		"SysvIdsGoRound": func(c *client) {
			first := int32(-1)
			for i := range 64 {
				id, e := c.shmget(private, 1, 0o600, cred)
				is(c, "shmget", e, 0)
				if i == 0 {
					first = id
				}
				c.shmctl(id, linux.IPC_RMID, cred)
			}
			id, _ := c.shmget(private, 1, 0o600, cred)
			is(c, "index", id&0x7fff, first&0x7fff)
			if id == first {
				c.Errorf("id %d was given again", id)
			}
			_, e := c.shmctl(first, linux.IPC_STAT, cred)
			is(c, "IPC_STAT of the old id", e, linux.EIDRM)
		},
		"MsgByType": func(c *client) {
			id := c.msgget(private, 0o600)
			for i, m := range []string{"a", "b", "c", "d"} {
				_, e := c.msgsnd(id, []int64{3, 1, 2, 1}[i], m, 0)
				is(c, "msgsnd", e, 0)
			}
			c.wantMsg(id, 2, 0, "2:c", 0)
			c.wantMsg(id, -2, 0, "1:b", 0)
			c.wantMsg(id, 1, linux.MSG_EXCEPT, "3:a", 0)
			c.wantMsg(id, 9, 0, "", linux.ENOMSG)
			c.wantMsg(id, 0, linux.MSG_COPY, "1:d", 0)
			c.wantMsg(id, 0, 0, "1:d", 0)
			c.wantMsg(id, 0, 0, "", linux.ENOMSG)
		},
		"MsgSizes": func(c *client) {
			id := c.msgget(private, 0o600)
			c.msgsnd(id, 1, "abcdef", 0)
			_, _, e := c.msgrcv(id, 3, 0, 0)
			is(c, "msgrcv of too much", e, linux.E2BIG)
			got, _, _ := c.msgrcv(id, 3, 0, linux.MSG_NOERROR)
			is(c, "cut", got, "1:abc")
			_, e = c.msgsnd(id, 1, text(8193), 0)
			is(c, "msgsnd of too much", e, linux.EINVAL)
			_, e = c.msgsnd(id, 0, "x", 0)
			is(c, "msgsnd of type 0", e, linux.EINVAL)
			_, e = c.msgsnd(id+1, 1, "x", 0)
			is(c, "msgsnd to nothing", e, linux.EINVAL)
		},
		"MsgReceiverSleepsForItsType": func(c *client) {
			id := c.msgget(private, 0o600)
			_, p, e := c.msgrcv(id, 100, 5, 0)
			is(c, "msgrcv", e, linux.EWAIT)
			c.wantWait(p, linux.POLLIN)
			c.msgsnd(id, 4, "other", 0)
			c.wantQuiet(p)
			_, _, e = c.msgrcvOn(&ipcapi.MsgReceiveRequest{Id: id, Size: 100, Type: 5, Pending: p, Cred: cred})
			is(c, "msgrcv again", e, linux.EWAIT)
			c.msgsnd(id, 5, "mine", 0)
			c.wantReady(p, linux.POLLIN)
			c.wantMsg(id, 5, 0, "", linux.ENOMSG) // it belongs to the sleeper
			got, _, e := c.msgrcvOn(&ipcapi.MsgReceiveRequest{Id: id, Size: 100, Type: 5, Pending: p, Cred: cred})
			is(c, "msgrcv errno", e, 0)
			is(c, "msgrcv", got, "5:mine")
			_, _, e = c.msgrcvOn(&ipcapi.MsgReceiveRequest{Id: id, Size: 100, Type: 5, Pending: p, Cred: cred})
			is(c, "msgrcv once more", e, linux.EBADF)
		},
		"MsgReceiverGivesUp": func(c *client) {
			id := c.msgget(private, 0o600)
			_, p, _ := c.msgrcv(id, 100, 0, 0)
			_, _, e := c.msgrcvOn(&ipcapi.MsgReceiveRequest{Id: id, Pending: p, Cancel: true})
			is(c, "cancel", e, linux.EINTR)
			c.msgsnd(id, 1, "kept", 0)
			_, p, _ = c.msgrcv(id, 100, 7, 0)
			c.msgsnd(id, 7, "late", 0)
			got, _, e := c.msgrcvOn(&ipcapi.MsgReceiveRequest{Id: id, Size: 100, Pending: p, Cancel: true})
			is(c, "cancel after it was done", e, 0)
			is(c, "its message", got, "7:late")
			c.wantMsg(id, 0, 0, "1:kept", 0)
		},
		"MsgReceiverHearsOfTooMuch": func(c *client) {
			id := c.msgget(private, 0o600)
			_, p, _ := c.msgrcv(id, 2, 0, 0)
			c.msgsnd(id, 1, "long", 0)
			c.wantReady(p, linux.POLLIN)
			_, _, e := c.msgrcvOn(&ipcapi.MsgReceiveRequest{Id: id, Size: 2, Pending: p})
			is(c, "msgrcv", e, linux.E2BIG)
			c.wantMsg(id, 0, 0, "1:long", 0)
		},
		"MsgFullQueueWaits": func(c *client) {
			id := c.msgget(private, 0o600)
			for range 2 {
				c.msgsnd(id, 1, text(8192), 0)
			}
			_, e := c.msgsnd(id, 1, "x", linux.IPC_NOWAIT)
			is(c, "msgsnd NOWAIT", e, linux.EAGAIN)
			p, e := c.msgsnd(id, 1, "x", 0)
			is(c, "msgsnd", e, linux.EWAIT)
			c.wantWait(p, linux.POLLIN)
			c.msgrcv(id, 8192, 0, 0)
			c.wantReady(p, linux.POLLIN)
			e = c.s.MsgSend(&ipcapi.MsgSendRequest{Id: id, Type: 1, Data: []byte("x"), Pending: p, Cred: cred}, &ipcapi.MsgSendReply{})
			is(c, "msgsnd again", e, 0)
			st, _ := c.msgctl(id, linux.IPC_STAT, cred)
			is(c, "messages", st.Messages, 2)
			is(c, "bytes", st.Bytes, 8193)
			is(c, "last sender", st.SendPid, 42)
		},
		"MsgRemoveWakesAll": func(c *client) {
			id := c.msgget(5, creat|0o600)
			_, p, _ := c.msgrcv(id, 100, 0, 0)
			_, e := c.msgctl(id, linux.IPC_RMID, other)
			is(c, "IPC_RMID by another", e, linux.EPERM)
			c.msgctl(id, linux.IPC_RMID, cred)
			c.wantReady(p, linux.POLLIN)
			_, _, e = c.msgrcvOn(&ipcapi.MsgReceiveRequest{Id: id, Pending: p})
			is(c, "msgrcv", e, linux.EIDRM)
			_, e = c.msgsnd(id, 1, "x", 0)
			is(c, "msgsnd", e, linux.EINVAL)
		},
		"MsgSetLimits": func(c *client) {
			id := c.msgget(private, 0o600)
			set := func(most uint64, who ipcapi.Cred) linux.Errno {
				var rep ipcapi.MsgControlReply
				e := c.s.MsgControl(&ipcapi.MsgControlRequest{
					Id: id, Command: linux.IPC_SET, Perm: ipcapi.SysvPerm{Uid: 1000, Gid: 100, Mode: 0o600}, MaxBytes: most, Cred: who,
				}, &rep)
				c.ready = rep.Ready
				return e
			}
			is(c, "IPC_SET by another", set(10, other), linux.EPERM)
			is(c, "IPC_SET above the limit", set(20000, cred), linux.EPERM)
			is(c, "IPC_SET by root", set(20000, root), 0)
			is(c, "IPC_SET", set(2, cred), 0)
			p, e := c.msgsnd(id, 1, "abc", 0)
			is(c, "msgsnd", e, linux.EWAIT)
			set(100, cred)
			c.wantReady(p, linux.POLLIN)
		},
		"SemOpsAreAllOrNone": func(c *client) {
			id := c.semget(private, 3, 0o600)
			_, e := c.semop(id, op(0, 2, 0), op(1, 1, 0))
			is(c, "semop", e, 0)
			_, e = c.semop(id, op(0, -1, 0), op(2, -1, linux.IPC_NOWAIT))
			is(c, "semop NOWAIT", e, linux.EAGAIN)
			c.wantSem(id, 0, 2)
			_, e = c.semop(id, op(0, -1, 0), op(1, 32767, 0))
			is(c, "semop out of range", e, linux.ERANGE)
			c.wantSem(id, 0, 2)
			_, e = c.semop(id, op(0, -2, 0), op(0, 0, 0), op(0, 1, 0))
			is(c, "semop of one thrice", e, 0)
			c.wantSem(id, 0, 1)
			got, _ := c.semctl(id, 0, linux.GETPID, 0)
			is(c, "GETPID", got, 42)
		},
		"SemOpChecks": func(c *client) {
			id := c.semget(private, 2, 0o400)
			_, e := c.semop(id)
			is(c, "no operations", e, linux.EINVAL)
			_, e = c.semop(id, make([]ipcapi.SemOperation, 501)...)
			is(c, "too many", e, linux.E2BIG)
			_, e = c.semop(id, op(2, 1, 0))
			is(c, "number too large", e, linux.EFBIG)
			_, e = c.semop(id, op(0, 1, 0))
			is(c, "no permission to alter", e, linux.EACCES)
			_, e = c.semop(id, op(0, 0, 0))
			is(c, "permission to look", e, 0)
			_, e = c.semop(-1, op(0, 0, 0))
			is(c, "negative id", e, linux.EINVAL)
			e = c.s.SemGet(&ipcapi.SemGetRequest{Key: private, Count: 0, Cred: cred}, &ipcapi.SemGetReply{})
			is(c, "semget of none", e, linux.EINVAL)
			e = c.s.SemGet(&ipcapi.SemGetRequest{Key: private, Count: 32001, Cred: cred}, &ipcapi.SemGetReply{})
			is(c, "semget of too many", e, linux.EINVAL)
			c.semget(5, 2, creat|0o600)
			e = c.s.SemGet(&ipcapi.SemGetRequest{Key: 5, Count: 3, Cred: cred}, &ipcapi.SemGetReply{})
			is(c, "semget of more", e, linux.EINVAL)
			is(c, "semget of 0", c.semget(5, 0, 0), c.semget(5, 2, 0))
		},
		"SemSleepersAreDoneFor": func(c *client) {
			id := c.semget(private, 2, 0o600)
			p, e := c.semop(id, op(0, -2, 0))
			is(c, "semop", e, linux.EWAIT)
			c.wantWait(p, linux.POLLIN)
			q, _ := c.semop(id, op(0, -1, 0))
			z, _ := c.semop(id, op(1, 0, 0), op(0, 0, 0), op(1, -1, 0))
			n, _ := c.semctl(id, 0, linux.GETNCNT, 0)
			is(c, "GETNCNT", n, 2)
			n, _ = c.semctl(id, 1, linux.GETNCNT, 0)
			is(c, "GETNCNT of the last", n, 1) // it blocks on its third operation
			c.semop(id, op(0, 1, 0))
			c.wantReady(q, linux.POLLIN) // the first cannot go on, the second can
			c.wantQuiet(p)
			c.wantSem(id, 0, 0)
			_, e = c.semopOn(&ipcapi.SemOpRequest{Pending: q})
			is(c, "second", e, 0)
			c.semop(id, op(0, 2, 0))
			c.wantReady(p, linux.POLLIN)
			_, e = c.semopOn(&ipcapi.SemOpRequest{Pending: p})
			is(c, "first", e, 0)
			_, e = c.semopOn(&ipcapi.SemOpRequest{Pending: z, Cancel: true})
			is(c, "cancel", e, linux.EINTR)
			n, _ = c.semctl(id, 1, linux.GETNCNT, 0)
			is(c, "GETNCNT after that", n, 0)
			_, e = c.semopOn(&ipcapi.SemOpRequest{Pending: z})
			is(c, "after cancel", e, linux.EBADF)
		},
		"SemWaitForZero": func(c *client) {
			id := c.semget(private, 1, 0o600)
			c.semctl(id, 0, linux.SETVAL, 2)
			p, e := c.semop(id, op(0, 0, 0))
			is(c, "semop", e, linux.EWAIT)
			n, _ := c.semctl(id, 0, linux.GETZCNT, 0)
			is(c, "GETZCNT", n, 1)
			c.semop(id, op(0, -1, 0))
			c.wantQuiet(p)
			c.semop(id, op(0, -1, 0))
			c.wantReady(p, linux.POLLIN)
		},
		"SemUndoAtExit": func(c *client) {
			id := c.semget(private, 2, 0o600)
			c.semctl(id, 0, linux.SETVAL, 5)
			c.semop(id, op(0, -3, linux.SEM_UNDO), op(1, 2, linux.SEM_UNDO))
			c.semop(id, op(1, -2, 0))
			p, _ := c.semopOn(&ipcapi.SemOpRequest{Id: id, Operations: []ipcapi.SemOperation{op(0, -4, 0)}, Undo: 8, Cred: cred})
			var rep ipcapi.SemExitReply
			c.must("SemExit", c.s.SemExit(&ipcapi.SemExitRequest{Undo: 7, Pid: 77}, &rep))
			c.ready = rep.Ready
			c.wantReady(p, linux.POLLIN) // 5 again, of which it takes 4
			c.wantSem(id, 0, 1)
			c.wantSem(id, 1, 0) // -2, held at 0
			got, _ := c.semctl(id, 1, linux.GETPID, 0)
			is(c, "GETPID", got, 77)
			c.must("SemExit", c.s.SemExit(&ipcapi.SemExitRequest{Undo: 7, Pid: 77}, &rep))
			c.wantSem(id, 0, 1)
		},
		"SemSetForgetsUndo": func(c *client) {
			id := c.semget(private, 1, 0o600)
			c.semop(id, op(0, 3, linux.SEM_UNDO))
			c.semctl(id, 0, linux.SETVAL, 1)
			c.must("SemExit", c.s.SemExit(&ipcapi.SemExitRequest{Undo: 7}, &ipcapi.SemExitReply{}))
			c.wantSem(id, 0, 1)
			_, e := c.semctl(id, 0, linux.SETVAL, 32768)
			is(c, "SETVAL 32768", e, linux.ERANGE)
			_, e = c.semctl(id, 0, linux.SETVAL, -1)
			is(c, "SETVAL -1", e, linux.ERANGE)
			_, e = c.semctl(id, 1, linux.SETVAL, 1)
			is(c, "SETVAL of number 1", e, linux.EINVAL)
		},
		"SemAll": func(c *client) {
			id := c.semget(private, 3, 0o600)
			p, _ := c.semop(id, op(2, -3, 0))
			var rep ipcapi.SemControlReply
			e := c.s.SemControl(&ipcapi.SemControlRequest{Id: id, Command: linux.SETALL, Values: []uint32{1, 2, 4}, Cred: cred}, &rep)
			is(c, "SETALL", e, 0)
			c.ready = rep.Ready
			c.wantReady(p, linux.POLLIN)
			rep = ipcapi.SemControlReply{}
			e = c.s.SemControl(&ipcapi.SemControlRequest{Id: id, Command: linux.GETALL, Cred: cred}, &rep)
			is(c, "GETALL", e, 0)
			if len(rep.Values) != 3 || rep.Values[1] != 2 || rep.Values[2] != 1 {
				c.Errorf("GETALL = %v, want [1 2 1]", rep.Values)
			}
			e = c.s.SemControl(&ipcapi.SemControlRequest{Id: id, Command: linux.SETALL, Values: []uint32{1, 2, 40000}, Cred: cred}, &rep)
			is(c, "SETALL out of range", e, linux.ERANGE)
			rep = ipcapi.SemControlReply{}
			c.s.SemControl(&ipcapi.SemControlRequest{Id: id, Command: linux.IPC_STAT, Cred: cred}, &rep)
			is(c, "count", rep.Count, 3)
		},
		"SemRemoveWakesAll": func(c *client) {
			id := c.semget(private, 1, 0o600)
			p, _ := c.semop(id, op(0, -1, 0))
			c.semctl(id, 0, linux.IPC_RMID, 0)
			c.wantReady(p, linux.POLLIN)
			_, e := c.semopOn(&ipcapi.SemOpRequest{Pending: p})
			is(c, "semop", e, linux.EIDRM)
			_, e = c.semop(id, op(0, 1, 0))
			is(c, "semop afterwards", e, linux.EINVAL)
		},
	})
}
