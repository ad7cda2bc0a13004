package kernel

import (
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform/fake"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs"
	"adyton.dev/adyton/subsystems/ipc"
	"adyton.dev/adyton/subsystems/mm"
	"adyton.dev/adyton/subsystems/signal"
)

// Where the program of these tests lies, and memory that it may use.
const (
	programAt = 0x400000
	memoryAt  = 0x401000
	memoryLen = 0x20000
)

// program is a static ELF of one segment, which nothing ever runs.
func program() []byte {
	b := make([]byte, 0x80)
	copy(b, "\x7fELF\x02\x01\x01")
	le := binary.LittleEndian
	le.PutUint16(b[16:], 2)  // ET_EXEC
	le.PutUint16(b[18:], 62) // EM_X86_64
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[24:], programAt+0x78)
	le.PutUint64(b[32:], 64) // e_phoff
	le.PutUint16(b[52:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 1)
	le.PutUint32(b[64:], 1) // PT_LOAD
	le.PutUint32(b[68:], 7) // rwx
	le.PutUint64(b[80:], programAt)
	le.PutUint64(b[96:], uint64(len(b)))
	le.PutUint64(b[104:], memoryAt+memoryLen-programAt)
	le.PutUint64(b[112:], 0x1000)
	return b
}

// world is a kernel over the fake platform, with all four subsystems.
type world struct {
	*fake.Platform
	kernel *Kernel
}

