package procfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// memory is /proc/PID/mem; the position is the address.
type memory struct{ *task }

// maxMem is the most that one call moves, in bytes.
const maxMem = 1 << 20

// Open implements vfs.Opener: mem_open.
func (m *memory) Open(c *vfs.Ctx, f *vfs.File) linux.Errno {
	if e := m.mayTrace(c); e != 0 {
		return e
	}
	f.Stream = m
	f.Seekable = true
	return 0
}

// Read implements vfs.Stream.
func (m *memory) Read(c *vfs.Ctx, _ *vfs.File, off int64, n int, dst []byte) ([]byte, linux.Errno) {
	if n == 0 {
		return dst, 0
	}
	rep, e := ask(c, m, m.p.Core.Memory, &coreapi.MemoryRequest{Pid: m.pid, Addr: uint64(off), Count: uint32(min(n, maxMem))})
	if e != 0 {
		return dst, e
	}
	return append(dst, rep.Data...), 0
}

// Write implements vfs.Stream.
func (m *memory) Write(c *vfs.Ctx, _ *vfs.File, off int64, p []byte) (int, linux.Errno) {
	if len(p) == 0 {
		return 0, 0
	}
	rep, e := ask(c, m, m.p.Core.Memory, &coreapi.MemoryRequest{Pid: m.pid, Addr: uint64(off), Data: p[:min(len(p), maxMem)]})
	if e != 0 {
		return 0, e
	}
	return int(rep.Count), 0
}

// Seek implements vfs.Seeker: mem_lseek.
func (m *memory) Seek(_ *vfs.File, offset int64, whence uint32, current int64) (int64, linux.Errno) {
	switch whence {
	case linux.SEEK_SET:
	case linux.SEEK_CUR:
		offset += current
	default:
		return 0, linux.EINVAL
	}
	return offset, 0
}
