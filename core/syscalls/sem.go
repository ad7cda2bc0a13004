package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var semRows = []Row{
	{"semget", IPC, args(hex("key"), integer("nsems"), hex("semflg")), sysSemget},
	{"semop", IPC, args(integer("semid"), ptr("sops"), uinteger("nsops")), sysSemop},
	{"semtimedop", IPC, args(integer("semid"), ptr("sops"), uinteger("nsops"), kind("timeout", strace.TimespecIn)), sysSemtimedop},
	{"semctl", IPC, args(integer("semid"), integer("semnum"), enum("cmd", linux.SemctlCmds), hex("arg")), sysSemctl},
}

func sysSemget(c *Call) (int64, linux.Errno) {
	q := ipcapi.SemGetRequest{Key: c.Int(0), Count: c.Int(1), Flags: c.Uint(2), Cred: c.ipcCred()}
	var r ipcapi.SemGetReply
	e := c.IPC.SemGet(&q, &r)
	return int64(r.Id), e
}

func sysSemop(c *Call) (int64, linux.Errno) { return c.semop(nil) }

func sysSemtimedop(c *Call) (int64, linux.Errno) {
	if c.Args[3] == 0 {
		return c.semop(nil)
	}
	ts, e := c.timespec(c.Args[3])
	if e != 0 {
		return 0, e
	}
	return c.semop(&ts)
}

// semop is do_semtimedop of ipc/sem.c: the number of operations is looked at
// before they are read, the time-out after that.
func (c *Call) semop(timeout *linux.Timespec) (int64, linux.Errno) {
	n := c.Uint(2)
	switch {
	case n > linux.SEMOPM && n > c.mostSemops():
		return 0, linux.E2BIG
	case n < 1:
		return 0, linux.EINVAL
	}
	b := make([]byte, n*linux.SizeofSembuf)
	if e := c.CopyIn(c.Args[1], b); e != 0 {
		return 0, e
	}
	if c.Int(0) < 0 || timeout != nil && !timeout.Valid() {
		return 0, linux.EINVAL
	}
	q := ipcapi.SemOpRequest{Id: c.Int(0), Cred: c.ipcCred(), Operations: make([]ipcapi.SemOperation, n)}
	undo := false
	for i := range q.Operations {
		var s linux.Sembuf
		s.Decode(b[i*linux.SizeofSembuf:])
		q.Operations[i] = ipcapi.SemOperation{Number: uint32(s.Num), Op: int32(s.Op), Flags: uint32(uint16(s.Flg))}
		undo = undo || s.Flg&linux.SEM_UNDO != 0
	}
	if undo {
		q.Undo = c.semUndo().ID
	}
	deadline := int64(0)
	if timeout != nil {
		deadline = c.deadlineIn(timeout.Ns())
	}
	e := c.ipcSleep(deadline, func(pending uint64, cancel bool) (linux.Errno, *ipcapi.Wait, uint64) {
		q.Pending, q.Cancel = pending, cancel
		var r ipcapi.SemOpReply
		e := c.IPC.SemOp(&q, &r)
		c.ipcReady(r.Ready)
		return e, &r.Wait, r.Pending
	})
	switch e {
	case linux.ETIMEDOUT:
		return 0, linux.EAGAIN
	case linux.ERESTARTSYS:
		return 0, linux.EINTR // whether or not the handler has SA_RESTART
	}
	return 0, e
}

// mostSemops is the most operations of a call: only asked for more than the
// limit commonly is.
func (c *Call) mostSemops() uint32 {
	var r ipcapi.SemControlReply
	c.IPC.SemControl(&ipcapi.SemControlRequest{Command: linux.IPC_INFO, Cred: c.ipcCred()}, &r)
	return min(r.LimitOperations, 1<<16)
}

// semUndo gives the caller's list of what SEM_UNDO notes.
func (c *Call) semUndo() *task.SemUndo {
	if c.T.SemUndo == nil {
		c.T.SemUndo = task.NewSemUndo(c.nextObject())
	}
	return c.T.SemUndo
}

