package strace_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/syscalls"
)

// TestLinesMatchStrace runs programs natively, once under strace and once under
// a tracer of ours that prints with this package, and compares line by line.
func TestLinesMatchStrace(t *testing.T) {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed")
	}
	for _, program := range []string{
		"ls -la .",
		"cat file",
		"head -c 3 file",
		"stat file",
		"stat -f /proc",
		"cp file copy",
		"mv copy copy2",
		"rm copy2",
		"mkdir -m 700 d",
		"rmdir d",
		"ln -s target link",
		"readlink link",
		"rm link",
		"chmod 640 file",
		"touch -d @1000 file",
		"truncate -s 5 file",
		"cat none",
		"rmdir file",
		"sleep 0.01",
		"sh -c 'umask 027; cd /; exec true'",
		"sh -c 'echo hi | cat >/dev/null; exit 3'",
		"sh -c 'trap true USR1; kill -USR1 $$; trap - USR1'",
		"sh -c 'kill -9 $$'",
		"busybox ls -l /dev/null",
		"busybox cat file",
		"busybox uname -a",
		"busybox sh -c 'busybox true; busybox false'",
		"busybox mkfifo fifo",
		"busybox dd if=/dev/zero of=file bs=1000 count=2 conv=fsync",
		"busybox stty -F /dev/ptmx",
		"mktemp -u nameXXXXXX",
		"perl -e 'print 1; open F, q(<), q(file); read F, $x, 5; socket S, 1, 1, 0; connect S, pack(q(Sa*), 1, qq(/none\\0)); alarm 0'",
		"/usr/bin/python3 -S -c 'import os,mmap,select; os.pipe(); p=select.poll(); p.register(1, 4); p.poll(0); e=select.epoll(); e.register(0,1); e.poll(0)'",
		"/usr/bin/python3 -S -c 'import os,select; r,w=os.pipe(); select.select([r],[w],[r],9); select.select([r],[],[],0); select.select([],[],[],0.001)'",
		"/usr/bin/python3 -S -c 'import _socket as s,struct; x=s.socket(2,1,0); x.setsockopt(1,2,1); x.setsockopt(1,13,struct.pack(chr(105)*2,1,5)); x.setsockopt(6,1,1); " +
			"x.getsockopt(1,8); x.getsockopt(1,13,8); x.getsockopt(1,3); x.setsockopt(1,20,struct.pack(chr(108)*2,1,5)); s.socketpair(1,1,0)[0].getsockopt(1,17,12)'",
		"perl -e 'socket S, 2, 1, 0; setsockopt S, 1, 2, pack q(l), 1; setsockopt S, 1, 999, q(abc); select undef, undef, undef, 0.01'",
	} {
		t.Run(program, func(t *testing.T) {
			argv := words(program)
			if _, err := exec.LookPath(argv[0]); err != nil {
				t.Skipf("%s is not installed", argv[0])
			}
			// When a child's end arrives is a race, so lines may differ once.
			var diff string
			for range 5 {
				want := underStrace(t, argv)
				got := underOurs(t, argv)
				if diff = compare(got, want); diff == "" {
					return
				}
			}
			t.Error(diff)
		})
	}
}

// words splits a command line at blanks, but for quoted parts.
func words(line string) (argv []string) {
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		var w string
		if line[0] == '\'' {
			w, line, _ = strings.Cut(line[1:], "'")
		} else {
			w, line, _ = strings.Cut(line, " ")
		}
		argv = append(argv, w)
	}
	return argv
}

// prepare makes a directory to run in, the same for both sides.
func prepare(t *testing.T, cmd *exec.Cmd) {
	dir := filepath.Join(t.TempDir(), "work")
	os.MkdirAll(filepath.Join(dir, "sub"), 0o755)
	os.WriteFile(filepath.Join(dir, "file"), []byte("line one\n\x00\x01\xff4\ttab \"quoted\" and longer than thirty-two\n"), 0o644)
	os.WriteFile(filepath.Join(dir, "copy2"), nil, 0o644)
	os.WriteFile(filepath.Join(dir, "copy"), nil, 0o644)
	os.Symlink("elsewhere", filepath.Join(dir, "link"))
	switch cmd.Args[len(cmd.Args)-2] + " " + cmd.Args[len(cmd.Args)-1] {
	case "target link":
		os.Remove(filepath.Join(dir, "link"))
	case "file copy":
		os.Remove(filepath.Join(dir, "copy"))
	}
	if cmd.Args[len(cmd.Args)-2] == "rmdir" {
		os.Mkdir(filepath.Join(dir, "d"), 0o755)
	}
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "PERL_HASH_SEED=0"}
	cmd.Stdout, cmd.Stderr = nil, nil
}

