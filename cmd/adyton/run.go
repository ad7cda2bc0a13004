package main

import (
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/core/task"
)

// runFlags are what `adyton run` was asked.
type runFlags struct {
	rootfs      string
	mounts      []string
	env         []string
	clearEnv    bool
	workdir     string
	user        string
	memory      string
	hostname    string
	net         string
	unsupported string
	report      string
	strace      string
	straceFail  bool
	fs          string
	mm          string
	signal      string
	ipc         string
	host        string
	config      string
	pluginDeath string
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [flags] -- PROGRAM [ARGS...]",
		Short: "Run a program",
		Long: `Run a Linux program inside Adyton.

By default the host's files are seen read-only with changes kept in memory, so
that nothing on the host changes. Standard input, output and error pass through.

The exit status is the program's own; 128+N when signal N ended it, 127 when it
was not found, 126 when it cannot be executed, 125 when Adyton itself fails.`,
		Example: `  adyton run -- /bin/sh -c 'echo hello > /tmp/x; cat /tmp/x'
  adyton run --rootfs image.tar --env HOME=/root -- /bin/bash
  adyton run --mount /srv/data:/data:rw --user 1000:1000 -- python3 job.py
  adyton run --host unix:/run/user/1000/adyton.sock -- /bin/sh
  adyton run --strace=open,openat --strace-failing -- ls /nowhere`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.config != "" {
				if err := applyConfig(cmd.Flags(), f.config); err != nil {
					return err
				}
			}
			return run(&f, args)
		},
	}
	fl := cmd.Flags()
	fl.SetInterspersed(false)
	fl.StringVar(&f.config, "config", "", "read flags from a TOML `FILE` whose keys are their names; those given here win")
	fl.StringVar(&f.rootfs, "rootfs", "", "directory or tar file to use as / (default: the host's tree, changes in memory)")
	fl.StringArrayVar(&f.mounts, "mount", nil, "mount host directory SRC at DST, read-only unless rw is said, as SRC:DST[:ro|rw]")
	fl.StringArrayVar(&f.env, "env", nil, "set environment variable K=V, or pass K on; may be given again")
	fl.StringVar(&f.workdir, "workdir", "", "directory to start in (default: the current one)")
	fl.StringVar(&f.user, "user", "", "run as UID[:GID] (default: the caller)")
	fl.StringVar(&f.memory, "memory", "", "limit of memory, such as 512M or 4G (default: none)")
	fl.StringVar(&f.hostname, "hostname", "adyton", "what uname says")
	fl.StringVar(&f.net, "net", "loopback", "network: loopback, which only programs inside share, or none")
	fl.StringVar(&f.unsupported, "unsupported", "enosys", "what a call that nobody claims does: enosys or kill")
	fl.StringVar(&f.report, "report", "", "write what the program used to FILE after the run (- is standard error)")
	fl.StringVar(&f.strace, "strace", "", "trace system calls on standard error, all or those named")
	fl.Lookup("strace").NoOptDefVal = "all"
	fl.BoolVar(&f.straceFail, "strace-failing", false, "trace only calls that fail")
	fl.StringVar(&f.host, "host", "", "ask the server of adyton host at unix:`PATH` for what only the host can do (default: in this process)")
	fl.StringVar(&f.pluginDeath, "on-plugin-death", "fail", "when a plugin dies or hangs: fail its calls with EIO, or kill the run (status 125)")
	for _, x := range []struct {
		at   *string
		name string
	}{{&f.fs, "fs"}, {&f.mm, "mm"}, {&f.signal, "signal"}, {&f.ipc, "ipc"}} {
		fl.StringVar(x.at, x.name, "linked", "where "+x.name+" runs: linked[:NAME[?KEY=VALUE]], or plugin:PATH[?arg=A&sha256=H]; PATH may be self")
	}
	return cmd
}

func run(f *runFlags, args []string) error {
	runtime.GOMAXPROCS(2)
	debug.SetGCPercent(400)

	first, err := firstProcess(f, args)
	if err != nil {
		return err
	}
	m, err := assemble(f)
	if err != nil {
		return err
	}
	stop := m.forwardSignals()
	status, err := m.kernel.Run(first)
	if s := m.ended.Load(); s != 0 {
		return exitError(s) // that the run failed for want of its parts is no news
	}
	stop()
	m.close()
	if f.report != "" {
		if e := writeReport(f.report, m.kernel); e != nil {
			return e
		}
	}
	if err != nil {
		if s, ok := err.(*syscalls.StartError); ok {
			fmt.Fprintf(os.Stderr, "adyton: %v\n", s)
			return exitError(s.Status)
		}
		return err
	}
	if sig := status & 0x7f; sig != 0 {
		return exitError(128 + sig)
	}
	if code := status >> 8 & 0xff; code != 0 {
		return exitError(code)
	}
	return nil
}

