package coverage

import (
	"reflect"
	"strings"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
)

var (
	entries = []Entry{
		{Syscall: "openat", Level: "full", Flags: map[string]uint64{"flags": linux.O_WRONLY | linux.O_RDWR | linux.O_CREAT}},
		{Syscall: "fcntl", Level: "partial", Values: map[string][]uint64{"cmd": {linux.F_GETFD}}, Note: "some commands"},
		{Syscall: "bpf", Level: "unsupported"},
		{Syscall: "getpid", Level: "full"},
	}
	arguments = map[string][]strace.Arg{
		"openat": {{Name: "dirfd"}, {Name: "path"}, {Name: "flags", Kind: strace.OpenFlags}, {Name: "mode"}},
		"fcntl": {{Name: "fd"}, {Name: "cmd", Kind: strace.Enum, Flags: []linux.Flag{
			{Name: "F_GETFD", Value: linux.F_GETFD}, {Name: "F_SETLEASE", Value: linux.F_SETLEASE}}}},
	}
)

func TestCheckLog(t *testing.T) {
	log := `execve-less line
[pid   12] openat(AT_FDCWD, "a, (b\"", O_RDONLY) = 3
12 openat(AT_FDCWD, "x", O_WRONLY|O_DIRECT|O_CREAT, 0644) = -1 EINVAL (Invalid argument)
10:11:12.123456 fcntl(3, F_GETFD) = 0
fcntl(3, F_SETLEASE, F_WRLCK <unfinished ...>
<... fcntl resumed>) = 0
bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_HASH, key_size=4}, 72) = -1 EPERM
getpid() = 4
--- SIGCHLD {si_signo=SIGCHLD} ---
+++ exited with 0 +++
`
	got, calls, err := CheckLog(strings.NewReader(log), entries, arguments)
	if err != nil || calls != 6 {
		t.Fatalf("calls = %d, %v; want 6", calls, err)
	}
	want := []Finding{
		{Syscall: "bpf", Level: "unsupported", Count: 1},
		{Syscall: "fcntl", Level: "partial", What: "cmd F_SETLEASE", Count: 1, Note: "some commands"},
		{Syscall: "openat", Level: "full", What: "flags O_DIRECT", Count: 1},
		{Syscall: "fcntl", Level: "partial", Count: 1, Note: "some commands"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	for i, refused := range []bool{true, true, true, false} {
		if got[i].Refused() != refused {
			t.Errorf("%+v: refused = %v", got[i], !refused)
		}
	}
}

// FuzzCheckLog: no log makes the reader fail but by its error.
func FuzzCheckLog(f *testing.F) {
	f.Add("openat(AT_FDCWD, \"x\\\", [{(, O_RDONLY|")
	f.Add("fcntl(3, , ,<unfinished ...>")
	f.Fuzz(func(t *testing.T, log string) {
		CheckLog(strings.NewReader(log), entries, arguments)
	})
}

func TestDiff(t *testing.T) {
	now := append([]Entry{}, entries...)
	now[1] = Entry{Syscall: "fcntl", Level: "full", Values: map[string][]uint64{"cmd": {linux.F_SETLEASE, linux.F_GETFD}}}
	now = append(now[:2:2], now[3:]...)
	got := Diff(entries, now)
	want := []Change{
		{Syscall: "bpf", Old: "unsupported", New: "not listed"},
		{Syscall: "fcntl", Old: "partial cmd=[1]", New: "full cmd=[1 1024]"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
