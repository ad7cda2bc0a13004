package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

var pipeRows = []Row{
	{"pipe", IPC, args(kind("pipefd", strace.FDPair)), sysPipe},
	{"pipe2", IPC, args(kind("pipefd", strace.FDPair), flags("flags", linux.OpenFlags)), sysPipe2},
}

func sysPipe(c *Call) (int64, linux.Errno)  { return c.pipe(0) }
func sysPipe2(c *Call) (int64, linux.Errno) { return c.pipe(c.Uint(1)) }

func (c *Call) pipe(fl uint32) (int64, linux.Errno) {
	q := ipcapi.OpenPipeRequest{Flags: fl, Cred: c.ipcCred()}
	var r ipcapi.OpenPipeReply
	if e := c.IPC.OpenPipe(&q, &r); e != 0 {
		return 0, e
	}
	// Only the end that makes packets shows O_DIRECT: create_pipe_files.
	rd := c.newIPC(r.ReadHandle, linux.O_RDONLY|fl&linux.O_NONBLOCK, linux.S_IFIFO|0o600)
	wr := c.newIPC(r.WriteHandle, linux.O_WRONLY|fl&(linux.O_NONBLOCK|linux.O_DIRECT), linux.S_IFIFO|0o600)
	return 0, c.installPair(rd, wr, fl&linux.O_CLOEXEC != 0, c.Args[0])
}

// newIPC makes the description of a handle of ipc.
func (c *Call) newIPC(handle uint64, fl, mode uint32) *fdtable.File {
	f := fdtable.NewFile(fdtable.IPC, handle, fl)
	f.Mode, f.Pollable = mode, true
	return f
}

// installPair gives two descriptions numbers and tells them as int[2] at addr;
// all or nothing.
func (c *Call) installPair(a, b *fdtable.File, cloexec bool, addr uint64) linux.Errno {
	x, e := c.install(a, cloexec)
	if e != 0 {
		c.unref(b)
		return e
	}
	y, e := c.install(b, cloexec)
	if e == 0 {
		var w [8]byte
		binary.LittleEndian.PutUint32(w[:], uint32(x))
		binary.LittleEndian.PutUint32(w[4:], uint32(y))
		e = c.CopyOut(addr, w[:])
		if e == 0 {
			return 0
		}
		c.takeBack(int32(y))
	}
	c.takeBack(int32(x))
	return e
}

// takeBack closes a number that the app has never seen.
func (c *Call) takeBack(fd int32) {
	if f, e := c.T.Files.Remove(fd); e == 0 {
		c.unref(f)
	}
}
