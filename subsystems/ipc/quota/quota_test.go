package quota

import (
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/subsystems/ipc"
	"adyton.dev/adyton/subsystems/ipc/ipctest"
)

func bounded(t *testing.T, l Limits) *Quota {
	t.Helper()
	inner, err := ipc.New(ipc.Config{Now: func() int64 { return 1000 }, Wall: func() int64 { return 1700000000123456789 }})
	if err != nil {
		t.Fatal(err)
	}
	q, err := New(inner, l)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestSuite plays the suite of ipc with bounds that it does not reach.
func TestSuite(t *testing.T) {
	ipctest.Run(t, func(t *testing.T) ipcapi.IPC {
		return bounded(t, Limits{Handles: 1 << 30, Segments: 1 << 30, SegmentBytes: 1 << 62, Queues: 1 << 30, Semaphores: 1 << 30})
	})
}

func TestNewRefusesNegativeLimits(t *testing.T) {
	if _, err := New(nil, Limits{Queues: -1}); err == nil {
		t.Error("no error")
	}
}

func TestHandles(t *testing.T) {
	q := bounded(t, Limits{Handles: 4})
	user, other := ipcapi.Cred{Uid: 1000}, ipcapi.Cred{Uid: 0, Caps: ^uint64(0)}
	socket := func(c ipcapi.Cred, want linux.Errno) uint64 {
		t.Helper()
		var rep ipcapi.SocketReply
		if e := q.Socket(&ipcapi.SocketRequest{Domain: linux.AF_UNIX, Type: linux.SOCK_STREAM, Cred: c}, &rep); e != want {
			t.Fatalf("Socket by %d = %v, want %v", c.Uid, e, want)
		}
		return rep.Handle
	}
	pipe := func(want linux.Errno) ipcapi.OpenPipeReply {
		t.Helper()
		var rep ipcapi.OpenPipeReply
		if e := q.OpenPipe(&ipcapi.OpenPipeRequest{Cred: user}, &rep); e != want {
			t.Fatalf("OpenPipe = %v, want %v", e, want)
		}
		return rep
	}
	a := socket(user, 0)
	pipe(0)
	pipe(linux.ENFILE) // has room for one only
	socket(user, 0)
	socket(user, linux.ENFILE)
	socket(other, 0)
	for range 4 {
		if e := q.Close(&ipcapi.CloseRequest{Handle: a}, &ipcapi.CloseReply{}); e != 0 {
			t.Fatal(e)
		}
		a = socket(user, 0)
	}
	if e := q.SocketPair(&ipcapi.SocketPairRequest{Domain: linux.AF_UNIX, Type: linux.SOCK_STREAM, Cred: user}, &ipcapi.SocketPairReply{}); e != linux.ENFILE {
		t.Errorf("SocketPair = %v, want ENFILE", e)
	}
	// A handle that is not there gives no room.
	q.Close(&ipcapi.CloseRequest{Handle: 1 << 40}, &ipcapi.CloseReply{})
	socket(user, linux.ENFILE)
}

// TestAcceptKeepsTheConnection: an accept above the bound leaves it queued.
func TestAcceptKeepsTheConnection(t *testing.T) {
	q := bounded(t, Limits{Handles: 2})
	server, client := ipcapi.Cred{Uid: 1}, ipcapi.Cred{Uid: 2}
	var l, c, spare ipcapi.SocketReply
	name := []byte("\x01\x00\x00name")
	for _, s := range []struct {
		rep  *ipcapi.SocketReply
		cred ipcapi.Cred
	}{{&l, server}, {&c, client}, {&spare, server}} {
		if e := q.Socket(&ipcapi.SocketRequest{Domain: linux.AF_UNIX, Type: linux.SOCK_STREAM, Cred: s.cred}, s.rep); e != 0 {
			t.Fatal(e)
		}
	}
	if e := q.Bind(&ipcapi.BindRequest{Handle: l.Handle, Address: name, Cred: server}, &ipcapi.BindReply{}); e != 0 {
		t.Fatal(e)
	}
	if e := q.Listen(&ipcapi.ListenRequest{Handle: l.Handle, Backlog: 4, Cred: server}, &ipcapi.ListenReply{}); e != 0 {
		t.Fatal(e)
	}
	if e := q.Connect(&ipcapi.ConnectRequest{Handle: c.Handle, Address: name, Cred: client}, &ipcapi.ConnectReply{}); e != 0 {
		t.Fatal(e)
	}
	var a ipcapi.AcceptReply
	if e := q.Accept(&ipcapi.AcceptRequest{Handle: l.Handle}, &a); e != linux.ENFILE {
		t.Fatalf("Accept = %v, want ENFILE", e)
	}
	q.Close(&ipcapi.CloseRequest{Handle: spare.Handle}, &ipcapi.CloseReply{})
	if e := q.Accept(&ipcapi.AcceptRequest{Handle: l.Handle}, &a); e != 0 || a.Handle == 0 {
		t.Fatalf("Accept with room = %v, handle %d", e, a.Handle)
	}
	if e := q.Socket(&ipcapi.SocketRequest{Domain: linux.AF_UNIX, Type: linux.SOCK_STREAM, Cred: server}, &spare); e != linux.ENFILE {
		t.Errorf("Socket after the accept = %v, want ENFILE", e)
	}
}

func TestSystemV(t *testing.T) {
	q := bounded(t, Limits{Segments: 2, SegmentBytes: 10000, Queues: 1, Semaphores: 5})
	user, other := ipcapi.Cred{Uid: 1000}, ipcapi.Cred{Uid: 1001}
	shm := func(c ipcapi.Cred, key int32, size uint64, flags uint32, want linux.Errno) int32 {
		t.Helper()
		var rep ipcapi.ShmGetReply
		if e := q.ShmGet(&ipcapi.ShmGetRequest{Key: key, Size: size, Flags: flags | 0o666, Cred: c}, &rep); e != want {
			t.Fatalf("ShmGet(%d, %d, %#x) = %v, want %v", key, size, flags, e, want)
		}
		return rep.Id
	}
	a := shm(user, linux.IPC_PRIVATE, 8000, 0, 0)
	shm(user, 7, 3000, linux.IPC_CREAT, linux.ENOSPC) // bytes
	shm(user, 7, 2000, linux.IPC_CREAT, 0)
	shm(user, linux.IPC_PRIVATE, 1, 0, linux.ENOSPC) // number
	shm(user, 8, 1, linux.IPC_CREAT, linux.ENOSPC)
	shm(user, 7, 1000, linux.IPC_CREAT, 0) // there already
	shm(user, 7, 1000, linux.IPC_CREAT|linux.IPC_EXCL, linux.EEXIST)
	shm(user, 9, 1, 0, linux.ENOENT)
	shm(other, 8, 9000, linux.IPC_CREAT, 0)
	if e := q.ShmControl(&ipcapi.ShmControlRequest{Id: a, Command: linux.IPC_RMID, Cred: user}, &ipcapi.ShmControlReply{}); e != 0 {
		t.Fatal(e)
	}
	shm(user, linux.IPC_PRIVATE, 8000, 0, 0)

	msg := func(c ipcapi.Cred, want linux.Errno) {
		t.Helper()
		if e := q.MsgGet(&ipcapi.MsgGetRequest{Key: linux.IPC_PRIVATE, Flags: 0o666, Cred: c}, &ipcapi.MsgGetReply{}); e != want {
			t.Fatalf("MsgGet = %v, want %v", e, want)
		}
	}
	msg(user, 0)
	msg(user, linux.ENOSPC)
	msg(other, 0)

	sem := func(count int32, want linux.Errno) {
		t.Helper()
		if e := q.SemGet(&ipcapi.SemGetRequest{Key: linux.IPC_PRIVATE, Count: count, Flags: 0o666, Cred: user}, &ipcapi.SemGetReply{}); e != want {
			t.Fatalf("SemGet(%d) = %v, want %v", count, e, want)
		}
	}
	sem(3, 0)
	sem(3, linux.ENOSPC)
	sem(2, 0)
	sem(-1, linux.EINVAL)
}
