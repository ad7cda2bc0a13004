package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var msgRows = []Row{
	{"msgget", IPC, args(hex("key"), hex("msgflg")), sysMsgget},
	{"msgsnd", IPC, args(integer("msqid"), ptr("msgp"), uinteger("msgsz"), flags("msgflg", linux.MsgsndFlags)), sysMsgsnd},
	{"msgrcv", IPC, args(integer("msqid"), ptr("msgp"), uinteger("msgsz"), long("msgtyp"), flags("msgflg", linux.MsgsndFlags)), sysMsgrcv},
	{"msgctl", IPC, args(integer("msqid"), enum("cmd", linux.MsgctlCmds), ptr("buf")), sysMsgctl},
}

func sysMsgget(c *Call) (int64, linux.Errno) {
	var r ipcapi.MsgGetReply
	e := c.IPC.MsgGet(&ipcapi.MsgGetRequest{Key: c.Int(0), Flags: c.Uint(1), Cred: c.ipcCred()}, &r)
	return int64(r.Id), e
}

// sysMsgsnd is do_msgsnd of ipc/msg.c: the type is read first, and everything
// but the queue is looked at before the text is.
func sysMsgsnd(c *Call) (int64, linux.Errno) {
	b := c.frame.buf[:8]
	if e := c.CopyIn(c.Args[1], b); e != 0 {
		return 0, e
	}
	q := ipcapi.MsgSendRequest{Id: c.Int(0), Type: int64(binary.LittleEndian.Uint64(b)), Flags: c.Uint(3), Cred: c.ipcCred()}
	if c.Args[2] > linux.MSGMAX && c.Args[2] > c.longestMsg() || q.Id < 0 || q.Type < 1 {
		return 0, linux.EINVAL
	}
	q.Data = make([]byte, c.Args[2])
	if e := c.CopyIn(c.Args[1]+8, q.Data); e != 0 {
		return 0, e
	}
	return 0, noHandler(c.ipcSleep(0, func(pending uint64, cancel bool) (linux.Errno, *ipcapi.Wait, uint64) {
		q.Pending, q.Cancel = pending, cancel
		var r ipcapi.MsgSendReply
		e := c.IPC.MsgSend(&q, &r)
		c.ipcReady(r.Ready)
		return e, &r.Wait, r.Pending
	}))
}

// longestMsg is the most bytes of a message: only asked for one that is longer
// than the limit commonly is.
func (c *Call) longestMsg() uint64 {
	var r ipcapi.MsgControlReply
	c.IPC.MsgControl(&ipcapi.MsgControlRequest{Command: linux.IPC_INFO, Cred: c.ipcCred()}, &r)
	return uint64(r.LimitMessage)
}

// noHandler turns a call that a handler's SA_RESTART would restart into one
// that only the lack of a handler does.
func noHandler(e linux.Errno) linux.Errno {
	if e == linux.ERESTARTSYS {
		return linux.ERESTARTNOHAND
	}
	return e
}

func sysMsgrcv(c *Call) (int64, linux.Errno) {
	q := ipcapi.MsgReceiveRequest{Id: c.Int(0), Size: c.Args[2], Type: int64(c.Args[3]), Flags: c.Uint(4), Cred: c.ipcCred()}
	if q.Id < 0 {
		return 0, linux.EINVAL
	}
	if q.Flags&linux.MSG_COPY != 0 && q.Flags&(linux.MSG_EXCEPT|linux.IPC_NOWAIT) == linux.IPC_NOWAIT {
		// prepare_copy makes the copy's memory from what lies in the buffer.
		if e := c.CopyIn(c.Args[1], make([]byte, min(q.Size, linux.MSGMAX))); e != 0 {
			return 0, e
		}
	}
	var r ipcapi.MsgReceiveReply
	e := c.ipcSleep(0, func(pending uint64, cancel bool) (linux.Errno, *ipcapi.Wait, uint64) {
		q.Pending, q.Cancel = pending, cancel
		r = ipcapi.MsgReceiveReply{}
		e := c.IPC.MsgReceive(&q, &r)
		c.ipcReady(r.Ready)
		return e, &r.Wait, r.Pending
	})
	if e != 0 {
		return 0, noHandler(e)
	}
	b := c.frame.buf[:8]
	binary.LittleEndian.PutUint64(b, uint64(r.Type))
	if e := c.CopyOut(c.Args[1], b); e != 0 {
		return 0, e
	}
	return int64(len(r.Data)), c.CopyOut(c.Args[1]+8, r.Data)
}

func sysMsgctl(c *Call) (int64, linux.Errno) {
	q := ipcapi.MsgControlRequest{Id: c.Int(0), Command: c.Uint(1), Cred: c.ipcCred()}
	if q.Id < 0 || c.Int(1) < 0 {
		return 0, linux.EINVAL // before the structure is read
	}
	if q.Command == linux.IPC_SET {
		var b [linux.SizeofMsqidDs]byte
		if e := c.CopyIn(c.Args[2], b[:]); e != 0 {
			return 0, e
		}
		var d linux.MsqidDs
		d.Decode(b[:])
		q.Perm, q.MaxBytes = ipcapi.SysvPerm{Uid: d.Perm.Uid, Gid: d.Perm.Gid, Mode: d.Perm.Mode}, d.Qbytes
	}
	var r ipcapi.MsgControlReply
	e := c.IPC.MsgControl(&q, &r)
	c.ipcReady(r.Ready)
	if e != 0 {
		return 0, e
	}
	switch q.Command {
	case linux.IPC_STAT, linux.MSG_STAT, linux.MSG_STAT_ANY:
		d := linux.MsqidDs{Perm: ipcPerm(&r.Perm), Stime: r.SendSec, Rtime: r.ReceiveSec, Ctime: r.ChangeSec, Cbytes: r.Bytes,
			Qnum: r.Messages, Qbytes: r.MaxBytes, Lspid: r.SendPid, Lrpid: r.ReceivePid}
		d.Encode(c.Out())
		c.Return(c.Args[2], linux.SizeofMsqidDs)
	case linux.IPC_INFO, linux.MSG_INFO:
		most := int32(r.LimitBytes)
		d := linux.Msginfo{Msgpool: linux.MSGMNI * linux.MSGMNB / 1024, Msgmap: linux.MSGMNB, Msgmax: int32(r.LimitMessage), Msgmnb: most,
			Msgmni: int32(r.LimitQueues), Msgssz: 16, Msgtql: linux.MSGMNB, Msgseg: 0xffff}
		if q.Command == linux.MSG_INFO {
			d.Msgpool, d.Msgmap, d.Msgtql = int32(r.Used), int32(r.AllMessages), int32(r.AllBytes)
		}
		d.Encode(c.Out())
		c.Return(c.Args[2], linux.SizeofMsginfo)
	}
	return int64(r.Result), 0
}
