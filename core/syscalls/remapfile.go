package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/mmapi"
)

var remapFileRows = []Row{
	{"remap_file_pages", MM, args(ptr("addr"), uinteger("size"), hex("prot"), uinteger("pgoff"), kind("flags", strace.MmapFlags)), sysRemapFilePages},
}

// sysRemapFilePages maps another part of a shared file in place, as Linux has
// emulated it since 4.0: mm/mmap.c.
func sysRemapFilePages(c *Call) (int64, linux.Errno) {
	start, size, pgoff := c.Args[0]&^(pageSize-1), c.Args[1]&^(pageSize-1), c.Args[3]
	if c.Args[2] != 0 || start+size <= start || pgoff+size/pageSize < pgoff {
		return 0, linux.EINVAL
	}
	var areas mmapi.AreasReply
	if e := c.MM.Areas(&mmapi.AreasRequest{Space: c.P.Space.MM, From: start}, &areas); e != 0 || len(areas.Areas) == 0 {
		return 0, linux.EINVAL
	}
	first := &areas.Areas[0]
	m := c.P.Space.Files[first.File]
	if m == nil || first.Flags&linux.MAP_TYPE == linux.MAP_PRIVATE || first.Addr > start {
		return 0, linux.EINVAL
	}
	end := first.Addr + first.Length
	for _, a := range areas.Areas[1:] {
		// A range may lie in several areas, of one file and protection.
		if end >= start+size || a.Addr != end {
			break
		}
		if c.P.Space.Files[a.File] != m || a.Prot != first.Prot || a.Flags != first.Flags {
			return 0, linux.EINVAL
		}
		end += a.Length
	}
	if end < start+size {
		return 0, linux.EINVAL
	}
	req := mmapi.MapRequest{Addr: start, Length: size, Prot: first.Prot, Flags: linux.MAP_SHARED | linux.MAP_FIXED | linux.MAP_POPULATE,
		File: first.File, FileOffset: pgoff * pageSize, MaxProt: 7}
	if !m.Write {
		req.MaxProt &^= linux.PROT_WRITE
	}
	return 0, c.change(func(space uint64) ([]mmapi.Op, []mmapi.FileRef, linux.Errno) {
		req.Space = space
		var rep mmapi.MapReply
		e := c.MM.Map(&req, &rep)
		return rep.Ops, rep.Files, e
	})
}
