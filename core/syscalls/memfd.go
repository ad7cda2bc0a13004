package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var memfdRows = []Row{
	{"memfd_create", FS, args(str("name"), flags("flags", linux.MemfdFlags)), sysMemfdCreate},
}

// memfdNameMax is MFD_NAME_MAX_LEN of mm/memfd.c: what "memfd:" leaves of a
// name.
const memfdNameMax = linux.NAME_MAX - len("memfd:")

// sysMemfdCreate checks the flags before the name.
func sysMemfdCreate(c *Call) (int64, linux.Errno) {
	const known = linux.MFD_CLOEXEC | linux.MFD_ALLOW_SEALING | linux.MFD_NOEXEC_SEAL | linux.MFD_EXEC
	fl := c.Uint(1)
	if fl&^known != 0 || fl&linux.MFD_EXEC != 0 && fl&linux.MFD_NOEXEC_SEAL != 0 {
		return 0, linux.EINVAL
	}
	name, e := c.String(c.Args[0], memfdNameMax+1, linux.EINVAL)
	if e != 0 {
		return 0, e
	}
	if c.T.Files.Full(c.P.Limits[linux.RLIMIT_NOFILE].Cur) {
		return 0, linux.EMFILE
	}
	q := fsapi.OpenMemoryRequest{Cred: c.Cred(), Name: name, Flags: fl &^ linux.MFD_CLOEXEC}
	f, e := c.openMemory(&q)
	if e != 0 {
		return 0, e
	}
	f.Flags.Or(linux.O_LARGEFILE)
	return c.install(f, fl&linux.MFD_CLOEXEC != 0)
}

// openMemory makes the description of a file without a name.
func (c *Call) openMemory(q *fsapi.OpenMemoryRequest) (*fdtable.File, linux.Errno) {
	var r fsapi.OpenMemoryReply
	if e := c.FS.OpenMemory(q, &r); e != 0 {
		return nil, e
	}
	f := fdtable.NewFile(fdtable.FS, r.Handle, linux.O_RDWR)
	f.Mode, f.Node, f.Seekable = linux.S_IFREG|0o777, r.Node, true
	return f, 0
}
