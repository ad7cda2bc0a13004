package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/signalapi"
)

var signalfdRows = []Row{
	{"signalfd", Signal, args(fd("fd"), kind("mask", strace.SigSetIn), uinteger("sizemask")), sysSignalfd},
	{"signalfd4", Signal, args(fd("fd"), kind("mask", strace.SigSetIn), uinteger("sizemask"), flags("flags", linux.SignalfdFlags)), sysSignalfd4},
}

func sysSignalfd(c *Call) (int64, linux.Errno)  { return c.signalfd(0) }
func sysSignalfd4(c *Call) (int64, linux.Errno) { return c.signalfd(c.Uint(3)) }

func (c *Call) signalfd(fl uint32) (int64, linux.Errno) {
	if c.Args[2] != 8 {
		return 0, linux.EINVAL
	}
	var b [8]byte
	if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
		return 0, e
	}
	if fl&^(linux.SFD_CLOEXEC|linux.SFD_NONBLOCK) != 0 {
		return 0, linux.EINVAL
	}
	q := signalapi.OpenSignalfdRequest{Mask: binary.LittleEndian.Uint64(b[:])}
	var r signalapi.OpenSignalfdReply
	if c.Int(0) == -1 {
		if e := c.Signal.OpenSignalfd(&q, &r); e != 0 {
			return 0, e
		}
		return c.install(signalFile(r.Handle, linux.O_RDWR|fl&linux.O_NONBLOCK, signalfdName), fl&linux.O_CLOEXEC != 0)
	}
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if f.Owner != fdtable.Signal || f.Name != signalfdName {
		return 0, linux.EINVAL
	}
	q.Handle = f.Handle
	if e := c.Signal.OpenSignalfd(&q, &r); e != 0 {
		return 0, e
	}
	c.signalReady(r.Ready)
	return int64(c.Int(0)), 0
}
