package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var filehandleRows = []Row{
	{"name_to_handle_at", FS, args(dirfd("dirfd"), path("pathname"), ptr("handle"), ptr("mount_id"), flags("flags", handleFlags)), sysNameToHandleAt},
	{"open_by_handle_at", FS, args(fd("mountdirfd"), ptr("handle"), kind("flags", strace.OpenFlags)), sysOpenByHandleAt},
}

const (
	sizeofFileHandle = 8   // struct file_handle before the id: its size and type
	maxFileHandle    = 128 // MAX_HANDLE_SZ
)

var handleFlags = []linux.Flag{{Name: "AT_SYMLINK_FOLLOW", Value: linux.AT_SYMLINK_FOLLOW}, {Name: "AT_EMPTY_PATH", Value: linux.AT_EMPTY_PATH},
	{Name: "AT_HANDLE_FID", Value: linux.AT_HANDLE_FID}, {Name: "AT_HANDLE_MNT_ID_UNIQUE", Value: linux.AT_HANDLE_MNT_ID_UNIQUE}}

// sysNameToHandleAt is name_to_handle_at of fs/fhandle.c.
func sysNameToHandleAt(c *Call) (int64, linux.Errno) {
	fl := c.Uint(4)
	const known = linux.AT_SYMLINK_FOLLOW | linux.AT_EMPTY_PATH | linux.AT_HANDLE_FID | linux.AT_HANDLE_MNT_ID_UNIQUE
	if fl&^known != 0 {
		return 0, linux.EINVAL
	}
	t, e := c.at(0, 1, fl)
	if e != 0 {
		return 0, e
	}
	defer t.done()
	if t.foreign() {
		return 0, linux.EOPNOTSUPP
	}
	q := fsapi.EncodeHandleRequest{Cred: c.Cred(), Place: t.place, Flags: fl & linux.AT_EMPTY_PATH, Compare: fl&linux.AT_HANDLE_FID != 0}
	if fl&linux.AT_SYMLINK_FOLLOW == 0 {
		q.Flags |= linux.AT_SYMLINK_NOFOLLOW
	}
	var r fsapi.EncodeHandleReply
	if e := ask(c, c.FS.EncodeHandle, &q, &r, &r.Wait); e != 0 {
		return 0, e
	}
	b := make([]byte, sizeofFileHandle, sizeofFileHandle+maxFileHandle)
	if e := c.CopyIn(c.Args[2], b); e != 0 {
		return 0, e
	}
	room := le.Uint32(b)
	if room > maxFileHandle {
		return 0, linux.EINVAL
	}
	le.PutUint32(b, uint32(len(r.Id)))
	le.PutUint32(b[4:], r.Type)
	result := linux.EOVERFLOW
	if int(room) >= len(r.Id) {
		b, result = append(b, r.Id...), 0
	}
	id := le.AppendUint64(nil, r.MntId)
	if fl&linux.AT_HANDLE_MNT_ID_UNIQUE == 0 {
		id = id[:4]
	}
	if e := c.CopyOut(c.Args[3], id); e != 0 {
		return 0, e
	}
	if e := c.CopyOut(c.Args[2], b); e != 0 {
		return 0, e
	}
	return 0, result
}

// sysOpenByHandleAt is do_handle_open.
func sysOpenByHandleAt(c *Call) (int64, linux.Errno) {
	b := make([]byte, sizeofFileHandle, sizeofFileHandle+maxFileHandle)
	if e := c.CopyIn(c.Args[1], b); e != 0 {
		return 0, e
	}
	size, typ := le.Uint32(b), le.Uint32(b[4:])
	if size == 0 || size > maxFileHandle || int32(typ) < 0 || typ&0xffff0000 != 0 {
		return 0, linux.EINVAL
	}
	t, e := c.targetAt(c.Int(0), "", linux.AT_EMPTY_PATH)
	if e != 0 {
		return 0, e
	}
	defer t.done()
	if !c.T.Cred.Has(linux.CAP_DAC_READ_SEARCH) {
		return 0, linux.EPERM
	}
	id := make([]byte, size)
	if e := c.CopyIn(c.Args[1]+sizeofFileHandle, id); e != 0 {
		return 0, e
	}
	if t.foreign() {
		return 0, linux.ESTALE
	}
	fl := c.Uint(2)&validOpenFlags | linux.O_LARGEFILE
	if fl&linux.O_PATH != 0 {
		fl &= pathFlags
	}
	q := fsapi.OpenRequest{Cred: c.Cred(), Place: t.place, Flags: fl &^ linux.O_CLOEXEC, FileId: id, FileIdType: typ}
	var r fsapi.OpenReply
	if e := change(c, c.FS.Open, &q, &r, &r.Wait, &r.Ready); e != 0 {
		return 0, e
	}
	f, e := c.opened(&r, fl)
	if e != 0 {
		return 0, e
	}
	return c.install(f, fl&linux.O_CLOEXEC != 0)
}