// underStrace returns the lines of strace, less the first execve.
func underStrace(t *testing.T, argv []string) []string {
	out := filepath.Join(t.TempDir(), "strace.out")
	cmd := exec.Command("strace", append([]string{"-o", out, "--"}, argv...)...)
	prepare(t, cmd)
	cmd.Run() // the status is the program's
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	if len(lines) < 2 {
		t.Skipf("strace traces nothing here: %q", lines)
	}
	return lines[1:]
}

// memory reads another process.
type memory int

func (pid memory) Read(addr uint64, b []byte) int {
	if len(b) == 0 {
		return 0
	}
	n, err := unix.ProcessVMReadv(int(pid), []unix.Iovec{{Base: &b[0], Len: uint64(len(b))}},
		[]unix.RemoteIovec{{Base: uintptr(addr), Len: len(b)}}, 0)
	if err != nil {
		return 0
	}
	return n
}

// underOurs traces argv and prints with package strace.
func underOurs(t *testing.T, argv []string) (lines []string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, argv[1:]...)
	cmd.Args[0] = argv[0]
	prepare(t, cmd)
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Release()
	pid := cmd.Process.Pid
	mem := memory(pid)
	rows, numbers := table()

	var ws unix.WaitStatus
	if _, err := unix.Wait4(pid, &ws, 0, nil); err != nil {
		t.Fatal(err)
	}
	if err := unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_TRACEEXEC|unix.PTRACE_O_EXITKILL); err != nil {
		t.Fatal(err)
	}
	var entry []byte // of the call under way
	var values [6]uint64
	var row syscalls.Row
	for sig := 0; ; {
		if err := unix.PtraceSyscall(pid, sig); err != nil && err != unix.ESRCH {
			t.Fatal(err)
		}
		if _, err := unix.Wait4(pid, &ws, 0, nil); err != nil {
			t.Fatal(err)
		}
		sig = 0
		switch {
		case ws.Exited() || ws.Signaled():
			if entry != nil {
				lines = append(lines, string(strace.AppendGone(entry)))
			}
			return append(lines, string(strace.AppendExit(nil, int32(ws))))
		case ws.StopSignal() == unix.SIGTRAP|0x80:
			var regs unix.PtraceRegs
			if err := unix.PtraceGetRegs(pid, &regs); err != nil {
				continue // killed meanwhile
			}
			if entry == nil {
				values = [6]uint64{regs.Rdi, regs.Rsi, regs.Rdx, regs.R10, regs.R8, regs.R9}
				row = rows[numbers[regs.Orig_rax]]
				if row.Name == "" {
					row.Name = "?" + numbers[regs.Orig_rax]
				}
				entry = strace.AppendEntry([]byte{}, row.Name, row.Args, &values, mem)
				continue
			}
			ret, e := int64(regs.Rax), linux.Errno(0)
			if ret < 0 && ret > -4096 {
				ret, e = -1, linux.Errno(-ret)
			}
			line := string(strace.AppendResult(entry, row.Name, row.Args, &values, ret, e, mem))
			// In one piece it must read the same; execve took the memory away, and
			// select writes over what it was asked.
			whole := string(strace.AppendCall(nil, row.Name, row.Args, &values, ret, e, mem))
			if row.Name != "execve" && row.Name != "select" && row.Name != "pselect6" && whole != line {
				t.Errorf("in one piece:  %s\nin two pieces: %s", whole, line)
			}
			lines = append(lines, line)
			entry = nil
		case ws.StopSignal() == unix.SIGTRAP && ws.TrapCause() == unix.PTRACE_EVENT_EXEC:
		case ws.Stopped():
			sig = int(ws.StopSignal())
		}
	}
}

var (
	addresses = regexp.MustCompile(`0x[0-9a-f]{6,}`)
	volatile  = regexp.MustCompile(`\\x[0-9a-f]{2}|name[A-Za-z0-9]{6}|^read\(3, "(?:[^"\\]|\\.)*", 4|^sysinfo\(.*|/tmp/[^"]*/work|si_[us]time=\d+|[fst]u?_[us]?time=\{[^}]*\}|u32=\d+, u64=\d+|tv_n?sec=\d+`)
	pids      = regexp.MustCompile(`\b\d{3,}\b`)
	pidCalls  = regexp.MustCompile(`^(clone|vfork|fork|wait4|kill|tgkill|getp?p?id|gettid|getpgrp|getpgid|set_tid_address|statfs|clone3|getsockopt)\(`)
)

