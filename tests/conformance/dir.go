package main

import (
	"fmt"
	"sort"
	"strings"
	"syscall"
)

func init() {
	register("dir/mkdir", dirMkdir)
	register("dir/rmdir", dirRmdir)
	register("dir/mknod", dirMknod)
	register("dir/removed", dirRemoved)
	register("dir/permissions", dirPermissions)
	register("dir/getdents", dirGetdents)
	register("dir/getdents_errors", dirGetdentsErrors)
	register("dir/getdents_seek", dirGetdentsSeek)
	register("dir/getdents_changes", dirGetdentsChanges)
	register("dir/getdents_large", dirGetdentsLarge)
	register("dir/chdir", dirChdir)
	register("dir/getcwd", dirGetcwd)
	register("dir/chroot", dirChroot)
}

func dirMkdir(p *P) {
	p.Call("mkdir(d, 0777)", mkdir("d", 0o777))
	p.Show("d")
	p.Call("again", mkdir("d", 0o777))
	p.Call("mode bits beyond", mkdir("e", 0o7777))
	p.Show("e")
	p.Create("f")
	p.Symlink("nowhere", "s")
	p.Symlink("d", "sd")
	p.Call("over a file", mkdir("f", 0o777))
	p.Call("over a dangling link", mkdir("s", 0o777))
	p.Call("over a link to a directory", mkdir("sd", 0o777))
	p.Call("through a link", mkdir("sd/in", 0o777))
	p.Call("slash", mkdir("g/", 0o777))
	p.Call("slashes", mkdir("h///", 0o777))
	p.Call("dot", mkdir(".", 0o777))
	p.Call("d/.", mkdir("d/.", 0o777))
	p.Call("new/.", mkdir("new/.", 0o777))
	p.Call("root", mkdir("/", 0o777))
	p.Call("empty", mkdir("", 0o777))
	p.Call("missing folder", mkdir("no/x", 0o777))
	p.Call("file as folder", mkdir("f/x", 0o777))
	p.Call("long", mkdir(long(255), 0o777))
	p.Call("too long", mkdir(long(256), 0o777))
	p.Call("bad pointer", mkdir(badPtr, 0o777))
	p.Call("mkdirat", sys(syscall.SYS_MKDIRAT, p.OpenDir("d"), "at", 0o700))
	p.Show("d/at")
	p.Call("mkdirat bad fd", sys(syscall.SYS_MKDIRAT, 99, "at", 0o700))
	syscall.Umask(0o777)
	p.Call("umask 0777", mkdir("none", 0o777))
	syscall.Umask(0o022)
	p.Show("none")
	p.Must("chmod", chmod("d", 0o2775))
	p.Call("in a set-group-ID folder", mkdir("d/inherits", 0o755))
	p.Show("d/inherits")
}

func dirRmdir(p *P) {
	p.Mkdir("d")
	p.Mkdir("d/e")
	p.Create("f")
	p.Symlink("d", "s")
	p.Call("full", rmdir("d"))
	p.Call("file", rmdir("f"))
	p.Call("symlink", rmdir("s"))
	p.Call("symlink with slash", rmdir("s/"))
	p.Call("d/e/.", rmdir("d/e/."))
	p.Call("d/e/..", rmdir("d/e/.."))
	p.Call("dot", rmdir("."))
	p.Call("root", rmdir("/"))
	p.Call("empty", rmdir(""))
	p.Call("missing", rmdir("no"))
	p.Call("bad pointer", rmdir(badPtr))
	p.Call("d/e/", rmdir("d/e/"))
	p.Call("d", rmdir("d"))
	p.Call("d again", rmdir("d"))
}

func dirMknod(p *P) {
	mknod := func(what, path string, mode, dev int) {
		p.Call("mknod("+what+")", sys(syscall.SYS_MKNOD, path, mode, dev))
	}
	mknod("regular", "r", syscall.S_IFREG|0o644, 0)
	p.Show("r")
	mknod("no type", "n", 0o600, 0)
	p.Show("n")
	mknod("fifo", "p", syscall.S_IFIFO|0o666, 0)
	p.Show("p")
	mknod("socket", "s", syscall.S_IFSOCK|0o666, 0)
	p.Show("s")
	mknod("exists", "r", syscall.S_IFREG|0o644, 0)
	mknod("directory", "d", syscall.S_IFDIR|0o755, 0)
	mknod("link", "l", syscall.S_IFLNK|0o777, 0)
	mknod("nonsense", "x", 0o030000, 0)
	mknod("empty", "", syscall.S_IFREG|0o600, 0)
	mknod("missing folder", "no/x", syscall.S_IFREG|0o600, 0)
	mknod("name with slash", "y/", syscall.S_IFREG|0o600, 0)
	p.Call("mknodat bad fd", sys(syscall.SYS_MKNODAT, 99, "x", syscall.S_IFREG|0o600, 0))
	p.AsUser(func() {
		p.Call("device as a user", sys(syscall.SYS_MKNOD, "dev", syscall.S_IFCHR|0o600, 0x103))
	})
}

