package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var eventfdRows = []Row{
	{"eventfd", IPC, args(uinteger("initval")), sysEventfd},
	{"eventfd2", IPC, args(uinteger("initval"), flags("flags", linux.EventfdFlags)), sysEventfd2},
}

const eventfdName = "anon_inode:[eventfd]"

func sysEventfd(c *Call) (int64, linux.Errno)  { return c.eventfd(0) }
func sysEventfd2(c *Call) (int64, linux.Errno) { return c.eventfd(c.Uint(1)) }

func (c *Call) eventfd(fl uint32) (int64, linux.Errno) {
	q := ipcapi.OpenEventfdRequest{Value: uint64(c.Uint(0)), Semaphore: fl&linux.EFD_SEMAPHORE != 0}
	var r ipcapi.OpenEventfdReply
	if e := c.IPC.OpenEventfd(&q, &r); e != 0 {
		return 0, e
	}
	f := c.newIPC(r.Handle, linux.O_RDWR|fl&linux.EFD_NONBLOCK, 0o600)
	f.Name = eventfdName
	return c.install(f, fl&linux.EFD_CLOEXEC != 0)
}