// normal takes out what differs from run to run.
func normal(line string) string {
	line = addresses.ReplaceAllString(line, "ADDR")
	line = volatile.ReplaceAllString(line, "VOLATILE")
	if pidCalls.MatchString(line) {
		line = pids.ReplaceAllString(line, "N")
	}
	return line
}

// known are the lines that we print otherwise on purpose: a pattern of strace's.
var known = []*regexp.Regexp{
	regexp.MustCompile(`^--- `),           // siginfo needs an unsafe ptrace call: TestSignals has those lines
	regexp.MustCompile(`^rt_sigreturn\(`), // strace reads the mask from the frame, whose address is no argument
}

// compare returns the first lines that differ.
func compare(got, want []string) string {
	var diff strings.Builder
	filter := func(lines []string) (kept []string) {
		for _, l := range lines {
			skip := false
			for _, k := range known {
				skip = skip || k.MatchString(l)
			}
			if !skip {
				kept = append(kept, normal(l))
			}
		}
		return kept
	}
	got, want = filter(got), filter(want)
	bad := 0
	for i := range max(len(got), len(want)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if strings.HasPrefix(g, "?") && name(g[1:]) == name(w) {
			continue // no row yet
		}
		if g == w || loose(g) == loose(w) {
			continue
		}
		fmt.Fprintf(&diff, "line %d\n got  %s\n want %s\n", i, g, w)
		if bad++; bad == 8 || name(g) != name(w) {
			break
		}
	}
	return diff.String()
}

func name(line string) string {
	n, _, _ := strings.Cut(line, "(")
	return n
}

// loose removes the padding before the result: addresses of other lengths move
// it.
var padding = regexp.MustCompile(`\) +=`)

func loose(line string) string {
	if !strings.Contains(line, "ADDR") && !strings.Contains(line, "VOLATILE") && !strings.Contains(line, "N") {
		return line
	}
	return padding.ReplaceAllString(line, ") =")
}

// table gives the rows by name and the names by number. Calls that the kernel
// has no row for yet get one from here.
func table() (map[string]syscalls.Row, map[uint64]string) {
	rows := make(map[string]syscalls.Row)
	for _, r := range extra {
		rows[r.Name] = r
	}
	for _, r := range syscalls.Rows() {
		rows[r.Name] = r
	}
	names := make(map[uint64]string)
	for n, nr := range syscalls.Numbers() {
		names[uint64(nr)] = n
	}
	return rows, names
}

func a(name string, k strace.Kind) strace.Arg { return strace.Arg{Name: name, Kind: k} }

func n(k strace.Kind, length int) strace.Arg { return strace.Arg{Kind: k, LenArg: length} }

func f(table []linux.Flag) strace.Arg { return strace.Arg{Kind: strace.Flags, Flags: table} }

func en(table []linux.Flag) strace.Arg { return strace.Arg{Kind: strace.Enum, Flags: table} }

func row(name string, args ...strace.Arg) syscalls.Row { return syscalls.Row{Name: name, Args: args} }

var (
	fd, dirfd, path = a("fd", strace.FD), a("dirfd", strace.DirFD), a("path", strace.Path)
	integer, size   = a("n", strace.Int), a("size", strace.Uint)
	ptr, mode       = a("ptr", strace.Pointer), a("mode", strace.Octal)
	oflags          = a("flags", strace.OpenFlags)
	statOut         = a("statbuf", strace.StatOut)
)