func dirRemoved(p *P) {
	p.Mkdir("d")
	d := p.OpenDir("d")
	p.Must("fchdir", sys(syscall.SYS_FCHDIR, d))
	p.Call("rmdir of the current one", rmdir("../d"))
	p.Call("create in it", open("x", syscall.O_CREAT|syscall.O_WRONLY, 0o600))
	p.Call("mkdir in it", mkdir("x", 0o700))
	p.Call("symlink in it", symlink("x", "y"))
	b := make([]byte, 4096)
	p.Call("getcwd", sys(syscall.SYS_GETCWD, b, 4096))
	r := sys(syscall.SYS_GETDENTS64, d, b, 4096)
	p.Call("getdents", r)
	var st syscall.Stat_t
	syscall.Fstat(d, &st)
	p.Say("links %d", st.Nlink)
	p.Call("chdir(..)", sys(syscall.SYS_CHDIR, ".."))
	p.Show("d")
}

func dirPermissions(p *P) {
	p.Mkdir("ro")
	p.Mkdir("ro/in")
	p.Mkdir("open")
	p.Must("chmod", chmod("open", 0o1777))
	p.Mkdir("open/theirs")
	p.Mkdir("nox")
	p.Mkdir("nox/in")
	p.Must("chmod", chmod("nox", 0o644))
	root := p.Root()
	if !root {
		p.Must("chmod", chmod("ro", 0o555))
	}
	p.AsUser(func() {
		p.Call("mkdir in a read-only folder", mkdir("ro/x", 0o755))
		p.Call("mkdir of what is there", mkdir("ro/in", 0o755))
		p.Call("rmdir there", rmdir("ro/in"))
		p.Call("mkdir", mkdir("open/mine", 0))
		p.Call("mkdir in mine without a mode", mkdir("open/mine/x", 0o755))
		if root {
			p.Call("rmdir of another's in a sticky folder", rmdir("open/theirs"))
		}
		p.Call("rmdir of mine", rmdir("open/mine"))
		p.Call("chdir without x", sys(syscall.SYS_CHDIR, "nox"))
		p.Call("below it", sys(syscall.SYS_CHDIR, "nox/in"))
		p.Open("open it", open("nox", syscall.O_RDONLY, 0))
	})
}

type dirent struct {
	name string
	kind byte
	next int64
}

// entries decodes one getdents64 buffer.
func entries(b []byte) (list []dirent) {
	for len(b) >= 19 {
		size := int(b[16]) | int(b[17])<<8
		if size < 19 || size > len(b) {
			break
		}
		var next int64
		for i := range 8 {
			next |= int64(b[8+i]) << (8 * i)
		}
		list = append(list, dirent{cstring(b[19:size]), b[18], next})
		b = b[size:]
	}
	return list
}

// readAll reads a directory to its end with a buffer of the given size.
func readAll(fd, size int) (list []dirent) {
	for {
		b := make([]byte, size)
		r := sys(syscall.SYS_GETDENTS64, fd, b, size)
		if r.Errno != 0 || r.Value == 0 {
			return list
		}
		list = append(list, entries(b[:r.Value])...)
	}
}

func sorted(list []dirent) string {
	var s []string
	for _, e := range list {
		s = append(s, fmt.Sprintf("%s:%d", e.name, e.kind))
	}
	sort.Strings(s)
	return strings.Join(s, " ")
}

