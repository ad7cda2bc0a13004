// Package ipctest checks an implementation of ipcapi.IPC: cases that every one
// must pass, and a slow model to compare with. The cases state what Linux
// answers (man pages; fs/pipe.c, fs/eventfd.c, net/unix/af_unix.c).
package ipctest

import (
	"strings"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Cases maps a case name to its check.
var Cases = map[string]func(*testing.T, ipcapi.IPC){}

// register adds the cases of one file.
func register(cases map[string]func(*client)) {
	for name, check := range cases {
		if Cases[name] != nil {
			panic("ipctest: two cases named " + name)
		}
		Cases[name] = func(t *testing.T, s ipcapi.IPC) {
			t.Helper()
			_, native := s.(interface{ Native() })
			check(&client{T: t, s: s, native: native})
		}
	}
}

// Run checks one implementation: each case on an instance of its own.
func Run(t *testing.T, open func(*testing.T) ipcapi.IPC) {
	for name, check := range Cases {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

// client makes calls short. The ready list of the last call is kept.
type client struct {
	*testing.T
	s     ipcapi.IPC
	ready []ipcapi.Ready
	wait  ipcapi.Wait
	// native says that s asks the host kernel, which tells nobody what became
	// ready or what to wait for.
	native bool
}

// cred is who calls in the cases: an ordinary user.
var cred = ipcapi.Cred{Uid: 1000, Gid: 100, Groups: []uint32{100, 27}, Pid: 42}

// root has every capability.
var root = ipcapi.Cred{Caps: 1<<41 - 1, Pid: 1}

const (
	in  = linux.POLLIN | linux.POLLRDNORM
	out = linux.POLLOUT | linux.POLLWRNORM
	// band is what sockets show besides.
	band = linux.POLLWRBAND
	hup  = linux.POLLHUP
	rhup = linux.POLLRDHUP
)

// is fails the case unless got is want.
func is[V comparable](c *client, what string, got, want V) {
	c.Helper()
	if got != want {
		c.Errorf("%s = %v, want %v", what, got, want)
	}
}

// must stops the case unless e is 0.
func (c *client) must(what string, e linux.Errno) {
	c.Helper()
	if e != 0 {
		c.Fatalf("%s = %v, want 0", what, e)
	}
}

func (c *client) pipe(flags uint32) (r, w uint64) {
	c.Helper()
	var rep ipcapi.OpenPipeReply
	c.must("OpenPipe", c.s.OpenPipe(&ipcapi.OpenPipeRequest{Flags: flags, Cred: cred}, &rep))
	if rep.ReadHandle == 0 || rep.WriteHandle == 0 || rep.ReadHandle == rep.WriteHandle {
		c.Fatalf("OpenPipe gave handles %d and %d", rep.ReadHandle, rep.WriteHandle)
	}
	return rep.ReadHandle, rep.WriteHandle
}

func (c *client) read(h uint64, n int) (string, linux.Errno) {
	var rep ipcapi.ReadReply
	e := c.s.Read(&ipcapi.ReadRequest{Handle: h, Count: uint32(n)}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return string(rep.Data), e
}

func (c *client) write(h uint64, data string) (int, linux.Errno) {
	var rep ipcapi.WriteReply
	e := c.s.Write(&ipcapi.WriteRequest{Handle: h, Data: []byte(data), Cred: cred}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return int(rep.Count), e
}

// wantRead and wantWrite state a call and its answer.
func (c *client) wantRead(h uint64, n int, want string, wantErr linux.Errno) {
	c.Helper()
	got, e := c.read(h, n)
	if got != want || e != wantErr {
		c.Errorf("read(%d, %d) = %s, %v, want %s, %v", h, n, brief(got), e, brief(want), wantErr)
	}
}

func (c *client) wantWrite(h uint64, data string, want int, wantErr linux.Errno) {
	c.Helper()
	got, e := c.write(h, data)
	if got != want || e != wantErr {
		c.Errorf("write(%d, %s) = %d, %v, want %d, %v", h, brief(data), got, e, want, wantErr)
	}
}

// brief shortens long data.
func brief(s string) string {
	if len(s) <= 32 {
		return `"` + s + `"`
	}
	return `"` + s[:8] + `..." of ` + itoa(len(s))
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func (c *client) poll(h uint64) (uint32, uint64) {
	c.Helper()
	var rep ipcapi.PollReply
	c.must("Poll", c.s.Poll(&ipcapi.PollRequest{Handle: h, Events: 0xffff}, &rep))
	return rep.Level, rep.Generation
}

func (c *client) wantLevel(h uint64, want uint32) {
	c.Helper()
	if got, _ := c.poll(h); got != want {
		c.Errorf("level of %d = %#x, want %#x", h, got, want)
	}
}

// wantReady checks that the last call reported h, with these bits among others.
func (c *client) wantReady(h uint64, bits uint32) {
	c.Helper()
	if c.native {
		return
	}
	for _, r := range c.ready {
		if r.Handle == h && r.Level&bits == bits {
			return
		}
	}
	c.Errorf("ready = %v, want handle %d with %#x", c.ready, h, bits)
}

func (c *client) wantQuiet(h uint64) {
	c.Helper()
	if c.native {
		return
	}
	for _, r := range c.ready {
		if r.Handle == h {
			c.Errorf("ready = %v, want nothing of handle %d", c.ready, h)
		}
	}
}

// wantWait checks that the last call waits for bits on h.
func (c *client) wantWait(h uint64, bits uint32) {
	c.Helper()
	if c.native {
		return
	}
	if c.wait.Handle != h || c.wait.Events&bits != bits {
		c.Errorf("wait = %+v, want handle %d, events %#x", c.wait, h, bits)
	}
}

func (c *client) close(h uint64) []uint64 {
	c.Helper()
	var rep ipcapi.CloseReply
	c.must("Close", c.s.Close(&ipcapi.CloseRequest{Handle: h}, &rep))
	c.ready = rep.Ready
	return rep.Tokens
}

func (c *client) ioctl(h uint64, command uint32) (int, linux.Errno) {
	var rep ipcapi.IoctlReply
	if e := c.s.Ioctl(&ipcapi.IoctlRequest{Handle: h, Command: command}, &rep); e != 0 {
		return 0, e
	}
	if len(rep.Out) != 4 {
		c.Fatalf("ioctl(%#x) gave %d bytes, want 4", command, len(rep.Out))
	}
	return int(int32(le32(rep.Out))), 0
}

func le32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// text returns n bytes that tell their place.
func text(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(itoa(i))
		b.WriteByte(' ')
	}
	return b.String()[:n]
}
