package main

import (
	"fmt"
	"syscall"
)

func init() {
	register("mode/chmod", modeChmod)
	register("mode/fchmodat", modeFchmodat)
	register("mode/chown", modeChown)
	register("mode/setid_bits", modeSetidBits)
	register("mode/umask", modeUmask)
	register("mode/access", modeAccess)
	register("mode/faccessat2", modeFaccessat2)
	register("mode/access_real_ids", modeAccessRealIDs)
}

func modeChmod(p *P) {
	p.Create("f")
	p.Mkdir("d")
	p.Symlink("f", "s")
	for _, m := range []int{0, 0o644, 0o7777, 0o1777, 0o100600, 1 << 20} {
		p.Call(fmt.Sprintf("chmod(f, %#o)", m), chmod("f", m))
		p.Show("f")
		p.Must("chmod", chmod("f", 0o600))
	}
	p.Call("through a link", chmod("s", 0o640))
	p.Show("f")
	p.Show("s")
	p.Call("directory", chmod("d", 0o1711))
	p.Show("d")
	p.Call("missing", chmod("no", 0o600))
	p.Call("empty", chmod("", 0o600))
	p.Call("bad pointer", chmod(badPtr, 0o600))
	fd := p.OpenFile("f", syscall.O_RDONLY)
	p.Call("fchmod", sys(syscall.SYS_FCHMOD, fd, 0o604))
	p.Show("f")
	p.Call("fchmod bad fd", sys(syscall.SYS_FCHMOD, 99, 0o604))
	root := p.Root()
	p.AsUser(func() {
		if root {
			p.Call("another's file", chmod("f", 0o666))
			p.Call("another's open file", sys(syscall.SYS_FCHMOD, fd, 0o666))
		}
		p.Call("root's file", chmod("/etc/passwd", 0o666))
	})
}

func modeFchmodat(p *P) {
	p.Mkdir("d")
	p.Create("d/f")
	p.Symlink("f", "d/s")
	d := p.OpenDir("d")
	p.Call("fchmodat", sys(syscall.SYS_FCHMODAT, d, "f", 0o611))
	p.Show("d/f")
	p.Call("fchmodat through a link", sys(syscall.SYS_FCHMODAT, d, "s", 0o622))
	p.Show("d/f")
	p.Call("bad fd", sys(syscall.SYS_FCHMODAT, 99, "f", 0o600))
	p.Call("file as folder", sys(syscall.SYS_FCHMODAT, p.OpenFile("d/f", syscall.O_RDONLY), "x", 0o600))
	p.Call("fchmodat2", sys(sysFchmodat2, d, "f", 0o644, 0))
	p.Call("fchmodat2 of a link", sys(sysFchmodat2, d, "s", 0o600, atSymlinkNofollow))
	p.Call("fchmodat2 by descriptor", sys(sysFchmodat2, p.OpenFile("d/f", syscall.O_RDONLY), "", 0o640, atEmptyPath))
	p.Show("d/f")
	p.Call("fchmodat2 bad flag", sys(sysFchmodat2, d, "f", 0o644, 1))
}

// owner prints who owns a path.
func owner(p *P, path string) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		p.Say("%s: %v", path, err)
		return
	}
	p.Say("%s: uid %d gid %d mode %04o", path, st.Uid, st.Gid, st.Mode&0o7777)
}