func newWorld(t testing.TB) *world {
	t.Helper()
	f, err := fs.New(fs.Config{MemoryBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	root := fsapi.Cred{Caps: task.AllCaps}
	var at fsapi.ResolveReply
	f.Resolve(&fsapi.ResolveRequest{Place: fsapi.Place{Path: "/"}, Directory: true}, &at)
	var opened fsapi.OpenReply
	if e := f.Open(&fsapi.OpenRequest{Cred: root, Place: fsapi.Place{Root: at.Handle, Dir: at.Handle, Path: "/program"},
		Flags: linux.O_CREAT | linux.O_RDWR, Mode: 0o755}, &opened); e != 0 {
		t.Fatal(e)
	}
	var wrote fsapi.WriteReply
	if e := f.Write(&fsapi.WriteRequest{Cred: root, Handle: opened.Handle, Data: program(), SizeLimit: 1 << 40}, &wrote); e != 0 {
		t.Fatal(e)
	}
	f.Close(&fsapi.CloseRequest{Handle: opened.Handle}, &fsapi.CloseReply{})

	m, err := mm.New(mm.Config{MemoryLimit: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	mono := func() int64 {
		var ts unix.Timespec
		unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
		return ts.Nano()
	}
	s, err := signal.New(signal.Config{Realtime: func() int64 { return time.Now().UnixNano() }, Monotonic: mono})
	if err != nil {
		t.Fatal(err)
	}
	i, err := ipc.New(ipc.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Platform: fake.New()}
	w.kernel, err = New(Parts{Machine: w.Platform, FS: f, MM: m, Signal: s, IPC: i,
		Claims: [][]coverage.Claim{fs.Claims, mm.Claims, signal.Claims, ipc.Claims},
		Config: syscalls.Config{CPUs: 2, MemoryBytes: 1 << 30, MemoryLimit: 256 << 20, Operator: func(string, ...any) {}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Shutdown)
	return w
}

// run boots the program as uid and runs script as its first thread.
func (w *world) run(t testing.TB, uid uint32, script func(*fake.Thread)) {
	t.Helper()
	first := &syscalls.First{Path: "/program", Argv: []string{"program"}, Workdir: "/", Cred: task.NewCred(uid, uid, nil), Umask: 0o022}
	for i := range first.Limits {
		first.Limits[i] = linux.Rlimit{Cur: linux.RLIM_INFINITY, Max: linux.RLIM_INFINITY}
	}
	first.Limits[linux.RLIMIT_STACK].Cur = 8 << 20
	first.Limits[linux.RLIMIT_NOFILE] = linux.Rlimit{Cur: 256, Max: 256}
	var start error
	w.Platform.Run(w.kernel.env, func() {
		if start = w.kernel.env.Boot(first); start != nil {
			w.Stop()
			return
		}
		script(w.Threads[0])
		w.Stop()
	})
	if start != nil {
		t.Fatal(start)
	}
}

var nr = syscalls.Numbers()

// call makes a call that must succeed.
func call(t testing.TB, th *fake.Thread, name string, args ...uint64) int64 {
	t.Helper()
	ret, ok := th.Call(uint64(nr[name]), args...)
	if !ok || ret < 0 {
		t.Fatalf("%s(%x) = %d, %v", name, args, ret, ok)
	}
	return ret
}

// text puts a string into app memory at an offset.
func text(th *fake.Thread, off uint64, s string) uint64 {
	th.Memory().Write(memoryAt+off, append([]byte(s), 0))
	return memoryAt + off
}

func TestFilesAndPipesOnTheFakePlatform(t *testing.T) {
	w := newWorld(t)
	w.run(t, 0, func(th *fake.Thread) {
		fd := uint64(call(t, th, "open", text(th, 0, "/file"), linux.O_CREAT|linux.O_RDWR, 0o644))
		if n := call(t, th, "write", fd, text(th, 64, "hello"), 5); n != 5 {
			t.Errorf("write = %d, want 5", n)
		}
		call(t, th, "lseek", fd, 1, linux.SEEK_SET)
		if n := call(t, th, "read", fd, memoryAt+128, 100); n != 4 {
			t.Errorf("read = %d, want 4", n)
		}
		b := make([]byte, 4)
		th.Memory().Read(memoryAt+128, b)
		if string(b) != "ello" {
			t.Errorf("read gave %q, want ello", b)
		}
		if ret, _ := th.Call(uint64(nr["read"]), fd, 8, 100); linux.Errno(-ret) != linux.EFAULT {
			call(t, th, "lseek", fd, 0, linux.SEEK_SET)
			if ret, _ = th.Call(uint64(nr["read"]), fd, 8, 100); linux.Errno(-ret) != linux.EFAULT {
				t.Errorf("read to nowhere = %d, want EFAULT", ret)
			}
		}
		// A read of an empty pipe waits until another handler writes.
		call(t, th, "pipe2", memoryAt+200, 0)
		var fds [8]byte
		th.Memory().Read(memoryAt+200, fds[:])
		r, wr := uint64(fds[0]), uint64(fds[4])
		w.Leader().Post(func() {
			// A second process with the same descriptors.
			call(t, w.Threads[len(w.Threads)-1], "write", wr, memoryAt+64, 3)
		})
		call(t, th, "fork")
		if n := call(t, th, "read", r, memoryAt+300, 10); n != 3 {
			t.Errorf("read of the pipe = %d, want 3", n)
		}
	})
}

// TestHotHandlersAllocateNothing is the rule of CONTRIBUTING.md.
func TestHotHandlersAllocateNothing(t *testing.T) {
	w := newWorld(t)
	w.run(t, 0, func(th *fake.Thread) {
		fd := uint64(call(t, th, "open", text(th, 0, "/file"), linux.O_CREAT|linux.O_RDWR, 0o644))
		call(t, th, "write", fd, memoryAt, 4096)
		for _, c := range []struct {
			name string
			args []uint64
		}{
			{"getppid", nil},
			{"getpid", nil},
			{"fstat", []uint64{fd, memoryAt + 4096}},
			{"lseek", []uint64{fd, 0, linux.SEEK_SET}},
			{"pread64", []uint64{fd, memoryAt + 8192, 64, 0}},
			{"pwrite64", []uint64{fd, memoryAt + 8192, 64, 0}},
			{"read", []uint64{fd, memoryAt + 8192, 64}},
			{"write", []uint64{fd, memoryAt + 8192, 64}},
			{"clock_gettime", []uint64{linux.CLOCK_MONOTONIC, memoryAt + 4096}},
			{"futex", []uint64{memoryAt, linux.FUTEX_WAKE | linux.FUTEX_PRIVATE_FLAG, 1}},
			{"futex", []uint64{memoryAt, linux.FUTEX_WAKE_BITSET, 1, 0, 0, 1}},
			{"futex", []uint64{memoryAt, linux.FUTEX_WAIT | linux.FUTEX_PRIVATE_FLAG, 1, 0}},
			{"futex", []uint64{memoryAt, linux.FUTEX_WAIT_BITSET, 1, memoryAt + 4096, 0, 1}},
			{"futex", []uint64{memoryAt, linux.FUTEX_CMP_REQUEUE, 1, 1, memoryAt + 64, 0}},
			{"futex_wake", []uint64{memoryAt, 1, 1, 2}},
			{"futex_wait", []uint64{memoryAt, 1, 1, 2, 0, linux.CLOCK_MONOTONIC}},
		} {
			var args [6]uint64
			copy(args[:], c.args)
			number := uint64(nr[c.name])
			if n := allocs(200, func() { th.Call(number, args[:]...) }); n != 0 {
				t.Errorf("%s%v allocates %d times in 200 calls, want 0", c.name, c.args, n)
			}
		}
	})
}

// allocs counts the allocations of n runs; like testing.AllocsPerRun, which
// must not be used beside other goroutines that this may wake.
func allocs(n int, f func()) uint64 {
	f()
	best := ^uint64(0)
	for range 3 { // another goroutine may allocate meanwhile
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range n {
			f()
		}
		runtime.ReadMemStats(&after)
		best = min(best, after.Mallocs-before.Mallocs)
	}
	return best
}
