package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/kernel"
	"adyton.dev/adyton/core/platform/hostproc"
	"adyton.dev/adyton/core/plugin"
	"adyton.dev/adyton/core/procinfo"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/proto/gen/fswire"
	"adyton.dev/adyton/proto/gen/ipcwire"
	"adyton.dev/adyton/proto/gen/mmwire"
	"adyton.dev/adyton/proto/gen/signalwire"
)

// machine is a kernel with all that belongs to it.
type machine struct {
	kernel  *kernel.Kernel
	plugins []*plugin.Plugin
	fs      *linkedFS           // nil when it is a plugin
	ready   chan *kernel.Kernel // holds the kernel once it is put together
	ended   atomic.Int32        // the status that end was given
}

// assemble makes the subsystems, linked or as plugins, and puts them together.
func assemble(f *runFlags) (*machine, error) {
	m := &machine{}
	s := &setup{Rootfs: f.rootfs, Mounts: f.mounts, Host: f.host, Net: f.net}
	if f.memory != "" {
		var err error
		if s.Memory, err = parseSize(f.memory); err != nil {
			return nil, fmt.Errorf("--memory %w", err)
		}
	}
	if f.net != "loopback" && f.net != "none" {
		return nil, fmt.Errorf("--net %q: want loopback or none", f.net)
	}
	if f.unsupported != "enosys" && f.unsupported != "kill" {
		return nil, fmt.Errorf("--unsupported %q: want enosys or kill", f.unsupported)
	}
	if f.pluginDeath != "fail" && f.pluginDeath != "kill" {
		return nil, fmt.Errorf("--on-plugin-death %q: want fail or kill", f.pluginDeath)
	}
	cfg := syscalls.Config{
		Hostname: f.hostname, MemoryBytes: s.Memory, MemoryLimit: s.Memory, CPUs: runtime.NumCPU(),
		KillUnsupported: f.unsupported == "kill",
		Operator:        func(format string, a ...any) { fmt.Fprintf(os.Stderr, "adyton: "+format+"\n", a...) },
	}
	if s.Memory == 0 {
		var host unix.Sysinfo_t
		unix.Sysinfo(&host)
		cfg.MemoryBytes = host.Totalram * uint64(host.Unit)
	}
	var err error
	if cfg.Trace, err = newTracer(f); err != nil {
		return nil, err
	}
	info := &procinfo.Service{}
	parts := kernel.Parts{Config: cfg}
	if err := m.subsystems(f, s, info, &parts); err != nil {
		m.close()
		return nil, err
	}
	plat, err := hostproc.New()
	if err != nil {
		m.close()
		return nil, fmt.Errorf("platform: %w", err)
	}
	parts.Machine = plat
	for _, p := range m.plugins {
		p.Attach(plat.Leader())
	}
	if m.kernel, err = kernel.New(parts); err != nil {
		m.close()
		return nil, err
	}
	info.Env = m.kernel.Env()
	m.ready <- m.kernel
	return m, nil
}

// subsystems fills in the four, as the flags say.
func (m *machine) subsystems(f *runFlags, s *setup, core *procinfo.Service, parts *kernel.Parts) error {
	m.ready = make(chan *kernel.Kernel, 1)
	done := func(t uint64) {
		k := <-m.ready
		m.ready <- k
		k.TicketDone(t)
	}
	where := map[string]string{"fs": f.fs, "mm": f.mm, "signal": f.signal, "ipc": f.ipc}
	var gone func()
	if f.pluginDeath == "kill" {
		gone = func() { m.end(125) }
	}
	for _, kind := range plugin.Kinds {
		switch w := where[kind]; {
		case w == "linked" || strings.HasPrefix(w, "linked:"):
			which, err := parseImplementation(kind, strings.TrimPrefix(strings.TrimPrefix(w, "linked"), ":"))
			if err != nil {
				return err
			}
			switch kind {
			case "fs":
				if m.fs, err = newLinkedFS(s, which, core, done, parts.Config.Operator); err == nil {
					parts.FS = m.fs
				}
			case "mm":
				parts.MM, err = newLinkedMM(s, which)
			case "signal":
				parts.Signal, err = newLinkedSignal(which)
			case "ipc":
				parts.IPC, err = newLinkedIPC(s, which)
			}
			if err != nil {
				return err
			}
			parts.Claims = append(parts.Claims, linkedClaims[kind])
		case strings.HasPrefix(w, "plugin:"):
			p, err := startPlugin(kind, strings.TrimPrefix(w, "plugin:"), s, core, parts.Config.Operator, gone)
			if err != nil {
				return err
			}
			m.plugins = append(m.plugins, p)
			parts.Claims = append(parts.Claims, p.Claims)
			switch kind {
			case "fs":
				parts.FS = remoteFS{fswire.NewClient(p.Conn(), fswire.ClientOptions{Timeout: plugin.Timeout, OnError: p.OnError})}
			case "mm":
				parts.MM = mmwire.NewClient(p.Conn(), mmwire.ClientOptions{Timeout: plugin.Timeout, OnError: p.OnError})
			case "signal":
				parts.Signal = signalwire.NewClient(p.Conn(), signalwire.ClientOptions{Timeout: plugin.Timeout, OnError: p.OnError})
			case "ipc":
				parts.IPC = ipcwire.NewClient(p.Conn(), ipcwire.ClientOptions{Timeout: plugin.Timeout, OnError: p.OnError})
			}
		default:
			return fmt.Errorf("--%s %q: want linked[:NAME] or plugin:PATH", kind, w)
		}
	}
	return nil
}

// end ends adyton in the middle of a run, and with it all that runs.
func (m *machine) end(status int) {
	m.ended.Store(int32(status))
	m.close()
	os.Exit(status)
}

// close ends the plugins and the connection to the host, which restores the
// terminal.
func (m *machine) close() {
	if m.fs != nil {
		m.fs.close()
	}
	for _, p := range m.plugins {
		p.Kill()
	}
}
