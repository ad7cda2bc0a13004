package main

import (
	"fmt"
	"syscall"
)

func init() {
	register("size/truncate", sizeTruncate)
	register("size/ftruncate", sizeFtruncate)
	register("size/fallocate", sizeFallocate)
	register("size/punch", sizePunch)
	register("size/sync", sizeSync)
	register("size/fadvise", sizeFadvise)
}

func sizeTruncate(p *P) {
	p.Write("f", "0123456789")
	p.Mkdir("d")
	p.Symlink("f", "s")
	cut := func(what string, path any, n int) {
		p.Call(fmt.Sprintf("truncate(%s, %d)", what, n), sys(syscall.SYS_TRUNCATE, path, n))
	}
	cut("f", "f", 4)
	p.Show("f")
	cut("f", "f", 8)
	p.Show("f")
	cut("through a link", "s", 0)
	p.Show("f")
	cut("f", "f", -1)
	cut("directory", "d", 0)
	cut("missing", "no", 0)
	cut("empty", "", 0)
	cut("bad pointer", badPtr, 0)
	cut("bad pointer", badPtr, -1)
	cut("slash", "f/", 0)
	p.Must("mknod", sys(syscall.SYS_MKNOD, "p", syscall.S_IFIFO|0o600, 0))
	cut("fifo", "p", 0)
	p.Must("chmod", chmod("f", 0o444))
	p.AsUser(func() { cut("read-only, as a user", "f", 0) })
	cut("big", "big", 0)
	p.Create("big")
	cut("big", "big", 1<<40)
	var st syscall.Stat_t
	syscall.Stat("big", &st)
	p.Say("size %d, few blocks %v", st.Size, st.Blocks < 1000)
}

func sizeFtruncate(p *P) {
	p.Write("f", "0123456789")
	rw, ro, d := p.OpenFile("f", syscall.O_RDWR), p.OpenFile("f", syscall.O_RDONLY), p.OpenDir(".")
	cut := func(what string, fd, n int) {
		p.Call(fmt.Sprintf("ftruncate(%s, %d)", what, n), sys(syscall.SYS_FTRUNCATE, fd, n))
	}
	p.Must("lseek", sys(syscall.SYS_LSEEK, rw, 8, 0))
	cut("rw", rw, 3)
	p.Show("f")
	p.Call("the offset stays", sys(syscall.SYS_LSEEK, rw, 0, 1))
	p.Call("write behind the end", sys(syscall.SYS_WRITE, rw, "x", 1))
	p.Show("f")
	cut("read-only", ro, 0)
	cut("directory", d, 0)
	cut("bad fd", 99, 0)
	cut("negative", rw, -1)
	cut("bad fd, negative", 99, -1)
	cut("O_PATH", p.Must("open", open("f", 0o10000000, 0)).FD(), 0)
	var pipe [2]int
	syscall.Pipe(pipe[:])
	cut("pipe", pipe[1], 0)
	ap := p.OpenFile("f", syscall.O_WRONLY|syscall.O_APPEND)
	cut("append", ap, 2)
	p.Show("f")
}

func sizeFallocate(p *P) {
	p.Write("f", "0123456789")
	rw, ro, d := p.OpenFile("f", syscall.O_RDWR), p.OpenFile("f", syscall.O_RDONLY), p.OpenDir(".")
	alloc := func(what string, fd, mode, off, n int) {
		p.Call("fallocate("+what+")", sys(syscall.SYS_FALLOCATE, fd, mode, off, n))
	}
	alloc("inside", rw, 0, 0, 5)
	p.Show("f")
	alloc("grow", rw, 0, 5, 20)
	p.Show("f")
	alloc("keep size", rw, 1, 0, 100)
	p.Show("f")
	alloc("zero length", rw, 0, 0, 0)
	alloc("negative offset", rw, 0, -1, 5)
	alloc("negative length", rw, 0, 0, -5)
	alloc("beyond all", rw, 0, 1<<62, 1<<62)
	alloc("unknown mode", rw, 0x1000, 0, 5)
	alloc("punch without keep size", rw, 2, 0, 5)
	alloc("read-only", ro, 0, 0, 5)
	alloc("directory", d, 0, 0, 5)
	alloc("bad fd", 99, 0, 0, 5)
	alloc("bad fd, bad mode", 99, 0x1000, 0, 5)
	var pipe [2]int
	syscall.Pipe(pipe[:])
	alloc("pipe", pipe[1], 0, 0, 5)
}