var extra = []syscalls.Row{
	row("openat", dirfd, path, oflags, mode),
	row("open", path, oflags, mode),
	row("close", fd),
	row("newfstatat", dirfd, path, statOut, f(linux.AtFlags)),
	row("fstat", fd, statOut),
	row("stat", path, statOut),
	row("lstat", path, statOut),
	row("access", path, f(linux.AccessFlags)),
	row("faccessat", dirfd, path, f(linux.AccessFlags)),
	row("faccessat2", dirfd, path, f(linux.AccessFlags), f(linux.FaccessatFlags)),
	row("readlink", path, n(strace.Out, 2), size),
	row("getdents64", fd, ptr, size),
	row("getcwd", ptr, size),
	row("chdir", path),
	row("mkdir", path, mode),
	row("rmdir", path),
	row("unlink", path),
	row("unlinkat", dirfd, path, f([]linux.Flag{{Name: "AT_REMOVEDIR", Value: linux.AT_REMOVEDIR}})),
	row("rename", path, path),
	row("renameat2", dirfd, path, dirfd, path, f(linux.RenameFlags)),
	row("symlink", path, path),
	row("symlinkat", path, dirfd, path),
	row("mknodat", dirfd, path, mode, a("dev", strace.DevNr)),
	row("mknod", path, mode, a("dev", strace.DevNr)),
	row("chmod", path, mode),
	row("fchmod", fd, mode),
	row("fchmodat", dirfd, path, mode),
	row("umask", mode),
	row("ftruncate", fd, a("length", strace.Long)),
	row("utimensat", dirfd, path, ptr, f(linux.AtFlags)),
	row("pipe2", a("fds", strace.FDPair), f([]linux.Flag{{Name: "O_NONBLOCK", Value: linux.O_NONBLOCK}, {Name: "O_CLOEXEC", Value: linux.O_CLOEXEC}})),
	row("pipe", a("fds", strace.FDPair)),
	row("dup", fd),
	row("dup2", fd, fd),
	row("fcntl", fd, integer, ptr),
	row("ioctl", fd, integer, ptr),
	row("fsync", fd),
	row("copy_file_range", fd, ptr, fd, ptr, size, size),
	row("fadvise64", fd, a("offset", strace.Long), a("len", strace.Long), en(linux.FadviseAdvice)),
	row("prlimit64", integer, en(linux.RlimitNames), ptr, ptr),
	row("getrandom", ptr, size, f(linux.GetrandomFlags)),
	row("uname", ptr),
	row("poll", n(strace.PollFds, 1), size, integer),
	row("nanosleep", ptr, ptr),
	row("clock_nanosleep", en(linux.Clocks), f(linux.TimerFlags), ptr, ptr),
	row("statx", dirfd, path, f(linux.StatxAtFlags), f(linux.StatxMask), ptr),
	row("statfs", path, ptr),
	row("socket", en(linux.AddressFamilies), en(linux.SocketTypes), en([]linux.Flag{{Name: "IPPROTO_IP", Value: 0}})),
	row("connect", fd, n(strace.Sockaddr, 2), integer),
	row("prctl", integer, ptr, ptr, ptr, ptr),
	row("epoll_create1", f(linux.EpollCreateFlags)),
	row("epoll_ctl", fd, en(linux.EpollOps), fd, ptr),
	row("epoll_wait", fd, ptr, integer, integer),
	row("sysinfo", ptr),
	row("setitimer", en(linux.Itimers), ptr, ptr),
	row("alarm", size),
	row("rseq", ptr, a("len", strace.Hex), f(nil), a("sig", strace.Hex)),
	row("sigaltstack", ptr, ptr),
}

// TestSignals compares with lines that strace printed.
func TestSignals(t *testing.T) {
	sent := func(signo, code int32) (i linux.Siginfo) {
		i.Signo, i.Code = signo, code
		i.SetSender(7, 1000)
		return i
	}
	var child, fault, queued, zero linux.Siginfo
	child = linux.Siginfo{Signo: linux.SIGCHLD, Code: linux.CLD_EXITED}
	child.SetChild(7, 0, 3, 1, 2)
	killed := linux.Siginfo{Signo: linux.SIGCHLD, Code: linux.CLD_KILLED}
	killed.SetChild(7, 0, linux.SIGKILL, 0, 0)
	fault = linux.Siginfo{Signo: linux.SIGSEGV, Code: linux.SEGV_MAPERR}
	zero = linux.Siginfo{Signo: linux.SIGSEGV, Code: linux.SEGV_ACCERR}
	fault.SetFault(0x1234)
	queued = sent(linux.SIGRTMIN+2, linux.SI_QUEUE)
	queued.SetValue(5)
	for _, c := range []struct {
		info linux.Siginfo
		want string
	}{
		{sent(linux.SIGUSR1, linux.SI_USER), "--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER, si_pid=7, si_uid=1000} ---"},
		{sent(linux.SIGTERM, linux.SI_TKILL), "--- SIGTERM {si_signo=SIGTERM, si_code=SI_TKILL, si_pid=7, si_uid=1000} ---"},
		{linux.Siginfo{Signo: linux.SIGALRM, Code: linux.SI_KERNEL}, "--- SIGALRM {si_signo=SIGALRM, si_code=SI_KERNEL} ---"},
		{child, "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=7, si_uid=0, si_status=3, si_utime=1, si_stime=2} ---"},
		{killed, "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=7, si_uid=0, si_status=SIGKILL, si_utime=0, si_stime=0} ---"},
		{fault, "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x1234} ---"},
		{zero, "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_ACCERR, si_addr=NULL} ---"},
		{queued, "--- SIGRT_2 {si_signo=SIGRT_2, si_code=SI_QUEUE, si_pid=7, si_uid=1000, si_value={int=5, ptr=0x5}} ---"},
	} {
		if got := string(strace.AppendSignal(nil, &c.info)); got != c.want {
			t.Errorf("\n got  %s\n want %s", got, c.want)
		}
	}
}

