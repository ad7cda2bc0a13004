package main

import "syscall"

func init() {
	register("link/hard", linkHard)
	register("link/errors", linkErrors)
	register("link/at", linkAt)
	register("link/symlink", linkSymlink)
	register("link/readlink", linkReadlink)
	register("link/unlink", linkUnlink)
	register("link/unlinkat", linkUnlinkat)
	register("link/open_unlinked", linkOpenUnlinked)
	register("link/permissions", linkPermissions)
	register("link/depth", linkDepth)
	register("link/walk", linkWalk)
}

func linkHard(p *P) {
	p.Create("a")
	p.Call("link(a, b)", link("a", "b"))
	p.Show("a")
	p.Say("same inode: %v", p.Inode("a") == p.Inode("b"))
	p.Write("b", "changed by b")
	p.Show("a")
	p.Call("unlink(a)", unlink("a"))
	p.Show("b")
	p.Symlink("b", "s")
	p.Call("link(s, t): the link itself", link("s", "t"))
	p.Show("t")
	p.Symlink("nowhere", "d")
	p.Call("link(dangling)", link("d", "e"))
	p.Show("e")
}

func linkErrors(p *P) {
	p.Create("f")
	p.Create("g")
	p.Mkdir("d")
	p.Symlink("loop", "loop")
	p.Call("missing", link("no", "x"))
	p.Call("target exists", link("f", "g"))
	p.Call("target is itself", link("f", "f"))
	p.Call("directory", link("d", "x"))
	p.Call("over a directory", link("f", "d"))
	p.Call("missing folder", link("f", "no/x"))
	p.Call("file as folder", link("f", "g/x"))
	p.Call("empty", link("", "x"))
	p.Call("to empty", link("f", ""))
	p.Call("slash after source", link("f/", "x"))
	p.Call("slash after target", link("f", "x/"))
	p.Call("through a loop", link("loop/f", "x"))
	p.Call("long", link("f", long(256)))
	p.Call("bad pointer", link(badPtr, "x"))
	p.Call("bad target pointer", link("f", badPtr))
	p.Call("missing and bad pointer", link("no", badPtr))
	p.Show("f")
}

func linkAt(p *P) {
	p.Create("f")
	p.Mkdir("d")
	p.Symlink("f", "s")
	d, f := p.OpenDir("d"), p.OpenFile("f", syscall.O_RDONLY)
	at := func(what string, fd int, from any, fd2 int, to any, flags int) {
		p.Call("linkat("+what+")", sys(syscall.SYS_LINKAT, fd, from, fd2, to, flags))
	}
	at("f to d/g", atFdcwd, "f", d, "g", 0)
	p.Show("d/g")
	at("s followed", atFdcwd, "s", atFdcwd, "h", atSymlinkFollow)
	p.Show("h")
	at("s", atFdcwd, "s", atFdcwd, "i", 0)
	p.Show("i")
	at("bad fd", 99, "f", d, "x", 0)
	at("bad second fd", atFdcwd, "f", 99, "x", 0)
	at("file as folder", f, "f", d, "x", 0)
	at("bad flags", atFdcwd, "f", d, "x", 0x100)
	at("bad flags, bad pointers", atFdcwd, badPtr, d, badPtr, 0x100)
	at("empty path without a flag", f, "", atFdcwd, "x", 0)
	if p.Root() {
		at("empty path", f, "", atFdcwd, "by-fd", atEmptyPath)
		p.Show("by-fd")
	}
}

func linkSymlink(p *P) {
	p.Call("symlink(target, s)", symlink("target", "s"))
	p.Show("s")
	p.Call("again", symlink("target", "s"))
	p.Call("empty target", symlink("", "e"))
	p.Call("empty name", symlink("x", ""))
	p.Call("missing folder", symlink("x", "no/s"))
	p.Call("name with slash", symlink("x", "n/"))
	p.Call("long target", symlink(long(4095), "l"))
	p.Call("too long target", symlink(long(4096), "l2"))
	p.Call("long name", symlink("x", long(256)))
	p.Call("bad pointer", symlink(badPtr, "x"))
	p.Call("bad name pointer", symlink("x", badPtr))
	p.Mkdir("d")
	p.Call("over a directory", symlink("x", "d"))
	p.Call("open through it", open("s", syscall.O_RDONLY, 0))
	p.Call("symlinkat", sys(syscall.SYS_SYMLINKAT, "../s", p.OpenDir("d"), "in"))
	p.Show("d/in")
	p.Call("symlinkat bad fd", sys(syscall.SYS_SYMLINKAT, "x", 99, "in"))
	p.Call("mode is not kept: chmod follows", chmod("s", 0o600))
}

