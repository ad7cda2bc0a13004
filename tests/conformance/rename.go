package main

import (
	"fmt"
	"syscall"
)

func init() {
	register("rename/whiteout", renameWhiteout)
	register("rename/file", renameFile)
	register("rename/errors", renameErrors)
	register("rename/directory", renameDirectory)
	register("rename/links", renameLinks)
	register("rename/noreplace", renameNoReplace)
	register("rename/exchange", renameExchange)
	register("rename/flags", renameFlags)
	register("rename/at", renameAt)
	register("rename/permissions", renamePermissions)
	register("rename/open_files", renameOpenFiles)
	register("rename/loop", renameLoop)
}

func renameFile(p *P) {
	p.Create("a")
	ino := p.Inode("a")
	p.Call("rename(a, b)", rename("a", "b"))
	p.Show("a")
	p.Show("b")
	p.Say("same inode: %v", p.Inode("b") == ino)
	p.Create("c")
	p.Call("rename(b, c)", rename("b", "c"))
	p.Show("b")
	p.Show("c")
	p.Call("rename(c, c)", rename("c", "c"))
	p.Call("rename(c, ./c)", rename("c", "./c"))
	p.Show("c")
}

func renameErrors(p *P) {
	p.Create("f")
	p.Mkdir("d")
	p.Mkdir("full")
	p.Create("full/x")
	p.Call("missing source", rename("no", "new"))
	p.Call("missing source, bad target", rename("no", "nodir/x"))
	p.Call("missing target folder", rename("f", "nodir/x"))
	p.Call("file in the way", rename("f", "f/x"))
	p.Call("file over directory", rename("f", "d"))
	p.Call("directory over file", rename("d", "f"))
	p.Call("directory over full one", rename("d", "full"))
	p.Call("directory into itself", rename("d", "d/x"))
	p.Call("over its ancestor", rename("full/x", "full"))
	p.Call("dot", rename(".", "x"))
	p.Call("d/.", rename("d/.", "x"))
	p.Call("d/..", rename("d/..", "x"))
	p.Call("to .", rename("f", "."))
	p.Call("to d/..", rename("f", "d/.."))
	p.Call("empty source", rename("", "x"))
	p.Call("empty target", rename("f", ""))
	p.Call("file with slash", rename("f/", "x"))
	p.Call("file to name with slash", rename("f", "x/"))
	p.Call("directory to name with slash", rename("d", "e/"))
	p.Call("directory with slash", rename("e/", "d"))
	p.Call("long source", rename(long(256), "x"))
	p.Call("long target", rename("f", long(256)))
	p.Call("long path", rename("f", long(4096)))
	p.Call("bad source pointer", rename(badPtr, "x"))
	p.Call("bad target pointer", rename("f", badPtr))
	p.Call("null", rename(nil, nil))
	p.Call("kernel pointer", rename("f", uint64(kernPtr)))
	p.Call("missing source, bad pointer target", rename("no", badPtr))
	p.Show("f")
	p.Show("d")
}

func renameDirectory(p *P) {
	p.Mkdir("a")
	p.Create("a/f")
	p.Mkdir("b")
	p.Call("over an empty one", rename("a", "b"))
	p.Show("a")
	p.Show("b/f")
	p.Mkdir("c")
	p.Call("into another", rename("b", "c/b"))
	p.Show("c/b/f")
	fd := p.OpenDir("c/b")
	p.Call("up again", rename("c/b", "b"))
	p.Call("fchdir", sys(syscall.SYS_FCHDIR, fd))
	p.Show("../b/f")
	p.Show("f")
	p.Show("../../" + "b")
}

func renameLinks(p *P) {
	p.Create("a")
	p.Must("link", link("a", "b"))
	p.Call("two names of one file", rename("a", "b"))
	p.Show("a")
	p.Show("b")
	p.Symlink("a", "s")
	p.Call("rename(s, t)", rename("s", "t"))
	p.Show("t")
	p.Call("file over symlink", rename("b", "t"))
	p.Show("t")
	p.Mkdir("d")
	p.Symlink("d", "sd")
	p.Call("file over symlink to directory", rename("a", "sd"))
	p.Show("sd")
	p.Symlink("d", "sd2")
	p.Call("symlink with slash", rename("sd2/", "x"))
	p.Call("directory over symlink", rename("d", "sd2"))
	p.Symlink("nowhere", "dangling")
	p.Call("dangling symlink", rename("dangling", "still"))
	p.Show("still")
}

func renameNoReplace(p *P) {
	p.Create("a")
	p.Create("b")
	p.Symlink("no", "s")
	p.Call("renameat2(a, b, NOREPLACE)", renameat2("a", "b", 1))
	p.Call("renameat2(a, c, NOREPLACE)", renameat2("a", "c", 1))
	p.Call("renameat2(c, s, NOREPLACE)", renameat2("c", "s", 1))
	p.Call("renameat2(c, c, NOREPLACE)", renameat2("c", "c", 1))
	p.Call("renameat2(no, b, NOREPLACE)", renameat2("no", "b", 1))
	p.Call("renameat2(c, b, NOREPLACE|EXCHANGE)", renameat2("c", "b", 3))
	p.Call("renameat2(c, ., NOREPLACE)", renameat2("c", ".", 1))
	p.Show("b")
	p.Show("c")
}