func modeChown(p *P) {
	p.Create("f")
	p.Symlink("f", "s")
	chown := func(what string, path any, uid, gid int) {
		p.Call("chown("+what+")", sys(syscall.SYS_CHOWN, path, uid, gid))
	}
	chown("nothing", "f", -1, -1)
	chown("missing", "no", -1, -1)
	chown("bad pointer", badPtr, -1, -1)
	p.Call("fchown bad fd", sys(syscall.SYS_FCHOWN, 99, -1, -1))
	if p.Root() {
		chown("5, 6", "f", 5, 6)
		owner(p, "f")
		chown("-1, 7", "f", -1, 7)
		owner(p, "f")
		chown("through a link", "s", 8, -1)
		owner(p, "f")
		p.Call("lchown", sys(syscall.SYS_LCHOWN, "s", 9, 9))
		owner(p, "s")
		owner(p, "f")
		fd := p.OpenFile("f", syscall.O_RDONLY)
		p.Call("fchown", sys(syscall.SYS_FCHOWN, fd, 10, 11))
		owner(p, "f")
		p.Call("fchownat of the link", sys(syscall.SYS_FCHOWNAT, atFdcwd, "s", 12, 12, atSymlinkNofollow))
		owner(p, "s")
		p.Call("fchownat by descriptor", sys(syscall.SYS_FCHOWNAT, fd, "", 13, 13, atEmptyPath))
		owner(p, "f")
		p.Must("mkdir", mkdir("d", 0o2755))
		p.Must("chown d", sys(syscall.SYS_CHOWN, "d", 0, 77))
		p.Must("chmod d", chmod("d", 0o2755))
		p.Create("d/inherits")
		owner(p, "d/inherits")
		p.Must("mkdir", mkdir("d/e", 0o755))
		owner(p, "d/e")
	}
	p.Call("fchownat bad flag", sys(syscall.SYS_FCHOWNAT, atFdcwd, "f", -1, -1, 1))
	p.Call("fchownat bad fd", sys(syscall.SYS_FCHOWNAT, 99, "f", -1, -1, 0))
	p.Create("mine")
	root := p.Root()
	if root {
		p.Must("chown", sys(syscall.SYS_CHOWN, "mine", 12345, 12345))
	}
	p.AsUser(func() {
		p.Call("give away", sys(syscall.SYS_CHOWN, "mine", 1, -1))
		p.Call("to a strange group", sys(syscall.SYS_CHOWN, "mine", -1, 1))
		p.Call("my own group", sys(syscall.SYS_CHOWN, "mine", -1, syscall.Getegid()))
		p.Call("root's file", sys(syscall.SYS_CHOWN, "/etc/passwd", -1, -1))
	})
}

func modeSetidBits(p *P) {
	p.Create("f")
	show := func(what string) {
		var st syscall.Stat_t
		syscall.Stat("f", &st)
		p.Say("%s: %04o", what, st.Mode&0o7777)
	}
	set := func(mode int) { p.Must("chmod", chmod("f", mode)) }
	if p.Root() {
		set(0o6755)
		p.Must("chown", sys(syscall.SYS_CHOWN, "f", 12345, 12345))
		show("chown clears them")
		set(0o6745)
		p.Must("chown", sys(syscall.SYS_CHOWN, "f", 12345, 12345))
		show("but not set-group-ID without group execution")
	}
	set(0o6777)
	p.AsUser(func() {
		fd := p.OpenFile("f", syscall.O_RDWR)
		p.Must("write", sys(syscall.SYS_WRITE, fd, "x", 1))
		show("so does a write of a user")
	})
	set(0o6777)
	p.AsUser(func() {
		p.Must("truncate", sys(syscall.SYS_TRUNCATE, "f", 0))
		show("and truncate")
	})
	set(0o6777)
	fd := p.OpenFile("f", syscall.O_RDWR)
	p.Must("write", sys(syscall.SYS_WRITE, fd, "x", 1))
	if p.Root() {
		show("root's write keeps them")
	}
	p.AsUser(func() {
		r := open("g", syscall.O_CREAT|syscall.O_WRONLY, 0o6777)
		p.Open("create with both", r)
		var st syscall.Stat_t
		syscall.Stat("g", &st)
		p.Say("%04o", st.Mode&0o7777)
	})
}

