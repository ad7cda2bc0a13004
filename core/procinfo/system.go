package procinfo

import "fmt"

// systemTexts are the files of /proc itself that the core writes.
var systemTexts = map[string]func(*Service, []byte) []byte{
	"loadavg": func(s *Service, b []byte) []byte {
		running, all := 0, 0
		for _, p := range s.Env.Tasks.Processes() {
			for _, t := range p.Threads {
				if t.Exited {
					continue
				}
				all++
				if !t.Sleep.Sleeping() {
					running++
				}
			}
		}
		return fmt.Appendf(b, "0.00 0.00 0.00 %d/%d %d\n", running, all, s.Env.Tasks.Last())
	},
	"uptime": func(s *Service, b []byte) []byte {
		up := s.Env.UptimeNs()
		_, _, idle := s.cpuTime()
		return fmt.Appendf(b, "%d.%02d %d.%02d\n", up/1e9, up/1e7%100, idle/1e9, idle/1e7%100)
	},
	"stat": func(s *Service, b []byte) []byte {
		user, system, idle := s.cpuTime()
		line := func(name string, cpus int64) {
			b = fmt.Appendf(b, "%s %d 0 %d %d 0 0 0 0 0 0\n", name, ticks(user/cpus), ticks(system/cpus), ticks(idle/cpus))
		}
		line("cpu ", 1)
		// Which CPU a task runs on is the host's to know: each has its share.
		cpus := max(1, s.Env.Config.CPUs)
		for i := range cpus {
			line(fmt.Sprint("cpu", i), int64(cpus))
		}
		return fmt.Appendf(b, "intr 0\nctxt 0\nbtime %d\nprocesses %d\nprocs_running 1\nprocs_blocked 0\nsoftirq 0\n", s.Env.BootTime(), s.Env.Tasks.Forks)
	},
	"meminfo": func(s *Service, b []byte) []byte {
		total := s.Env.Config.MemoryBytes / 1024
		anon, mapped := s.resident()
		anon, mapped = min(anon/1024, total), min(mapped/1024, total)
		free := min(s.Env.Platform.FreeBytes()/1024, total)
		return fmt.Appendf(b, "MemTotal:       %8d kB\nMemFree:        %8d kB\nMemAvailable:   %8d kB\nBuffers:               0 kB\nCached:                0 kB\nSwapCached:            0 kB\nActive:                0 kB\nInactive:              0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\nDirty:                 0 kB\nWriteback:             0 kB\nAnonPages:      %8d kB\nMapped:         %8d kB\nShmem:                 0 kB\nSlab:                  0 kB\nPageTables:            0 kB\nCommitLimit:    %8d kB\nCommitted_AS:          0 kB\nHugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n", total, free, free, anon, mapped, total)
	},
	// kmsg is what /dev/kmsg gives, after a line with the number of records that
	// dmesg leaves out.
	"kmsg": func(s *Service, b []byte) []byte {
		log, cleared := s.Env.LogRecords(nil)
		return append(fmt.Appendf(b, "%d\n", cleared), log...)
	},
	"key-users":             func(s *Service, b []byte) []byte { return s.Env.Keys.UsersText(b) },
	"sys/kernel/hostname":   func(s *Service, b []byte) []byte { return append(append(b, s.Env.Config.Hostname...), '\n') },
	"sys/kernel/domainname": func(s *Service, b []byte) []byte { return append(append(b, domain(s)...), '\n') },
}

// cpuTime is how long the CPUs ran programs since the start, and had nothing to
// run, in ns.
func (s *Service) cpuTime() (user, system, idle int64) {
	user, system = s.Env.AllCPU()
	return user, system, max(0, s.Env.UptimeNs()*int64(max(1, s.Env.Config.CPUs))-user-system)
}

// resident sums what processes have in memory of their own, and of files.
func (s *Service) resident() (anon, file uint64) {
	for _, p := range s.Env.Tasks.Processes() {
		// A vfork child is in its parent's space.
		if p.Space != nil && !p.Zombie && p.Space.Owner == p {
			all, private := p.Space.Platform.Resident()
			anon += private
			file += all - private
		}
	}
	return anon, file
}

func domain(s *Service) string {
	if s.Env.Config.Domainname == "" {
		return "(none)"
	}
	return s.Env.Config.Domainname
}