func dirGetdents(p *P) {
	p.Create("f")
	p.Mkdir("d")
	p.Symlink("f", "s")
	p.Must("mknod", sys(syscall.SYS_MKNOD, "p", syscall.S_IFIFO|0o600, 0))
	fd := p.OpenDir(".")
	p.Say("%s", sorted(readAll(fd, 4096)))
	b := make([]byte, 4096)
	p.Call("at the end", sys(syscall.SYS_GETDENTS64, fd, b, 4096))
	p.Call("and again", sys(syscall.SYS_GETDENTS64, fd, b, 4096))
	p.Must("lseek", sys(syscall.SYS_LSEEK, fd, 0, 0))
	p.Say("rewound: %s", sorted(readAll(fd, 4096)))
	p.Must("lseek", sys(syscall.SYS_LSEEK, fd, 0, 0))
	p.Say("one at a time: %s", sorted(readAll(fd, 32)))
	e := p.OpenDir("d")
	p.Say("empty: %s", sorted(readAll(e, 4096)))
}

func dirGetdentsErrors(p *P) {
	p.Create("f")
	fd, f := p.OpenDir("."), p.OpenFile("f", syscall.O_RDONLY)
	b := make([]byte, 4096)
	call := func(what string, fd int, buf any, n int) {
		r := sys(syscall.SYS_GETDENTS64, fd, buf, n)
		r.Value = min(r.Value, 1)
		p.Call("getdents64("+what+")", r)
	}
	call("file", f, b, 4096)
	call("bad fd", 99, b, 4096)
	call("no room", fd, b, 0)
	call("too small for one", fd, b, 10)
	call("bad pointer", fd, badPtr, 4096)
	call("O_PATH", p.Must("open", open(".", 0o10000000, 0)).FD(), b, 4096)
	call("still from the start", fd, b, 4096)
	call("the old call with a bad fd", 99, b, 4096)
	p.Call("getdents bad fd", sys(syscall.SYS_GETDENTS, 99, b, 4096))
	r := sys(syscall.SYS_GETDENTS, p.OpenDir("."), b, 4096)
	p.Say("the old getdents works: %v", r.Value > 0)
}

func dirGetdentsSeek(p *P) {
	for i := range 20 {
		p.Create(fmt.Sprintf("f%02d", i))
	}
	fd := p.OpenDir(".")
	all := readAll(fd, 4096)
	p.Say("%d", len(all))
	good := 0
	for i, e := range all {
		p.Must("lseek", sys(syscall.SYS_LSEEK, fd, int(e.next), 0))
		rest := readAll(fd, 4096)
		if len(rest) == len(all)-i-1 && (len(rest) == 0 || rest[0].name == all[i+1].name) {
			good++
		}
	}
	p.Say("seek to each d_off: %d", good)
	first := map[string]bool{}
	for _, e := range all {
		first[e.name] = true
	}
	p.Say("no name twice: %v", len(first) == len(all))
}

func dirGetdentsChanges(p *P) {
	for i := range 50 {
		p.Create(fmt.Sprintf("f%02d", i))
	}
	fd := p.OpenDir(".")
	seen := map[string]int{}
	removed := map[string]bool{}
	for {
		b := make([]byte, 200)
		r := sys(syscall.SYS_GETDENTS64, fd, b, 200)
		if r.Errno != 0 || r.Value == 0 {
			break
		}
		for _, e := range entries(b[:r.Value]) {
			seen[e.name]++
			if e.name[0] != '.' && !removed[e.name] {
				removed[e.name] = true
				p.Must("unlink", unlink(e.name))
			}
		}
	}
	twice := 0
	for _, n := range seen {
		if n > 1 {
			twice++
		}
	}
	p.Say("removing while reading: %d names, %d twice", len(seen), twice)
	p.Say("left: %s", sorted(readAll(p.OpenDir("."), 4096)))
	fd = p.OpenDir(".")
	readAll(fd, 4096)
	p.Create("late")
	p.Must("lseek", sys(syscall.SYS_LSEEK, fd, 0, 0))
	p.Say("after a rewind: %s", sorted(readAll(fd, 4096)))
}

func dirGetdentsLarge(p *P) {
	p.Mkdir("d")
	for i := range 2000 {
		file := fmt.Sprintf("d/%s%d", long(i%40+1), i)
		closeFD(p.Must("create", open(file, syscall.O_CREAT|syscall.O_WRONLY, 0o600)).FD())
	}
	for _, size := range []int{100, 4096, 32768, 1 << 20} {
		fd := p.OpenDir("d")
		list := readAll(fd, size)
		names := map[string]bool{}
		for _, e := range list {
			names[e.name] = true
		}
		p.Say("buffer of %d: %d entries, %d names", size, len(list), len(names))
		syscall.Close(fd)
	}
}

