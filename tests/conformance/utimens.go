package main

import (
	"encoding/binary"
	"syscall"
)

func init() {
	register("utimens/set", utimensSet)
	register("utimens/errors", utimensErrors)
	register("utimens/permissions", utimensPermissions)
	register("utimens/old_calls", utimensOldCalls)
}

const (
	utimeNow  = 1<<30 - 1
	utimeOmit = 1<<30 - 2
)

// words is memory that holds 64-bit numbers.
func words(n ...int64) []byte {
	var b []byte
	for _, v := range n {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

// stamps prints atime and mtime; a time of about now prints as "now".
func stamps(p *P, path string) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		p.Say("%s: %v", path, err)
		return
	}
	var now syscall.Timeval
	syscall.Gettimeofday(&now)
	text := func(t syscall.Timespec) any {
		if d := now.Sec - t.Sec; d >= 0 && d < 100 {
			return "now"
		}
		return t
	}
	p.Say("%s: atime %v mtime %v", path, text(st.Atim), text(st.Mtim))
}

func utimensat(fd int, path, times any, flags int) Result {
	return sys(syscall.SYS_UTIMENSAT, fd, path, times, flags)
}

func utimensSet(p *P) {
	p.Create("f")
	p.Symlink("f", "s")
	p.Mkdir("d")
	p.Call("both", utimensat(atFdcwd, "f", words(1000, 1, 2000, 999999999), 0))
	stamps(p, "f")
	p.Call("omit atime", utimensat(atFdcwd, "f", words(0, utimeOmit, 3000, 0), 0))
	stamps(p, "f")
	p.Call("mtime now", utimensat(atFdcwd, "f", words(4000, 0, 7, utimeNow), 0))
	stamps(p, "f")
	p.Call("omit both", utimensat(atFdcwd, "f", words(0, utimeOmit, 0, utimeOmit), 0))
	p.Call("null: both now", utimensat(atFdcwd, "f", nil, 0))
	stamps(p, "f")
	p.Call("the link itself", utimensat(atFdcwd, "s", words(5, 0, 6, 0), atSymlinkNofollow))
	stamps(p, "s")
	stamps(p, "f")
	p.Call("through the link", utimensat(atFdcwd, "s", words(7, 0, 8, 0), 0))
	stamps(p, "f")
	p.Call("directory", utimensat(atFdcwd, "d", words(9, 0, 10, 0), 0))
	stamps(p, "d")
	fd := p.OpenFile("f", syscall.O_RDONLY)
	p.Call("by descriptor, null path", utimensat(fd, nil, words(11, 0, 12, 0), 0))
	stamps(p, "f")
	p.Call("by descriptor, empty path", utimensat(fd, "", words(13, 0, 14, 0), atEmptyPath))
	stamps(p, "f")
	p.Call("before 1970", utimensat(atFdcwd, "f", words(-100, 5, -1, 0), 0))
	stamps(p, "f")
	p.Call("after 2038", utimensat(atFdcwd, "f", words(1<<32, 5, 1<<33, 0), 0))
	stamps(p, "f")
}

func utimensErrors(p *P) {
	p.Create("f")
	t := words(1, 0, 2, 0)
	p.Call("missing", utimensat(atFdcwd, "no", t, 0))
	p.Call("empty", utimensat(atFdcwd, "", t, 0))
	p.Call("bad fd", utimensat(99, "f", t, 0))
	p.Call("bad fd, null path", utimensat(99, nil, t, 0))
	p.Call("working directory, null path", utimensat(atFdcwd, nil, t, 0))
	p.Call("null path with a flag", utimensat(p.OpenFile("f", 0), nil, t, atSymlinkNofollow))
	p.Call("bad flag", utimensat(atFdcwd, "f", t, 1))
	p.Call("nanoseconds too many", utimensat(atFdcwd, "f", words(1, 1000000000, 2, 0), 0))
	p.Call("nanoseconds negative", utimensat(atFdcwd, "f", words(1, 0, 2, -1), 0))
	p.Call("bad times pointer", utimensat(atFdcwd, "f", badPtr, 0))
	p.Call("bad path pointer", utimensat(atFdcwd, badPtr, t, 0))
	p.Call("omit both of a missing file", utimensat(atFdcwd, "no", words(0, utimeOmit, 0, utimeOmit), 0))
	p.Call("nanoseconds and missing", utimensat(atFdcwd, "no", words(1, 1000000000, 2, 0), 0))
}

func utimensPermissions(p *P) {
	p.Create("w")
	p.Create("r")
	p.Must("chmod", chmod("w", 0o666))
	root := p.Root()
	p.AsUser(func() {
		if !root {
			p.Call("my own read-only file", utimensat(atFdcwd, "r", words(1, 0, 2, 0), 0))
			return
		}
		p.Call("another's, null, writable", utimensat(atFdcwd, "w", nil, 0))
		p.Call("another's, null, not writable", utimensat(atFdcwd, "r", nil, 0))
		p.Call("another's, both now", utimensat(atFdcwd, "w", words(0, utimeNow, 0, utimeNow), 0))
		p.Call("another's, set", utimensat(atFdcwd, "w", words(1, 0, 2, 0), 0))
		p.Call("another's, one now", utimensat(atFdcwd, "w", words(0, utimeNow, 0, utimeOmit), 0))
		p.Call("another's, omit both", utimensat(atFdcwd, "r", words(0, utimeOmit, 0, utimeOmit), 0))
	})
}

func utimensOldCalls(p *P) {
	p.Create("f")
	p.Call("utime", sys(syscall.SYS_UTIME, "f", words(100, 200)))
	stamps(p, "f")
	p.Call("utime null", sys(syscall.SYS_UTIME, "f", nil))
	stamps(p, "f")
	p.Call("utime bad pointer", sys(syscall.SYS_UTIME, "f", badPtr))
	p.Call("utimes", sys(syscall.SYS_UTIMES, "f", words(300, 5, 400, 999999)))
	stamps(p, "f")
	p.Call("utimes bad microseconds", sys(syscall.SYS_UTIMES, "f", words(300, 1000000, 400, 0)))
	p.Call("futimesat", sys(syscall.SYS_FUTIMESAT, p.OpenDir("."), "f", words(500, 0, 600, 0)))
	stamps(p, "f")
	p.Call("futimesat bad fd", sys(syscall.SYS_FUTIMESAT, 99, "f", words(500, 0, 600, 0)))
}