// firstProcess turns flags into the first process.
func firstProcess(f *runFlags, args []string) (*syscalls.First, error) {
	p := &syscalls.First{Path: args[0], Argv: args, Umask: 0o022}
	old := unix.Umask(0o022)
	unix.Umask(old)
	p.Umask = uint32(old)

	env := os.Environ()
	for _, kv := range f.env {
		k, _, ok := strings.Cut(kv, "=")
		if k == "" {
			return nil, fmt.Errorf("--env %q: want K=V or K", kv)
		}
		if !ok {
			continue // inherited anyway
		}
		kept := env[:0:0]
		for _, e := range env {
			if !strings.HasPrefix(e, k+"=") {
				kept = append(kept, e)
			}
		}
		env = append(kept, kv)
	}
	p.Env = env

	p.Workdir = f.workdir
	if p.Workdir == "" {
		p.Workdir = "/"
		if f.rootfs == "" {
			if wd, err := os.Getwd(); err == nil {
				p.Workdir = wd
			}
		}
	}
	if !filepath.IsAbs(p.Workdir) {
		return nil, fmt.Errorf("--workdir %q: want an absolute path", p.Workdir)
	}

	uid, gid := uint32(os.Getuid()), uint32(os.Getgid())
	var groups []uint32
	if gs, err := os.Getgroups(); err == nil {
		for _, g := range gs {
			groups = append(groups, uint32(g))
		}
	}
	if f.user != "" {
		us, gs, both := strings.Cut(f.user, ":")
		u, err := strconv.ParseUint(us, 10, 32)
		if err != nil || u == math.MaxUint32 {
			return nil, fmt.Errorf("--user %q: want UID[:GID] in numbers", f.user)
		}
		uid, gid, groups = uint32(u), uint32(u), nil
		if both {
			g, err := strconv.ParseUint(gs, 10, 32)
			if err != nil || g == math.MaxUint32 {
				return nil, fmt.Errorf("--user %q: want UID[:GID] in numbers", f.user)
			}
			gid = uint32(g)
		}
	}
	p.Cred = task.NewCred(uid, gid, groups)

	// A program started under nohup or with signals ignored finds them so.
	if b, err := os.ReadFile("/proc/self/status"); err == nil {
		if _, v, ok := strings.Cut(string(b), "\nSigIgn:\t"); ok && len(v) >= 16 {
			p.Ignored, _ = strconv.ParseUint(v[:16], 16, 64)
		}
	}

	if n, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil {
		p.Nice = int32(20 - n) // the raw call gives 40 to 1
	}

	for i := range p.Limits {
		var r unix.Rlimit
		p.Limits[i] = linux.Rlimit{Cur: linux.RLIM_INFINITY, Max: linux.RLIM_INFINITY}
		if unix.Getrlimit(i, &r) == nil {
			p.Limits[i] = linux.Rlimit{Cur: r.Cur, Max: r.Max}
		}
	}
	return p, nil
}

// forwardSignals hands what is sent to adyton on to the program.
func (m *machine) forwardSignals() (stop func()) {
	ch := make(chan os.Signal, 8)
	signal.Notify(ch, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH)
	go func() {
		for s := range ch {
			if s == syscall.SIGWINCH {
				if m.fs != nil {
					m.fs.WindowChanged()
				}
				continue
			}
			if !m.kernel.Booted() {
				// No program to hand it to, and what starts it may wait for ever.
				fmt.Fprintf(os.Stderr, "adyton: %v before the program ran\n", s)
				m.end(128 + int(s.(syscall.Signal)))
			}
			m.kernel.Signal(int32(s.(syscall.Signal)))
		}
	}()
	return func() { signal.Stop(ch); close(ch) }
}

// parseSize reads a size in bytes with an optional K, M, G or T.
func parseSize(s string) (uint64, error) {
	mult := uint64(1)
	t := strings.TrimSuffix(strings.ToUpper(s), "B")
	for i, u := range "KMGT" {
		if strings.HasSuffix(t, string(u)) {
			mult, t = 1<<(10*(i+1)), t[:len(t)-1]
			break
		}
	}
	n, err := strconv.ParseUint(t, 10, 64)
	if err != nil || n == 0 || n > math.MaxInt64/mult {
		return 0, fmt.Errorf("%q is no size: want such as 512M or 4G", s)
	}
	return n * mult, nil
}