func linkReadlink(p *P) {
	p.Create("f")
	p.Symlink("twelve-bytes", "s")
	p.Symlink("s", "t")
	read := func(what string, path any, size int) {
		b := make([]byte, 64)
		for i := range b {
			b[i] = '#'
		}
		r := p.Call("readlink("+what+")", sys(syscall.SYS_READLINK, path, b, size))
		if r.Errno == 0 {
			p.Say("%s", b[:16])
		}
	}
	read("s", "s", 64)
	read("s, room for 5", "s", 5)
	read("s, exact", "s", 12)
	read("t", "t", 64)
	read("s, no room", "s", 0)
	read("s, negative", "s", -1)
	read("f", "f", 64)
	read("missing", "no", 64)
	read("file as folder", "f/x", 64)
	read("slash behind", "s/", 64)
	read("folder", ".", 64)
	read("bad pointer", badPtr, 64)
	p.Call("bad buffer", sys(syscall.SYS_READLINK, "s", badPtr, 64))
	_, end := p.edge(5)
	p.Call("buffer at an edge", sys(syscall.SYS_READLINK, "s", end, 64))
	p.Call("buffer at an edge, small", sys(syscall.SYS_READLINK, "s", end, 5))
	b := make([]byte, 64)
	p.Call("readlinkat", sys(syscall.SYS_READLINKAT, p.OpenDir("."), "s", b, 64))
	p.Call("readlinkat bad fd", sys(syscall.SYS_READLINKAT, 99, "s", b, 64))
	p.Call("readlinkat of an open file", sys(syscall.SYS_READLINKAT, p.OpenFile("f", syscall.O_RDONLY), "", b, 64))
}

func linkUnlink(p *P) {
	p.Create("f")
	p.Mkdir("d")
	p.Symlink("f", "s")
	p.Symlink("d", "sd")
	p.Call("symlink", unlink("s"))
	p.Show("f")
	p.Call("directory", unlink("d"))
	p.Call("symlink to directory with slash", unlink("sd/"))
	p.Call("symlink to directory", unlink("sd"))
	p.Show("d")
	p.Call("file with slash", unlink("f/"))
	p.Call("missing with slash", unlink("no/"))
	p.Call("f", unlink("f"))
	p.Call("f again", unlink("f"))
	p.Call("dot", unlink("."))
	p.Call("dotdot", unlink(".."))
	p.Call("d/.", unlink("d/."))
	p.Call("empty", unlink(""))
	p.Call("long", unlink(long(256)))
	p.Call("longer", unlink(long(5000)))
	p.Call("bad pointer", unlink(badPtr))
	p.Call("missing folder", unlink("no/x"))
	p.Must("mknod", sys(syscall.SYS_MKNOD, "fifo", syscall.S_IFIFO|0o600, 0))
	p.Call("fifo", unlink("fifo"))
}

func linkUnlinkat(p *P) {
	p.Mkdir("d")
	p.Create("d/f")
	p.Mkdir("d/e")
	d := p.OpenDir("d")
	at := func(what string, fd int, path any, flags int) {
		p.Call("unlinkat("+what+")", sys(syscall.SYS_UNLINKAT, fd, path, flags))
	}
	at("directory without the flag", d, "e", 0)
	at("file with the flag", d, "f", atRemovedir)
	at("full directory", atFdcwd, "d", atRemovedir)
	at("e", d, "e", atRemovedir)
	at("f", d, "f", 0)
	at("bad flag", d, "f", 1)
	at("bad flag, bad pointer", d, badPtr, 1)
	at("bad fd", 99, "f", 0)
	at("dot", d, ".", atRemovedir)
	at("empty", d, "", atRemovedir)
	at("d", atFdcwd, "d", atRemovedir)
	at("in the removed one", d, "x", 0)
}

