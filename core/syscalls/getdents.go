package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var getdentsRows = []Row{
	{"getdents", FS, args(fd("fd"), ptr("dirp"), uinteger("count")), sysGetdents},
	{"getdents64", FS, args(fd("fd"), ptr("dirp"), uinteger("count")), sysGetdents64},
}

// maxDirents is how many bytes of entries one call gives at most.
const maxDirents = 64 << 10

func sysGetdents(c *Call) (int64, linux.Errno)   { return c.getdents(linux.AppendOldDirent) }
func sysGetdents64(c *Call) (int64, linux.Errno) { return c.getdents(linux.AppendDirent) }

// getdents lists from the position on, which is fs's cookie. Both layouts of
// an entry have the same size.
func (c *Call) getdents(encode func([]byte, uint64, int64, byte, string) []byte) (int64, linux.Errno) {
	f, e := c.file(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if f.Owner != fdtable.FS || f.Mode&linux.S_IFMT != linux.S_IFDIR {
		return 0, linux.ENOTDIR
	}
	q := fsapi.ReadDirRequest{Cred: c.Cred(), Handle: f.Handle, Cookie: f.Offset, MaxBytes: min(c.Uint(2), maxDirents)}
	r := fsapi.ReadDirReply{Entries: c.frame.entries[:0]}
	e = change(c, c.FS.ReadDir, &q, &r, &r.Wait, &r.Ready)
	c.frame.entries = r.Entries[:0]
	if e != 0 {
		return 0, e
	}
	b := c.bounceBuf()[:0]
	for i := range r.Entries {
		d := &r.Entries[i]
		b = encode(b, d.Ino, d.Cookie, byte(d.Type), d.Name)
		f.Offset = d.Cookie
	}
	if e := c.CopyOut(c.Args[1], b); e != 0 {
		f.Offset = q.Cookie
		return 0, e
	}
	return int64(len(b)), 0
}
