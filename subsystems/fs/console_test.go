package fs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/hostcalls/client"
	"adyton.dev/adyton/hostcalls/server"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs"
)

const patience = 20 * time.Second

// withStreams makes an FS whose standard streams are the given descriptors, and
// a channel of what Watch reports.
func withStreams(t *testing.T, fds ...int) (user, *fs.FS, chan *fsapi.WatchReply) {
	t.Helper()
	s, err := server.New(server.Options{Streams: fds})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	var f *fs.FS
	c := client.Embedded(s, client.Options{OnDone: func(n uint64) { f.HostDone(n) }, OnLie: func(err error) { t.Error(err) }})
	f = open(t, fs.Config{Host: c})
	news := make(chan *fsapi.WatchReply, 100)
	go f.Watch(&fsapi.WatchRequest{}, func(r *fsapi.WatchReply) bool { news <- r; return true })
	return user{t, f}, f, news
}

// until takes reports until one satisfies ok.
func until(t *testing.T, news chan *fsapi.WatchReply, what string, ok func(*fsapi.WatchReply) bool) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case r := <-news:
			if ok(r) {
				return
			}
		case <-late:
			t.Fatalf("%s did not happen in %v", what, patience)
		}
	}
}

func console(u user, number uint32) fsapi.OpenConsoleReply {
	u.Helper()
	var rep fsapi.OpenConsoleReply
	if e := u.fs.OpenConsole(&fsapi.OpenConsoleRequest{Number: number}, &rep); e != 0 {
		u.Fatalf("openconsole(%d) = %v", number, e)
	}
	return rep
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func TestConsolePipes(t *testing.T) {
	inR, inW := pipe(t)
	outR, outW := pipe(t)
	u, _, news := withStreams(t, int(inR.Fd()), int(outW.Fd()), -1)
	in, out := console(u, 0), console(u, 1)
	check(u, "stdin seekable", in.Seekable, false)
	if e := u.fs.OpenConsole(&fsapi.OpenConsoleRequest{Number: 2}, &fsapi.OpenConsoleReply{}); e != linux.EBADF {
		t.Errorf("openconsole of a stream that is not open = %v, want EBADF", e)
	}
	u.write(out.Handle, 0, []byte("hello"))
	buf := make([]byte, 10)
	n, _ := outR.Read(buf)
	check(u, "what the host got", string(buf[:n]), "hello")

	read := fsapi.ReadRequest{Cred: rootCred, Handle: in.Handle, Count: 5}
	var rep fsapi.ReadReply
	if e := u.fs.Read(&read, &rep); e != linux.EWAIT || rep.Wait.Handle != in.Handle || rep.Wait.Events != linux.POLLIN {
		t.Fatalf("read of an empty pipe = %v, %+v, want EWAIT for POLLIN", e, rep.Wait)
	}
	inW.WriteString("abcdefgh")
	until(t, news, "POLLIN", func(r *fsapi.WatchReply) bool {
		return len(r.Ready) > 0 && r.Ready[0].Handle == in.Handle && r.Ready[0].Level&linux.POLLIN != 0
	})
	check(u, "input", string(u.read(in.Handle, 0, 3)), "abc")
	check(u, "input", string(u.read(in.Handle, 0, 9)), "defgh")
	inW.Close()
	check(u, "end of file", string(u.read(in.Handle, 0, 9)), "")
}

func TestConsolePollTells(t *testing.T) {
	inR, inW := pipe(t)
	u, _, news := withStreams(t, int(inR.Fd()), -1, -1)
	in := console(u, 0)
	level := func() uint32 {
		var rep fsapi.PollReply
		u.fs.Poll(&fsapi.PollRequest{Handle: in.Handle, Events: linux.POLLIN}, &rep)
		return rep.Level
	}
	check(u, "level of an empty pipe", level(), 0)
	inW.WriteString("x")
	until(t, news, "POLLIN", func(r *fsapi.WatchReply) bool {
		return len(r.Ready) > 0 && r.Ready[0].Handle == in.Handle && r.Ready[0].Level&linux.POLLIN != 0
	})
	check(u, "level", level(), linux.POLLIN)
	u.read(in.Handle, 0, 9)
	check(u, "level when read", level(), 0)
	inW.WriteString("y")
	check(u, "level at once", level(), linux.POLLIN)
}

func TestConsoleRegularFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	os.WriteFile(path, []byte("0123456789"), 0o644)
	file, _ := os.OpenFile(path, os.O_RDWR, 0)
	defer file.Close()
	file.Seek(2, 0)
	u, _, _ := withStreams(t, int(file.Fd()), int(file.Fd()), -1)
	in := console(u, 0)
	check(u, "seekable", in.Seekable, true)
	check(u, "offset", in.Offset, 2)
	check(u, "input", string(u.read(in.Handle, 2, 3)), "234")
	at, _ := file.Seek(0, 1)
	check(u, "the host's position", at, 5)
	check(u, "input elsewhere", string(u.read(in.Handle, 8, 9)), "89")
	out := console(u, 1)
	u.write(out.Handle, 1, []byte("AB"))
	text, _ := os.ReadFile(path)
	check(u, "the file", string(text), "0AB3456789")
}