func linkOpenUnlinked(p *P) {
	p.Create("f")
	fd := p.OpenFile("f", syscall.O_RDWR)
	p.Call("unlink", unlink("f"))
	p.Create("f")
	b := make([]byte, 16)
	r := p.Call("read", sys(syscall.SYS_READ, fd, b, 16))
	p.Say("%q", b[:r.Value])
	p.Call("write", sys(syscall.SYS_WRITE, fd, "more", 4))
	var st syscall.Stat_t
	p.Say("%v", syscall.Fstat(fd, &st))
	p.Say("links %d size %d, another inode %v", st.Nlink, st.Size, p.Inode("f") != st.Ino)
	p.Show("f")
	p.Call("ftruncate", sys(syscall.SYS_FTRUNCATE, fd, 1<<20))
	p.Call("close", closeFD(fd))
}

func linkPermissions(p *P) {
	p.Mkdir("ro")
	p.Create("ro/f")
	p.Mkdir("open")
	p.Must("chmod", chmod("open", 0o777))
	p.Create("open/theirs")
	root := p.Root()
	if !root {
		p.Must("chmod", chmod("ro", 0o555))
	}
	p.AsUser(func() {
		p.Call("unlink in a read-only folder", unlink("ro/f"))
		p.Call("missing there", unlink("ro/no"))
		p.Call("symlink into it", symlink("x", "ro/s"))
		p.Call("link into it", link("open/theirs", "ro/g"))
		p.Call("another's file in an open folder", unlink("open/theirs"))
		p.Must("create", open("open/mine", syscall.O_CREAT|syscall.O_WRONLY, 0))
		p.Call("mine without any mode", unlink("open/mine"))
	})
}

func linkDepth(p *P) {
	p.Create(name(0))
	for i := 1; i <= 45; i++ {
		p.Symlink(name(i-1), name(i))
	}
	for _, n := range []int{1, 39, 40, 41, 45} {
		r := open(name(n), syscall.O_RDONLY, 0)
		r.Value = min(r.Value, 0)
		p.Call("open "+name(n), r)
	}
	p.Mkdir("d")
	p.Symlink("d", "e")
	p.Create("d/f")
	path := ""
	for range 41 {
		path += "e/../"
	}
	r := open(path+"e/f", syscall.O_RDONLY, 0)
	r.Value = min(r.Value, 0)
	p.Call("42 links on the way", r)
}

func name(i int) string { return "l" + string(rune('0'+i/10)) + string(rune('0'+i%10)) }

func linkWalk(p *P) {
	p.Mkdir("a")
	p.Mkdir("a/b")
	p.Create("a/b/f")
	p.Symlink("a/b", "ab")
	p.Symlink("../f", "a/b/up")
	p.Create("a/f")
	p.Symlink(p.Dir+"/a", "abs")
	p.Symlink("./a//b/.//../b/f", "messy")
	for _, path := range []string{"ab/f", "ab/../f", "ab/up", "abs/b/f", "abs/../a/f", "messy", "a/./b/../../a/f", "a//b///f", "ab/./up", "a/b/up/", "ab//"} {
		r := open(path, syscall.O_RDONLY, 0)
		if r.Errno == 0 && path != "ab//" {
			p.Say("%s: %q", path, p.Read(path))
		} else {
			r.Value = min(r.Value, 0)
			p.Call(path, r)
		}
	}
	deep := ""
	for range 500 {
		deep += "a/../"
	}
	p.Say("1000 components: %q", p.Read(deep+"a/f"))
	p.Say("a path of 4095: %q", p.Read(pad("a/f", 4095)))
	p.Say("a path of 4096: %q", p.Read(pad("a/f", 4096)))
}

// pad makes a path of n bytes that leads to the same file.
func pad(path string, n int) string {
	b := make([]byte, n-len(path))
	for i := range b {
		b[i] = '/'
	}
	return "." + string(b[:len(b)-1]) + path
}