func renameExchange(p *P) {
	p.Create("a")
	p.Mkdir("d")
	p.Create("d/x")
	p.Call("renameat2(a, d, EXCHANGE)", renameat2("a", "d", 2))
	p.Show("d")
	p.Show("a/x")
	p.Call("with a missing one", renameat2("a", "no", 2))
	p.Call("a missing one with", renameat2("no", "a", 2))
	p.Call("directory with its own file", renameat2("a", "a/x", 2))
	p.Call("file with its own directory", renameat2("a/x", "a", 2))
	p.Symlink("d", "s")
	p.Call("renameat2(a, s, EXCHANGE)", renameat2("a", "s", 2))
	p.Show("a")
	p.Show("s")
}

func renameFlags(p *P) {
	p.Create("a")
	// WHITEOUT alone needs a privilege and a file system that can.
	for _, f := range []int{6, 7, 8, 1 << 31, -1} {
		p.Call(fmt.Sprintf("flags %d", f), renameat2("a", "b", f))
	}
	p.Call("flags come before pointers", sys(sysRenameat2, atFdcwd, badPtr, atFdcwd, badPtr, 8))
	p.Show("a")
}

func renameAt(p *P) {
	p.Mkdir("d")
	p.Mkdir("e")
	p.Create("d/f")
	p.Create("g")
	d, e, g := p.OpenDir("d"), p.OpenDir("e"), p.OpenFile("g", syscall.O_RDONLY)
	at := func(what string, fd int, from any, fd2 int, to any) {
		p.Call("renameat("+what+")", sys(syscall.SYS_RENAMEAT, fd, from, fd2, to))
	}
	at("d/f, e/f", d, "f", e, "f")
	p.Show("e/f")
	at("bad fd", -1, "f", e, "x")
	at("bad second fd", e, "f", 999, "x")
	at("file fd", g, "f", e, "x")
	at("file as second fd", e, "f", g, "x")
	at("absolute with bad fds", -1, p.Dir+"/e/f", -1, p.Dir+"/h")
	p.Show("h")
	at("empty", d, "", e, "x")
	at("dotdot", d, "../h", e, "../i")
	p.Show("i")
}

func renamePermissions(p *P) {
	p.Mkdir("ro")
	p.Create("ro/f")
	p.Mkdir("open")
	p.Must("chmod open", chmod("open", 0o777))
	p.Mkdir("sticky")
	p.Create("sticky/f")
	p.Must("chmod sticky", chmod("sticky", 0o1777))
	if !p.Root() {
		p.Must("chmod ro", chmod("ro", 0o555))
	}
	root := p.Root()
	p.AsUser(func() {
		p.Call("out of a read-only folder", rename("ro/f", "open/f"))
		p.Call("missing in a read-only folder", rename("ro/no", "open/f"))
		p.Must("create", open("open/mine", syscall.O_CREAT|syscall.O_WRONLY, 0o600))
		p.Call("into a read-only folder", rename("open/mine", "ro/mine"))
		p.Call("over a file there", rename("open/mine", "ro/f"))
		if root {
			p.Call("another's file in a sticky folder", rename("sticky/f", "sticky/g"))
			p.Call("over another's file", rename("open/mine", "sticky/f"))
		}
		p.Call("my own", rename("open/mine", "sticky/mine"))
		p.Call("my own again", rename("sticky/mine", "sticky/mine2"))
		p.Must("mkdir", mkdir("open/dir", 0o555))
		p.Call("read-only directory in place", rename("open/dir", "open/dir2"))
		p.Call("read-only directory elsewhere", rename("open/dir2", "sticky/dir2"))
	})
}

func renameOpenFiles(p *P) {
	p.Create("a")
	p.Create("b")
	fd := p.OpenFile("b", syscall.O_RDWR)
	p.Call("rename(a, b)", rename("a", "b"))
	b := make([]byte, 8)
	r := p.Call("read the old b", sys(syscall.SYS_READ, fd, b, 8))
	p.Say("%q", b[:r.Value])
	var st syscall.Stat_t
	syscall.Fstat(fd, &st)
	p.Say("links of the old b: %d", st.Nlink)
	p.Call("write to it", sys(syscall.SYS_WRITE, fd, "more", 4))
	p.Show("b")
}

func renameLoop(p *P) {
	p.Symlink("l2", "l1")
	p.Symlink("l1", "l2")
	p.Call("rename(l1, x)", rename("l1", "x"))
	p.Must("back", rename("x", "l1"))
	p.Call("rename(l1/f, x)", rename("l1/f", "x"))
	p.Create("f")
	p.Call("rename(f, l2/x)", rename("f", "l2/x"))
}

func renameWhiteout(p *P) {
	const whiteout, noReplace, exchange = 4, 1, 2
	p.Create("f")
	p.Create("g")
	p.Mkdir("d")
	move := func(what, from, to string, flags int) {
		p.Call(what, sys(316, -100, from, -100, to, flags))
	}
	move("whiteout", "f", "h", whiteout)
	p.Show("h")
	var st syscall.Stat_t
	syscall.Lstat("f", &st)
	p.Say("mode %o rdev %d nlink %d", st.Mode, st.Rdev, st.Nlink)
	p.Call("open", open("f", syscall.O_RDONLY, 0))
	move("over a file", "h", "g", whiteout)
	move("a directory", "d", "e", whiteout)
	syscall.Lstat("d", &st)
	p.Say("mode %o", st.Mode)
	move("with exchange", "g", "e", whiteout|exchange)
	move("with noreplace", "g", "e", whiteout|noReplace)
	move("onto itself", "g", "g", whiteout)
	p.Show("g")
	move("missing", "no", "x", whiteout)
	p.AsUser(func() { move("as a user", "g", "x", whiteout) })
}