func dirChdir(p *P) {
	p.Mkdir("d")
	p.Create("d/f")
	p.Symlink("d", "s")
	chdir := func(path any) { p.Call(fmt.Sprintf("chdir(%v)", path), sys(syscall.SYS_CHDIR, path)) }
	chdir("d")
	p.Show("f")
	chdir("f")
	chdir("..")
	chdir("s")
	p.Show("f")
	chdir("..")
	p.Show("s")
	chdir("missing")
	chdir("")
	chdir(badPtr)
	chdir(".")
	d, f := p.OpenDir("d"), p.OpenFile("d/f", syscall.O_RDONLY)
	p.Call("fchdir(d)", sys(syscall.SYS_FCHDIR, d))
	p.Show("f")
	p.Call("fchdir(f)", sys(syscall.SYS_FCHDIR, f))
	p.Call("fchdir(99)", sys(syscall.SYS_FCHDIR, 99))
}

func dirGetcwd(p *P) {
	cwd := func(what string, size int) {
		b := make([]byte, 8192)
		r := sys(syscall.SYS_GETCWD, b, size)
		if r.Errno != 0 {
			p.Call(what, r)
			return
		}
		got := cstring(b)
		p.Say("%s: below our folder %q, length with its NUL %v", what, strings.TrimPrefix(got, p.Dir), int(r.Value) == len(got)+1)
	}
	cwd("here", 4096)
	cwd("exact", len(p.Dir)+1)
	cwd("one too small", len(p.Dir))
	cwd("nothing", 0)
	p.Call("bad pointer", sys(syscall.SYS_GETCWD, badPtr, 4096))
	p.Mkdir("a")
	p.Mkdir("a/b")
	p.Symlink("a/b", "s")
	p.Must("chdir", sys(syscall.SYS_CHDIR, "s"))
	cwd("through a link", 4096)
	p.Must("rename", rename("../../a", "../../c"))
	cwd("renamed above", 4096)
	p.Must("chdir", sys(syscall.SYS_CHDIR, "/"))
	b := make([]byte, 16)
	p.Call("root", sys(syscall.SYS_GETCWD, b, 16))
	p.Say("%s", cstring(b))
	p.Must("chdir", sys(syscall.SYS_CHDIR, p.Dir))
	for range 20 {
		p.Mkdir(long(250))
		p.Must("chdir", sys(syscall.SYS_CHDIR, long(250)))
	}
	cwd("5000 bytes", 8192)
	cwd("5000 bytes, small buffer", 4096)
	p.Create("f")
	p.Show("f")
	p.Must("chdir", sys(syscall.SYS_CHDIR, p.Dir))
}

func dirChroot(p *P) {
	if !p.Root() {
		p.Call("as a user", sys(syscall.SYS_CHROOT, "."))
		return
	}
	p.Mkdir("jail")
	p.Mkdir("jail/in")
	p.Create("jail/f")
	p.Symlink("/f", "jail/abs")
	p.Symlink("../../../f", "jail/up")
	p.Create("outside")
	p.Call("file", sys(syscall.SYS_CHROOT, "outside"))
	p.Call("missing", sys(syscall.SYS_CHROOT, "no"))
	p.Call("bad pointer", sys(syscall.SYS_CHROOT, badPtr))
	p.Call("jail", sys(syscall.SYS_CHROOT, "jail"))
	p.Show("outside") // the working directory stays where it was
	p.Show("/f")
	p.Show("/../../f")
	p.Say("absolute link inside: %q", p.Read("/abs"))
	p.Say("link upwards inside: %q", p.Read("/up"))
	b := make([]byte, 4096)
	r := sys(syscall.SYS_GETCWD, b, 4096)
	p.Say("getcwd outside the root: %q", strings.TrimSuffix(cstring(b), p.Dir))
	_ = r
	p.Call("chdir(/in)", sys(syscall.SYS_CHDIR, "/in"))
	r = p.Call("getcwd", sys(syscall.SYS_GETCWD, b, 4096))
	p.Say("%s", cstring(b))
	p.Call("chdir(../../..)", sys(syscall.SYS_CHDIR, "../../.."))
	p.Call("getcwd", sys(syscall.SYS_GETCWD, b, 4096))
	p.Say("%s", cstring(b))
}
