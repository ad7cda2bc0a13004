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
		return fmt.Appendf(b, "%d.%02d 0.00\n", up/1e9, up/1e7%100)
	},
	"stat": func(s *Service, b []byte) []byte {
		b = append(b, "cpu  0 0 0 0 0 0 0 0 0 0\n"...)
		for i := range max(1, s.Env.Config.CPUs) {
			b = fmt.Appendf(b, "cpu%d 0 0 0 0 0 0 0 0 0 0\n", i)
		}
		return fmt.Appendf(b, "intr 0\nctxt 0\nbtime %d\nprocesses %d\nprocs_running 1\nprocs_blocked 0\nsoftirq 0\n", s.Env.BootTime(), s.Env.Tasks.Forks)
	},
	"meminfo": func(s *Service, b []byte) []byte {
		total := s.Env.Config.MemoryBytes / 1024
		free := total / 10 * 9
		return fmt.Appendf(b, "MemTotal:       %8d kB\nMemFree:        %8d kB\nMemAvailable:   %8d kB\nBuffers:               0 kB\nCached:                0 kB\nSwapCached:            0 kB\nActive:                0 kB\nInactive:              0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\nDirty:                 0 kB\nWriteback:             0 kB\nAnonPages:             0 kB\nMapped:                0 kB\nShmem:                 0 kB\nSlab:                  0 kB\nPageTables:            0 kB\nCommitLimit:    %8d kB\nCommitted_AS:          0 kB\nHugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n", total, free, free, total)
	},
	"sys/kernel/hostname":   func(s *Service, b []byte) []byte { return append(append(b, s.Env.Config.Hostname...), '\n') },
	"sys/kernel/domainname": func(s *Service, b []byte) []byte { return append(append(b, domain(s)...), '\n') },
}

func domain(s *Service) string {
	if s.Env.Config.Domainname == "" {
		return "(none)"
	}
	return s.Env.Config.Domainname
}
