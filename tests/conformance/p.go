package main

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"syscall"
)

// P is what a case prints through and prepares its files with. Dir is its
// own directory and also the working directory when it starts.
type P struct {
	Dir string
}

// Result is what the kernel answered to one call.
type Result struct {
	Value int64
	Errno syscall.Errno
}

// FD is the result as a descriptor.
func (r Result) FD() int { return int(r.Value) }

// Say prints one line.
func (p *P) Say(format string, args ...any) {
	syscall.Write(1, fmt.Appendf(nil, format+"\n", args...))
}

// Call prints the answer to a call and returns it.
func (p *P) Call(what string, r Result) Result {
	if r.Errno != 0 {
		p.Say("%s = -1 %s", what, errnoName(r.Errno))
	} else {
		p.Say("%s = %d", what, r.Value)
	}
	return r
}

// Open is Call for calls that return descriptors: their number is not shown.
func (p *P) Open(what string, r Result) int {
	if r.Errno != 0 {
		p.Say("%s = -1 %s", what, errnoName(r.Errno))
		return -1
	}
	p.Say("%s = fd", what)
	return r.FD()
}

// Must ends the case when a step of its own preparation fails.
func (p *P) Must(what string, r Result) Result {
	if r.Errno != 0 {
		p.Say("PREPARE %s: %s", what, errnoName(r.Errno))
		os.Exit(99)
	}
	return r
}

// Create makes a file that holds its own name.
func (p *P) Create(path string) { p.Write(path, path) }

// Write makes or replaces a file.
func (p *P) Write(path, data string) {
	fd := p.Must("open "+path, open(path, syscall.O_WRONLY|syscall.O_CREAT|syscall.O_TRUNC, 0o644)).FD()
	p.Must("write "+path, sys(syscall.SYS_WRITE, fd, []byte(data), len(data)))
	syscall.Close(fd)
}

// Mkdir makes a directory with mode 0755.
func (p *P) Mkdir(path string) { p.Must("mkdir "+path, mkdir(path, 0o755)) }

// Symlink makes a symbolic link.
func (p *P) Symlink(target, path string) { p.Must("symlink "+path, symlink(target, path)) }

// Dir's descriptor functions: OpenDir and OpenFile end the case on failure.
func (p *P) OpenDir(path string) int {
	return p.Must("open "+path, open(path, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)).FD()
}

// OpenFile opens an existing file with the given flags.
func (p *P) OpenFile(path string, flags int) int {
	return p.Must("open "+path, open(path, flags, 0)).FD()
}

// Show prints what a path is: type, permissions, links, and what it holds.
func (p *P) Show(path string) {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		p.Say("%s: %s", path, errnoName(err.(syscall.Errno)))
		return
	}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFREG:
		p.Say("%s: file %04o links %d size %d %q", path, st.Mode&0o7777, st.Nlink, st.Size, p.Read(path))
	case syscall.S_IFLNK:
		b := make([]byte, 4096)
		n, _ := syscall.Readlink(path, b)
		p.Say("%s: link to %q links %d size %d", path, b[:max(n, 0)], st.Nlink, st.Size)
	case syscall.S_IFDIR:
		p.Say("%s: directory %04o", path, st.Mode&0o7777)
	default:
		p.Say("%s: type %06o mode %04o links %d", path, st.Mode&syscall.S_IFMT, st.Mode&0o7777, st.Nlink)
	}
}

// Read returns the first 80 bytes of a file, or the error's name.
func (p *P) Read(path string) string {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return errnoName(err.(syscall.Errno))
	}
	defer syscall.Close(fd)
	b := make([]byte, 80)
	n, err := syscall.Read(fd, b)
	if err != nil {
		return errnoName(err.(syscall.Errno))
	}
	return string(b[:n])
}

// Inode is the inode number of a path, to compare with another's.
func (p *P) Inode(path string) uint64 {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		p.Say("%s: %s", path, errnoName(err.(syscall.Errno)))
	}
	return st.Ino
}

// Root says whether the case runs as root.
func (p *P) Root() bool { return os.Geteuid() == 0 }

// AsUser runs fn with the credentials of an ordinary user when the case runs
// as root, else as it is. Credentials belong to a thread in Linux, so the
// thread is given up afterwards.
func (p *P) AsUser(fn func()) {
	done := make(chan bool)
	go lockedThread(done, func() {
		if p.Root() {
			p.Must("setgroups", sys(syscall.SYS_SETGROUPS, 0, 0))
			p.Must("setresgid", sys(syscall.SYS_SETRESGID, 12345, 12345, 12345))
			p.Must("setresuid", sys(syscall.SYS_SETRESUID, 12345, 12345, 12345))
		}
		fn()
	})
	<-done
}

// lockedThread runs fn on a thread of its own and tells done at its end.
func lockedThread(done chan<- bool, fn func()) {
	runtime.LockOSThread() // never unlocked: the thread ends with fn
	fn()
	done <- true
}

// Pointers that no program may use: never mapped, and the kernel's half.
const (
	badPtr  = 0x1000
	kernPtr = 0xffff888000000000
)

// edge returns n bytes and their address, where an unmapped page follows.
func (p *P) edge(n int) ([]byte, int) {
	const page = 4096
	size := (n + page - 1) / page * page
	b, err := syscall.Mmap(-1, 0, size+page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		p.Must("mmap", Result{Errno: err.(syscall.Errno)})
	}
	p.Must("mprotect", sys(syscall.SYS_MPROTECT, b[size:], page, 0))
	return b[size-n : size], address(b) + size - n
}

// address is where a slice's bytes are.
func address(b []byte) int { return int(reflect.ValueOf(b).Pointer()) }

// sys makes a system call. Strings and byte slices become pointers, strings
// with a NUL behind them; the arguments stay alive until the call returns.
func sys(nr uintptr, args ...any) Result {
	var a [6]uintptr
	var keep [][]byte
	for i, arg := range args {
		switch v := arg.(type) {
		case string:
			b := append([]byte(v), 0)
			keep = append(keep, b)
			a[i] = uintptr(address(b))
		case []byte:
			keep = append(keep, v)
			a[i] = uintptr(address(v))
		case nil:
		default:
			rv := reflect.ValueOf(arg)
			if rv.CanUint() {
				a[i] = uintptr(rv.Uint())
			} else {
				a[i] = uintptr(rv.Int())
			}
		}
	}
	r, _, e := syscall.Syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
	runtime.KeepAlive(keep)
	if e != 0 {
		return Result{Value: -1, Errno: e}
	}
	return Result{Value: int64(r)}
}

// cstring is the text before the first NUL.
func cstring(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return string(s)
}

// long repeats a letter n times.
func long(n int) string { return strings.Repeat("x", n) }
