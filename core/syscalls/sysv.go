package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// ipcSleep makes a call of ipc that may sleep without a descriptor. ask is told
// the pending handle that it gave before, and whether to give up. Errors: those
// of ask; ERESTARTSYS when a signal came, ETIMEDOUT at the deadline (monotonic
// ns, 0 for none), both only if the call was not done meanwhile.
func (c *Call) ipcSleep(deadline int64, ask func(pending uint64, cancel bool) (linux.Errno, *ipcapi.Wait, uint64)) linux.Errno {
	var pending uint64
	var why linux.Errno
	for {
		e, w, p := ask(pending, why != 0)
		switch {
		case e == linux.EWAIT && why == 0:
			pending = p
			why = c.await(fdtable.IPC, w.Ticket, w.Handle, w.Events, deadline)
		case e == linux.EINTR && why != 0:
			return why
		default:
			return e
		}
	}
}

func ipcPerm(p *ipcapi.SysvPerm) linux.IpcPerm {
	return linux.IpcPerm{Key: p.Key, Uid: p.Uid, Gid: p.Gid, Cuid: p.Cuid, Cgid: p.Cgid, Mode: p.Mode, Seq: uint16(p.Seq)}
}

// sysvIndex is where an object of an id is: what *_STAT_ANY takes.
func sysvIndex(id int32) int32 { return id & 0x7fff }