func sizePunch(p *P) {
	data := long(3 * 4096)
	p.Write("f", data)
	fd := p.OpenFile("f", syscall.O_RDWR)
	p.Call("punch a page", sys(syscall.SYS_FALLOCATE, fd, 3, 4096, 4096))
	b := make([]byte, 3*4096)
	p.Must("pread", sys(syscall.SYS_PREAD64, fd, b, len(b), 0))
	p.Say("before %c, hole %d %d, after %c", b[4095], b[4096], b[8191], b[8192])
	p.Call("punch a part", sys(syscall.SYS_FALLOCATE, fd, 3, 10, 5))
	p.Must("pread", sys(syscall.SYS_PREAD64, fd, b, len(b), 0))
	p.Say("%c %d %d %c", b[9], b[10], b[14], b[15])
	p.Call("punch beyond the end", sys(syscall.SYS_FALLOCATE, fd, 3, 1<<20, 4096))
	var st syscall.Stat_t
	syscall.Fstat(fd, &st)
	p.Say("size %d", st.Size)
}

func sizeSync(p *P) {
	p.Create("f")
	fd, d := p.OpenFile("f", syscall.O_RDWR), p.OpenDir(".")
	p.Call("fsync", sys(syscall.SYS_FSYNC, fd))
	p.Call("fdatasync", sys(syscall.SYS_FDATASYNC, fd))
	p.Call("fsync of a directory", sys(syscall.SYS_FSYNC, d))
	p.Call("fsync bad fd", sys(syscall.SYS_FSYNC, 99))
	p.Call("fdatasync bad fd", sys(syscall.SYS_FDATASYNC, 99))
	p.Call("fsync read-only", sys(syscall.SYS_FSYNC, p.OpenFile("f", syscall.O_RDONLY)))
	p.Call("sync_file_range", sys(syscall.SYS_SYNC_FILE_RANGE, fd, 0, 10, 7))
	p.Call("sync_file_range bad flags", sys(syscall.SYS_SYNC_FILE_RANGE, fd, 0, 10, 8))
	p.Call("sync_file_range negative", sys(syscall.SYS_SYNC_FILE_RANGE, fd, -1, 10, 1))
	p.Call("syncfs bad fd", sys(306, 99))
	var pipe [2]int
	syscall.Pipe(pipe[:])
	p.Call("fsync of a pipe", sys(syscall.SYS_FSYNC, pipe[0]))
	p.Call("sync_file_range of a pipe", sys(syscall.SYS_SYNC_FILE_RANGE, pipe[0], 0, 1, 1))
}

func sizeFadvise(p *P) {
	p.Create("f")
	fd := p.OpenFile("f", syscall.O_RDWR)
	for a := range 7 {
		p.Call(fmt.Sprintf("fadvise64(%d)", a), sys(syscall.SYS_FADVISE64, fd, 0, 0, a))
	}
	p.Call("bad fd", sys(syscall.SYS_FADVISE64, 99, 0, 0, 0))
	p.Call("negative length", sys(syscall.SYS_FADVISE64, fd, 0, -1, 0))
	var pipe [2]int
	syscall.Pipe(pipe[:])
	p.Call("pipe", sys(syscall.SYS_FADVISE64, pipe[0], 0, 0, 0))
	p.Call("readahead", sys(syscall.SYS_READAHEAD, fd, 0, 100))
	p.Call("readahead bad fd", sys(syscall.SYS_READAHEAD, 99, 0, 100))
}
