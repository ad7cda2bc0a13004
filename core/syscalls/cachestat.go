package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var cachestatRows = []Row{
	{"cachestat", FS, args(fd("fd"), ptr("range"), ptr("stat"), hex("flags")), sysCachestat},
}

// sysCachestat counts pages that hold data as in memory, and none as dirty:
// mm/filemap.c.
func sysCachestat(c *Call) (int64, linux.Errno) {
	f, e := c.anyFile(0)
	if e != 0 {
		return 0, e
	}
	defer c.unref(f)
	if f.Path {
		return 0, linux.EBADF
	}
	var b [16]byte
	if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
		return 0, e
	}
	if c.Uint(3) != 0 {
		return 0, linux.EINVAL
	}
	var out [40]byte
	if f.Owner == fdtable.FS && f.Mode&linux.S_IFMT == linux.S_IFREG {
		first, length := le.Uint64(b[:])/pageSize, le.Uint64(b[8:])
		last := ^uint64(0)
		if length != 0 {
			last = (le.Uint64(b[:]) + length - 1) / pageSize
		}
		le.PutUint64(out[:], c.pagesWithData(f, first, last))
	}
	return 0, c.CopyOut(c.Args[2], out[:])
}

// pagesWithData counts those of a file from first to last that are no holes.
func (c *Call) pagesWithData(f *fdtable.File, first, last uint64) (n uint64) {
	last = min(last, 1<<50)
	for first <= last {
		q := fsapi.SeekRequest{Handle: f.Handle, Offset: int64(first * pageSize), Whence: linux.SEEK_DATA}
		var r fsapi.SeekReply
		if ask(c, c.FS.Seek, &q, &r, &r.Wait) != 0 {
			return n
		}
		from := uint64(r.Offset) / pageSize
		q.Offset, q.Whence = r.Offset, linux.SEEK_HOLE
		if from > last || ask(c, c.FS.Seek, &q, &r, &r.Wait) != 0 {
			return n
		}
		end := (uint64(r.Offset) + pageSize - 1) / pageSize
		n += min(end, last+1) - from
		first = max(end, first+1)
	}
	return n
}
