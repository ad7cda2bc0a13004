package kernel

import (
	"os"
	"testing"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform/hostproc"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/subsystems/fs"
	"adyton.dev/adyton/subsystems/ipc"
	"adyton.dev/adyton/subsystems/mm"
)

type fakeSignal struct{ signalapi.Unimplemented }

func (fakeSignal) NewGroup(*signalapi.NewGroupRequest, *signalapi.NewGroupReply) linux.Errno {
	return 0
}
func (fakeSignal) ExecGroup(*signalapi.ExecGroupRequest, *signalapi.ExecGroupReply) linux.Errno {
	return 0
}
func (fakeSignal) ForkGroup(*signalapi.ForkGroupRequest, *signalapi.ForkGroupReply) linux.Errno {
	return 0
}

func TestHello(t *testing.T) {
	f, err := fs.New(fs.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var rr fsapi.ResolveReply
	if e := f.Resolve(&fsapi.ResolveRequest{Place: fsapi.Place{Path: "/"}, Directory: true}, &rr); e != 0 {
		t.Fatal(e)
	}
	var or fsapi.OpenReply
	if e := f.Open(&fsapi.OpenRequest{Cred: fsapi.Cred{Caps: task.AllCaps}, Place: fsapi.Place{Root: rr.Handle, Dir: rr.Handle, Path: "/hello"}, Flags: linux.O_CREAT | linux.O_RDWR, Mode: 0o755}, &or); e != 0 {
		t.Fatal(e)
	}
	b, _ := os.ReadFile("/tmp/hello")
	var wr fsapi.WriteReply
	if e := f.Write(&fsapi.WriteRequest{Cred: fsapi.Cred{Caps: task.AllCaps}, Handle: or.Handle, Data: b, SizeLimit: 1 << 40}, &wr); e != 0 {
		t.Fatal(e)
	}
	f.Close(&fsapi.CloseRequest{Handle: or.Handle}, &fsapi.CloseReply{})
	m, _ := mm.New(mm.Config{})
	i, _ := ipc.New(ipc.Config{})
	p, err := hostproc.New()
	if err != nil {
		t.Fatal(err)
	}
	k, err := New(Parts{Machine: p, FS: f, MM: m, Signal: fakeSignal{}, IPC: i, Claims: [][]coverage.Claim{mm.Claims, fs.Claims}})
	if err != nil {
		t.Fatal(err)
	}
	lim := [16]linux.Rlimit{}
	for i := range lim {
		lim[i] = linux.Rlimit{Cur: linux.RLIM_INFINITY, Max: linux.RLIM_INFINITY}
	}
	lim[linux.RLIMIT_STACK].Cur = 8 << 20
	lim[linux.RLIMIT_NOFILE].Cur = 1024
	st, err := k.Run(&syscalls.First{Path: "/hello", Argv: []string{"hello"}, Workdir: "/", Cred: task.NewCred(0, 0, nil), Limits: lim})
	t.Logf("status %x err %v", st, err)
}