// leaveSemUndo undoes what SEM_UNDO noted, when the caller is the last that has
// the list: exit_sem.
func (c *Call) leaveSemUndo() {
	u := c.T.SemUndo
	c.T.SemUndo = nil
	if u != nil && u.Release() {
		var r ipcapi.SemExitReply
		c.IPC.SemExit(&ipcapi.SemExitRequest{Undo: u.ID, Pid: c.P.Pid}, &r)
		c.ipcReady(r.Ready)
	}
}

func sysSemctl(c *Call) (int64, linux.Errno) {
	q := ipcapi.SemControlRequest{Id: c.Int(0), Number: c.Int(1), Command: c.Uint(2), Cred: c.ipcCred()}
	if q.Id < 0 {
		return 0, linux.EINVAL // before the structure is read
	}
	fault := linux.Errno(0)
	switch q.Command {
	case linux.IPC_SET:
		var b [linux.SizeofSemidDs]byte
		if e := c.CopyIn(c.Args[3], b[:]); e != 0 {
			return 0, e
		}
		var d linux.SemidDs
		d.Decode(b[:])
		q.Perm = ipcapi.SysvPerm{Uid: d.Perm.Uid, Gid: d.Perm.Gid, Mode: d.Perm.Mode}
	case linux.SETVAL:
		q.Value = c.Int(3)
	case linux.SETALL:
		q.Values, fault = c.semValues(q.Id)
	}
	var r ipcapi.SemControlReply
	e := c.IPC.SemControl(&q, &r)
	c.ipcReady(r.Ready)
	if fault != 0 && e == linux.EINVAL {
		e = fault // the set and the permission are looked at first
	}
	if e != 0 {
		return 0, e
	}
	switch q.Command {
	case linux.IPC_STAT, linux.SEM_STAT, linux.SEM_STAT_ANY:
		d := linux.SemidDs{Perm: ipcPerm(&r.Perm), Otime: r.OpSec, Ctime: r.ChangeSec, Nsems: r.Count}
		d.Encode(c.Out())
		c.Return(c.Args[3], linux.SizeofSemidDs)
	case linux.GETALL:
		b := make([]byte, 2*len(r.Values))
		for i, v := range r.Values {
			binary.LittleEndian.PutUint16(b[2*i:], uint16(v))
		}
		return 0, c.CopyOut(c.Args[3], b)
	case linux.IPC_INFO, linux.SEM_INFO:
		d := linux.Seminfo{Semmap: linux.SEMMNS, Semmni: int32(r.LimitSets), Semmns: int32(r.LimitAll), Semmnu: linux.SEMMNS,
			Semmsl: int32(r.LimitSet), Semopm: int32(r.LimitOperations), Semume: linux.SEMOPM, Semusz: 20, Semvmx: linux.SEMVMX, Semaem: linux.SEMAEM}
		if q.Command == linux.SEM_INFO {
			d.Semusz, d.Semaem = int32(r.Used), int32(r.AllSemaphores)
		}
		d.Encode(c.Out())
		c.Return(c.Args[3], linux.SizeofSeminfo)
	}
	return int64(r.Result), 0
}

// semValues reads as many values as a set has. Errors: EFAULT.
func (c *Call) semValues(id int32) ([]uint32, linux.Errno) {
	var st ipcapi.SemControlReply
	q := ipcapi.SemControlRequest{Id: sysvIndex(id), Command: linux.SEM_STAT_ANY, Cred: c.ipcCred()}
	if e := c.IPC.SemControl(&q, &st); e != 0 || st.Result != id || st.Count > linux.SEMMSL {
		return nil, 0
	}
	b := make([]byte, 2*st.Count)
	if e := c.CopyIn(c.Args[3], b); e != 0 {
		return nil, e
	}
	v := make([]uint32, st.Count)
	for i := range v {
		v[i] = uint32(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return v, 0
}