// hostPty makes a pseudo-terminal of the host.
func hostPty(t *testing.T) (master *os.File, slave int) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { master.Close() })
	unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = unix.Open(fmt.Sprintf("/dev/pts/%d", n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(slave) })
	return master, slave
}

func TestConsoleTerminal(t *testing.T) {
	master, slave := hostPty(t)
	u, f, news := withStreams(t, slave, slave, slave)
	in, out := console(u, 0), console(u, 1)
	check(u, "type", in.Mode&linux.S_IFMT, linux.S_IFCHR)
	cred := rootCred
	cred.Pid, cred.Sid, cred.Pgid = 1, 1, 1
	if e := f.SetTerminal(&fsapi.SetTerminalRequest{Cred: cred, Handle: in.Handle}, &fsapi.SetTerminalReply{}); e != 0 {
		t.Fatalf("setterminal = %v", e)
	}
	var settings [36]byte
	var ioctl fsapi.IoctlReply
	if e := f.Ioctl(&fsapi.IoctlRequest{Cred: cred, Handle: in.Handle, Command: linux.TCGETS}, &ioctl); e != 0 {
		t.Fatalf("TCGETS = %v", e)
	}
	copy(settings[:], ioctl.Out)
	var set linux.Termios
	set.Decode(settings[:])
	if set.Lflag&linux.ICANON == 0 {
		t.Error("the program's terminal is raw, as the host's is now")
	}
	master.WriteString("hi\r")
	until(t, news, "POLLIN", func(r *fsapi.WatchReply) bool { return len(r.Ready) > 0 && r.Ready[0].Level&linux.POLLIN != 0 })
	check(u, "line", string(u.read(in.Handle, 0, 100)), "hi\n")
	master.WriteString("\x03")
	until(t, news, "SIGINT", func(r *fsapi.WatchReply) bool {
		return len(r.Raise) > 0 && r.Raise[0] == fsapi.Raise{Pgid: 1, Signo: linux.SIGINT}
	})
	u.write(out.Handle, 0, []byte("done\n"))
	var seen strings.Builder
	buf := make([]byte, 100)
	for !strings.Contains(seen.String(), "done\r\n") {
		master.SetReadDeadline(time.Now().Add(patience))
		n, err := master.Read(buf)
		if err != nil {
			t.Fatalf("the terminal showed %q and then %v", seen.String(), err)
		}
		seen.Write(buf[:n])
	}
	if !strings.HasPrefix(seen.String(), "hi\r\n^C") {
		t.Errorf("the terminal showed %q, want the echo first", seen.String())
	}
	unix.IoctlSetWinsize(slave, unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 90})
	f.WindowChanged()
	until(t, news, "SIGWINCH", func(r *fsapi.WatchReply) bool {
		return len(r.Raise) > 0 && r.Raise[0].Signo == linux.SIGWINCH
	})
}

// TestConsoleNull finds the host's /dev/null by its name and numbers.
func TestConsoleNull(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	u, f, _ := withStreams(t, int(null.Fd()), -1, -1)
	in := console(u, 0)
	check(u, "flags", in.Flags, linux.O_RDWR)
	check(u, "end of input", string(u.read(in.Handle, 0, 9)), "")
	var attr fsapi.GetattrReply
	check(u, "stat", f.Getattr(&fsapi.GetattrRequest{Cred: rootCred, Handle: in.Handle}, &attr), 0)
	check(u, "device", attr.Attr.Rdev, linux.Makedev(1, 3))
	var path fsapi.PathOfReply
	check(u, "path", f.PathOf(&fsapi.PathOfRequest{Handle: in.Handle}, &path), 0)
	check(u, "name", path.Path, "/dev/null")
}