// TestPieces covers what a program run by strace alone cannot show.
func TestPieces(t *testing.T) {
	rows, _ := table()
	mem := fake{0x1000: []byte("data and more of it, longer than thirty-two bytes\x00")}
	read := rows["read"]
	values := [6]uint64{3, 0x1000, 4096}
	for _, c := range []struct{ got, want string }{
		{string(strace.AppendUnfinished(strace.AppendEntry(nil, "read", read.Args, &values, mem))), "read(3,  <unfinished ...>"},
		{string(strace.AppendResumed(nil, "read", read.Args, &values, 4, 0, mem)), `<... read resumed>"data", 4096)         = 4`},
		{string(strace.AppendCall(nil, "read", read.Args, &values, 40, 0, mem)), `read(3, "data and more of it, longer than"..., 4096) = 40`},
		{string(strace.AppendCall(nil, "read", read.Args, &values, -1, linux.ERESTARTSYS, mem)),
			"read(3, 0x1000, 4096)                   = ? ERESTARTSYS (To be restarted if SA_RESTART is set)"},
		{string(strace.AppendCall(nil, "read", read.Args, &values, -1, linux.EBADF, mem)), "read(3, 0x1000, 4096)                   = -1 EBADF (Bad file descriptor)"},
		{string(strace.AppendCall([]byte("x\n[pid     7] "), "read", read.Args, &values, -1, linux.EBADF, mem)), "x\n[pid     7] read(3, 0x1000, 4096)       = -1 EBADF (Bad file descriptor)"},
		{string(strace.AppendPid(nil, 7)), "[pid     7] "},
		{string(strace.AppendExit(nil, 3<<8)), "+++ exited with 3 +++"},
		{string(strace.AppendExit(nil, linux.SIGSEGV|0x80)), "+++ killed by SIGSEGV (core dumped) +++"},
	} {
		if c.got != c.want {
			t.Errorf("\n got  %s\n want %s", c.got, c.want)
		}
	}
}

// fake is memory with a few pieces.
type fake map[uint64][]byte

func (m fake) Read(addr uint64, b []byte) int {
	for at, piece := range m {
		if addr >= at && addr < at+uint64(len(piece)) {
			return copy(b, piece[addr-at:])
		}
	}
	return 0
}

// FuzzCall: whatever the registers and the memory hold, a line comes out, and
// only one.
func FuzzCall(f *testing.F) {
	f.Add(uint64(0), uint64(3), uint64(8), uint64(8), uint64(100), uint64(0), uint64(0), int64(5), []byte("some memory of an app"))
	rows := syscalls.Rows()
	for _, r := range extra {
		rows = append(rows, r)
	}
	f.Fuzz(func(t *testing.T, which, a0, a1, a2, a3, a4, a5 uint64, ret int64, data []byte) {
		r := rows[which%uint64(len(rows))]
		mem := fake{8: data}
		for _, e := range []linux.Errno{0, linux.EINTR} {
			line := strace.AppendCall(nil, r.Name, r.Args, &[6]uint64{a0, a1, a2, a3, a4, a5}, ret, e, mem)
			if bytes.IndexByte(line, '\n') >= 0 || !strings.HasPrefix(string(line), fmt.Sprintf("%s(", r.Name)) || len(line) > 1<<20 {
				t.Fatalf("%s: %d bytes: %.200q", r.Name, len(line), line)
			}
		}
	})
}
