package server

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Fd() // makes it blocking, as a shell's is
	w.Fd()
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// terminal opens a pseudo-terminal; the server gets the slave.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	fd := int(master.Fd())
	unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	slave.Fd()
	t.Cleanup(func() { slave.Close(); master.Close() })
	return master, slave
}

func console(s *Server, kind hostapi.ConsoleKind, stream, count uint32, data string) (hostapi.ConsoleReply, linux.Errno) {
	var rep hostapi.ConsoleReply
	e := s.ConsoleNow(&hostapi.ConsoleRequest{Kind: kind, Stream: stream, Count: count, Data: []byte(data), Offset: -1}, &rep)
	return rep, e
}

const (
	read  = hostapi.ConsoleKindRead
	write = hostapi.ConsoleKindWrite
)

// TestStreamsNeverMakeNowWait: pipes and terminals that are empty or full say so,
// though their descriptors block.
func TestStreamsNeverMakeNowWait(t *testing.T) {
	r, w := pipe(t)
	master, slave := terminal(t)
	s := newServer(t, t.TempDir(), int(r.Fd()), int(w.Fd()), int(slave.Fd()))
	if _, e := console(s, read, 0, 10, ""); e != linux.EWAIT {
		t.Errorf("read of an empty pipe = %v, want EWAIT", e)
	}
	if _, e := console(s, read, 2, 10, ""); e != linux.EWAIT {
		t.Errorf("read of an idle terminal = %v, want EWAIT", e)
	}
	for i := 0; ; i++ {
		rep, e := console(s, write, 1, 0, string(make([]byte, 5000)))
		if e == linux.EWAIT && i > 0 {
			break
		}
		if e != 0 || rep.Count == 0 || i > 100 {
			t.Fatalf("write %d to a pipe = %d, %v; want some bytes, then EWAIT", i, rep.Count, e)
		}
	}
	if rep, e := console(s, write, 2, 0, "hi\n"); e != 0 || rep.Count != 3 {
		t.Errorf("write to a terminal = %d, %v", rep.Count, e)
	}
	buf := make([]byte, 10)
	if n, err := master.Read(buf); err != nil || string(buf[:n]) != "hi\r\n" {
		t.Errorf("the terminal shows %q, %v", buf[:n], err)
	}
	if fl, _ := unix.FcntlInt(slave.Fd(), unix.F_GETFL, 0); fl&unix.O_NONBLOCK != 0 {
		t.Errorf("the caller's descriptor became non-blocking")
	}
}

func TestConsoleWaitsForInput(t *testing.T) {
	for _, kind := range []string{"pipe", "terminal"} {
		t.Run(kind, func(t *testing.T) {
			in, out := pipe(t)
			if kind == "terminal" {
				out, in = terminal(t)
			}
			s := newServer(t, t.TempDir(), int(in.Fd()))
			type answer struct {
				data string
				e    linux.Errno
			}
			got := make(chan answer)
			go func() {
				rep := hostapi.ConsoleReply{Data: []byte(">")}
				e := s.Console(&hostapi.ConsoleRequest{Kind: read, Count: 100, Offset: -1}, &rep)
				got <- answer{string(rep.Data), e}
			}()
			// Another call is answered while that one waits.
			var rep hostapi.WaitReply
			if e := s.Wait(&hostapi.WaitRequest{Streams: []uint32{0}, Events: []uint32{linux.POLLIN}}, &rep); e != 0 || rep.Events[0] != 0 {
				t.Errorf("poll = %#x, %v; want nothing", rep.Events, e)
			}
			out.Write([]byte("line\n"))
			if a := <-got; a.e != 0 || a.data != ">line\n" {
				t.Errorf("read = %q, %v", a.data, a.e)
			}
		})
	}
}

func TestConsoleOfFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	os.WriteFile(path, []byte("0123456789"), 0o644)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := newServer(t, t.TempDir(), int(f.Fd()))
	rep, e := console(s, hostapi.ConsoleKindStat, 0, 0, "")
	if e != 0 || rep.Attr.Size != 10 || rep.Flags != linux.O_RDWR|linux.O_APPEND || rep.Terminal {
		t.Errorf("stat = %+v, %v", rep, e)
	}
	if rep, e := console(s, read, 0, 4, ""); e != 0 || string(rep.Data) != "0123" || rep.Count != 4 {
		t.Errorf("read = %q, %v", rep.Data, e)
	}
	rep = hostapi.ConsoleReply{}
	if e := s.ConsoleNow(&hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindSeek, Offset: -1, Count: linux.SEEK_END}, &rep); e != 0 || rep.Offset != 9 {
		t.Errorf("seek = %d, %v; want 9", rep.Offset, e)
	}
	rep = hostapi.ConsoleReply{}
	if e := s.ConsoleNow(&hostapi.ConsoleRequest{Kind: read, Count: 2, Offset: 5}, &rep); e != 0 || string(rep.Data) != "56" {
		t.Errorf("read at 5 = %q, %v", rep.Data, e)
	}
	if rep, e := console(s, read, 0, 4, ""); e != 0 || string(rep.Data) != "9" {
		t.Errorf("read at the position = %q, %v; want 9", rep.Data, e)
	}
	if _, e := console(s, hostapi.ConsoleKindGetTermios, 0, 0, ""); e != linux.ENOTTY {
		t.Errorf("termios of a file = %v, want ENOTTY", e)
	}
	if _, e := console(s, read, 1, 4, ""); e != linux.EBADF {
		t.Errorf("read of a stream that is closed = %v, want EBADF", e)
	}
}