func modeUmask(p *P) {
	p.Say("%04o", syscall.Umask(0o777))
	p.Say("%04o", syscall.Umask(-1))
	p.Say("%04o", syscall.Umask(0o027))
	p.Create("f")
	p.Must("mkdir", mkdir("d", 0o777))
	p.Show("f")
	p.Show("d")
	p.Must("chmod", chmod("f", 0o777)) // chmod knows no umask
	p.Show("f")
	p.Must("mknod", sys(syscall.SYS_MKNOD, "p", syscall.S_IFIFO|0o666, 0))
	p.Show("p")
}

func modeAccess(p *P) {
	p.Create("f")
	p.Mkdir("d")
	p.Create("d/in")
	p.Symlink("gone", "s")
	access := func(what string, path any, mode int) {
		p.Call(fmt.Sprintf("access(%s, %d)", what, mode), sys(syscall.SYS_ACCESS, path, mode))
	}
	access("f", "f", 0)
	access("f", "f", 6)
	access("f", "f", 8)
	access("f", "f", -1)
	access("missing", "no", 0)
	access("missing", "no", 8)
	access("dangling", "s", 0)
	access("empty", "", 0)
	access("file with slash", "f/", 0)
	access("bad pointer", badPtr, 0)
	access("bad pointer and mode", badPtr, 8)
	for _, m := range []int{0o400, 0o200, 0o100, 0o444, 0o222, 0o111, 0} {
		p.Must("chmod", chmod("f", m))
		for _, want := range []int{4, 2, 1, 7} {
			access(fmt.Sprintf("%04o", m), "f", want)
		}
	}
	p.Must("chmod", chmod("d", 0o600))
	access("in a folder without x", "d/in", 0)
	p.AsUser(func() {
		for _, m := range []int{4, 2, 1} {
			access("the same as a user", "f", m)
		}
		access("in a folder without x, as a user", "d/in", 0)
		access("root's", "/etc/passwd", 4)
		access("root's", "/etc/passwd", 2)
	})
}

func modeFaccessat2(p *P) {
	p.Mkdir("d")
	p.Create("d/f")
	p.Symlink("gone", "d/s")
	d := p.OpenDir("d")
	at := func(what string, fd int, path any, mode, flags int) {
		p.Call("faccessat2("+what+")", sys(sysFaccessat2, fd, path, mode, flags))
	}
	at("f", d, "f", 4, 0)
	at("dangling", d, "s", 0, 0)
	at("the link itself", d, "s", 0, atSymlinkNofollow)
	at("effective", d, "f", 4, atEaccess)
	at("by descriptor", d, "", 0, atEmptyPath)
	at("empty", d, "", 0, 0)
	at("bad flag", d, "f", 0, 1)
	at("bad fd", 99, "f", 0, 0)
	p.Call("faccessat", sys(syscall.SYS_FACCESSAT, d, "f", 4))
	p.Call("faccessat bad fd", sys(syscall.SYS_FACCESSAT, 99, "f", 4))
}

func modeAccessRealIDs(p *P) {
	if !p.Root() {
		p.Say("needs root")
		return
	}
	p.Create("f")
	p.Must("chmod", chmod("f", 0o600))
	done := make(chan bool)
	go lockedThread(done, func() {
		p.Must("setresuid", sys(syscall.SYS_SETRESUID, 12345, 0, 0))
		p.Call("access looks at the real uid", sys(syscall.SYS_ACCESS, "f", 4))
		p.Call("faccessat2 with EACCESS at the effective one", sys(sysFaccessat2, atFdcwd, "f", 4, atEaccess))
		p.Open("open too", open("f", syscall.O_RDONLY, 0))
	})
	<-done
	go lockedThread(done, func() {
		p.Must("setresuid", sys(syscall.SYS_SETRESUID, 0, 12345, 0))
		p.Call("real root", sys(syscall.SYS_ACCESS, "f", 4))
		p.Call("effective user", sys(sysFaccessat2, atFdcwd, "f", 4, atEaccess))
		p.Open("open", open("f", syscall.O_RDONLY, 0))
	})
	<-done
}