func TestTerminalIsPutBack(t *testing.T) {
	master, slave := terminal(t)
	unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	s := newServer(t, t.TempDir(), int(slave.Fd()))
	rep, e := console(s, hostapi.ConsoleKindGetTermios, 0, 0, "")
	if e != 0 || len(rep.Data) != 36 {
		t.Fatalf("get termios = %d bytes, %v", len(rep.Data), e)
	}
	raw := append([]byte(nil), rep.Data...)
	lflag := binary.LittleEndian.Uint32(raw[12:])
	binary.LittleEndian.PutUint32(raw[12:], lflag&^(linux.ICANON|linux.ECHO))
	for _, how := range []uint32{0, 1, 2} {
		req := hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindSetTermios, Data: raw, Count: how}
		if e := s.Console(&req, new(hostapi.ConsoleReply)); e != 0 {
			t.Errorf("set termios %d = %v", how, e)
		}
	}
	if rep, e := console(s, hostapi.ConsoleKindGetTermios, 0, 0, ""); e != 0 || string(rep.Data) != string(raw) {
		t.Errorf("termios = %x, want %x", rep.Data, raw)
	}
	if rep, e := console(s, hostapi.ConsoleKindGetSize, 0, 0, ""); e != 0 || string(rep.Data) != "\x18\x00\x50\x00\x00\x00\x00\x00" {
		t.Errorf("size = %x, %v", rep.Data, e)
	}
	if _, e := console(s, hostapi.ConsoleKindSetTermios, 0, 0, "short"); e != linux.EINVAL {
		t.Errorf("set of 5 bytes = %v, want EINVAL", e)
	}
	if rep, e := console(s, hostapi.ConsoleKindStat, 0, 0, ""); e != 0 || !rep.Terminal {
		t.Errorf("stat = %+v, %v; want a terminal", rep, e)
	}
	s.Shutdown()
	now, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil || now.Lflag != lflag {
		t.Errorf("after Shutdown lflag = %#o, %v; want %#o", now.Lflag, err, lflag)
	}
}

func TestWaitKeepsTime(t *testing.T) {
	r, w := pipe(t)
	s := newServer(t, t.TempDir(), int(r.Fd()), int(w.Fd()))
	start := time.Now()
	var rep hostapi.WaitReply
	e := s.Wait(&hostapi.WaitRequest{Streams: []uint32{0, 2}, Events: []uint32{linux.POLLIN, linux.POLLIN}, TimeoutNs: 30e6}, &rep)
	if e != 0 || len(rep.Events) != 2 || rep.Events[0] != 0 || rep.Events[1] != linux.POLLNVAL {
		t.Errorf("wait = %#x, %v; want 0 and POLLNVAL", rep.Events, e)
	}
	rep = hostapi.WaitReply{}
	e = s.Wait(&hostapi.WaitRequest{Streams: []uint32{0}, Events: []uint32{linux.POLLIN}, TimeoutNs: 30e6}, &rep)
	if took := time.Since(start); e != 0 || rep.Events[0] != 0 || took < 30*time.Millisecond {
		t.Errorf("wait = %#x, %v after %v; want nothing after 30ms", rep.Events, e, took)
	}
	rep = hostapi.WaitReply{}
	if e := s.Wait(&hostapi.WaitRequest{Streams: []uint32{0, 1}, Events: []uint32{linux.POLLIN, linux.POLLOUT}, TimeoutNs: 60e9}, &rep); e != 0 || rep.Events[0] != 0 || rep.Events[1] != linux.POLLOUT {
		t.Errorf("wait = %#x, %v; want 0 and POLLOUT", rep.Events, e)
	}
	for _, req := range []hostapi.WaitRequest{
		{Streams: []uint32{3}, Events: []uint32{1}},
		{Streams: []uint32{0}},
		{TimeoutNs: -1},
	} {
		if e := s.Wait(&req, new(hostapi.WaitReply)); e != linux.EINVAL {
			t.Errorf("wait(%+v) = %v, want EINVAL", req, e)
		}
	}
}
