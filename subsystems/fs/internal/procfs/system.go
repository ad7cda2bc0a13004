package procfs

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// static is a file or directory of the whole system.
type static struct {
	mode     uint32
	make     func(p *FS) string
	children []string // of a directory, sorted
}

// text0 makes a static text that stays.
func text0(s string) func(*FS) string { return func(*FS) string { return s } }

// rootTexts are the files of /proc itself. The core is asked first.
var rootTexts = map[string]func(*FS) string{
	"cmdline":     text0("\n"),
	"config.gz":   func(*FS) string { return config() },
	"cpuinfo":     (*FS).cpuinfo,
	"devices":     text0("Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n"),
	"diskstats":   text0(""),
	"filesystems": text0("nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\nnodev\tramfs\nnodev\tdevtmpfs\nnodev\tdevpts\nnodev\toverlay\nnodev\tpipefs\nnodev\tsockfs\n"),
	"interrupts":  text0("           CPU0       \n"),
	"key-users":   text0(""),
	"loadavg":     text0("0.00 0.00 0.00 1/1 1\n"),
	"locks":       text0(""),
	"meminfo":     (*FS).meminfo,
	"misc":        text0(""),
	"modules":     text0(""),
	"partitions":  text0("major minor  #blocks  name\n\n"),
	"stat":        (*FS).stat,
	"sysvipc/msg": text0(""),
	"sysvipc/sem": text0(""),
	"sysvipc/shm": text0(""),
	"swaps":       text0("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
	"uptime":      text0("0.00 0.00\n"),
	"version": func(p *FS) string {
		return fmt.Sprintf("Linux version %s (adyton@localhost) (go) %s\n", p.System.Release, p.System.Version)
	},
	"vmstat":   text0("nr_free_pages 0\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\n"),
	"zoneinfo": text0(""),
}

// sysctls are the files below /proc/sys; those in writable may be written.
var sysctls = map[string]string{
	"abi/vsyscall32": "1", "crypto/fips_enabled": "0", "debug/exception-trace": "1", "dev/tty/legacy_tiocsti": "0",
	"fs/aio-max-nr": "65536", "fs/aio-nr": "0", "fs/dentry-state": "0\t0\t45\t0\t0\t0", "fs/epoll/max_user_watches": "1048576",
	"fs/file-max": "9223372036854775807", "fs/file-nr": "0\t0\t9223372036854775807", "fs/inode-nr": "0\t0", "fs/inode-state": "0\t0\t0\t0\t0\t0\t0",
	"fs/fanotify/max_queued_events": "16384", "fs/fanotify/max_user_groups": "128", "fs/fanotify/max_user_marks": "65536",
	"fs/inotify/max_queued_events": "16384", "fs/inotify/max_user_instances": "128", "fs/inotify/max_user_watches": "65536",
	"fs/lease-break-time": "45", "fs/leases-enable": "1", "fs/mount-max": "100000", "fs/mqueue/msg_default": "10", "fs/mqueue/msg_max": "10",
	"fs/mqueue/msgsize_default": "8192", "fs/mqueue/msgsize_max": "8192", "fs/mqueue/queues_max": "256", "fs/nr_open": "1048576",
	"fs/overflowgid": "65534", "fs/overflowuid": "65534", "fs/pipe-max-size": "1048576", "fs/pipe-user-pages-hard": "0",
	"fs/pipe-user-pages-soft": "16384", "fs/protected_fifos": "0", "fs/protected_hardlinks": "1", "fs/protected_regular": "0",
	"fs/protected_symlinks": "0", "fs/suid_dumpable": "0",
	"kernel/auto_msgmni": "0", "kernel/cap_last_cap": fmt.Sprint(linux.CAP_LAST_CAP), "kernel/core_pattern": "core", "kernel/core_pipe_limit": "0",
	"kernel/core_uses_pid": "0", "kernel/dmesg_restrict": "1", "kernel/domainname": "(none)", "kernel/hostname": "localhost",
	"kernel/keys/maxbytes": "20000", "kernel/keys/maxkeys": "200", "kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000", "kernel/keys/gc_delay": "300", "kernel/kptr_restrict": "1", "kernel/msgmax": "8192", "kernel/msgmnb": "16384",
	"kernel/msgmni": "32000", "kernel/ngroups_max": "65536", "kernel/osrelease": "", "kernel/ostype": "Linux", "kernel/overflowgid": "65534",
	"kernel/overflowuid": "65534", "kernel/panic": "0", "kernel/perf_event_paranoid": "2", "kernel/pid_max": "4194304", "kernel/printk": "4\t4\t1\t7",
	"kernel/random/boot_id": "", "kernel/random/entropy_avail": "256", "kernel/random/poolsize": "256", "kernel/random/uuid": "",
	"kernel/random/write_wakeup_threshold": "256", "kernel/randomize_va_space": "2", "kernel/sched_autogroup_enabled": "0",
	"kernel/sched_child_runs_first": "0", "kernel/sched_rr_timeslice_ms": "100", "kernel/sched_rt_period_us": "1000000",
	"kernel/sched_rt_runtime_us": "950000", "kernel/seccomp/actions_avail": "kill_process kill_thread trap errno user_notif trace log allow",
	"kernel/seccomp/actions_logged": "kill_process kill_thread trap errno user_notif trace log", "kernel/sem": "32000\t1024000000\t500\t32000",
	"kernel/shm_rmid_forced": "0", "kernel/shmall": "18446744073692774399", "kernel/shmmax": "18446744073692774399", "kernel/shmmni": "4096",
	"kernel/tainted": "0", "kernel/threads-max": "126000", "kernel/unprivileged_bpf_disabled": "2", "kernel/version": "", "kernel/yama/ptrace_scope": "0",
	"net/core/optmem_max": "131072", "net/core/rmem_default": "212992", "net/core/rmem_max": "212992", "net/core/somaxconn": "4096",
	"net/core/wmem_default": "212992", "net/core/wmem_max": "212992", "net/ipv4/ip_forward": "0", "net/ipv4/ip_local_port_range": "32768\t60999",
	"net/ipv4/ip_unprivileged_port_start": "1024", "net/ipv4/ping_group_range": "1\t0", "net/ipv4/tcp_available_congestion_control": "reno cubic",
	"net/ipv4/tcp_congestion_control": "cubic", "net/ipv4/tcp_fin_timeout": "60", "net/ipv4/tcp_keepalive_intvl": "75",
	"net/ipv4/tcp_keepalive_probes": "9", "net/ipv4/tcp_keepalive_time": "7200", "net/ipv4/tcp_max_syn_backlog": "512",
	"net/ipv4/tcp_rmem": "4096\t131072\t6291456", "net/ipv4/tcp_sack": "1", "net/ipv4/tcp_syncookies": "1", "net/ipv4/tcp_timestamps": "1",
	"net/ipv4/tcp_tw_reuse": "2", "net/ipv4/tcp_wmem": "4096\t16384\t4194304", "net/ipv6/bindv6only": "0",
	"net/ipv6/conf/all/disable_ipv6": "0", "net/ipv6/conf/default/disable_ipv6": "0", "net/ipv6/conf/lo/disable_ipv6": "0",
	"net/unix/max_dgram_qlen": "512", "user/max_user_namespaces": "0",
	"vm/dirty_background_ratio": "10", "vm/dirty_ratio": "20", "vm/drop_caches": "0", "vm/max_map_count": "65530", "vm/min_free_kbytes": "45056",
	"vm/mmap_min_addr": "65536", "vm/nr_hugepages": "0", "vm/overcommit_kbytes": "0", "vm/overcommit_memory": "0", "vm/overcommit_ratio": "50",
	"vm/page-cluster": "3", "vm/panic_on_oom": "0", "vm/swappiness": "60", "vm/vfs_cache_pressure": "100", "vm/legacy_va_layout": "0",
	"vm/mmap_rnd_bits": "28",
}

// readOnly are the sysctls that nobody writes.
var readOnly = map[string]bool{
	"fs/aio-nr": true, "fs/dentry-state": true, "fs/file-nr": true, "fs/inode-nr": true, "fs/inode-state": true,
	"fs/overflowgid": false, "kernel/cap_last_cap": true, "kernel/ngroups_max": true, "kernel/osrelease": true, "kernel/ostype": true,
	"kernel/random/boot_id": true, "kernel/random/entropy_avail": true, "kernel/random/poolsize": true, "kernel/random/uuid": true,
	"kernel/seccomp/actions_avail": true, "kernel/version": true, "net/ipv4/tcp_available_congestion_control": true,
}

// makeStatic builds the tree of fixed files, by path below /proc.
func makeStatic() map[string]*static {
	all := make(map[string]*static)
	for name, fn := range rootTexts {
		all[name] = &static{mode: linux.S_IFREG | 0444, make: fn}
	}
	all["tty"] = &static{mode: linux.S_IFDIR | 0555}
	all["fs"] = &static{mode: linux.S_IFDIR | 0555}
	all["driver"] = &static{mode: linux.S_IFDIR | 0555}
	all["tty/drivers"] = &static{mode: linux.S_IFREG | 0444, make: text0(
		"/dev/tty             /dev/tty        5       0 system:/dev/tty\n/dev/console         /dev/console    5       1 system:console\n" +
			"/dev/ptmx            /dev/ptmx       5       2 system\npty_slave            /dev/pts      136 0-1048575 pty:slave\n")}
	for name, value := range sysctls {
		path := "sys/" + name
		mode := uint32(linux.S_IFREG | 0644)
		if readOnly[name] {
			mode = linux.S_IFREG | 0444
		}
		all[path] = &static{mode: mode, make: text0(value + "\n")}
	}
	all["sys/kernel/osrelease"].make = func(p *FS) string { return p.System.Release + "\n" }
	all["sys/kernel/version"].make = func(p *FS) string { return p.System.Version + "\n" }
	all["sys/kernel/hostname"].make = func(p *FS) string { return p.System.Hostname + "\n" }
	all["sys/kernel/random/boot_id"].make = func(p *FS) string { return p.bootID + "\n" }
	all["sys/kernel/random/uuid"].make = func(p *FS) string { return p.uuid() + "\n" }
	for path := range all {
		for {
			i := strings.LastIndexByte(path, '/')
			parent := path[:max(i, 0)]
			if all[parent] == nil {
				all[parent] = &static{mode: linux.S_IFDIR | 0555}
			}
			if i < 0 {
				break
			}
			path = parent
		}
	}
	for path := range all {
		if path == "" {
			continue
		}
		i := strings.LastIndexByte(path, '/')
		dir := all[path[:max(i, 0)]]
		dir.children = append(dir.children, path[i+1:])
	}
	for _, s := range all {
		sort.Strings(s.children)
	}
	return all
}

func (p *FS) staticNames(path string) []string { return p.static[path].children }

func (p *FS) staticType(path string) uint32 { return p.static[path].mode >> 12 & 15 }

func (p *FS) staticIno(path string) uint64 {
	if p.staticType(path) == linux.DT_DIR {
		return number(kindDir, 0, hash(path))
	}
	return number(kindText, 0, hash(path))
}

// lookupStatic finds the file at path, whose last part is name.
func (p *FS) lookupStatic(c *vfs.Ctx, dir *vfs.Dentry, path, name string) (*vfs.Dentry, linux.Errno) {
	s := p.static[path]
	if s == nil {
		return nil, 0
	}
	var ops any = &text{p: p, name: path}
	if s.make == nil {
		ops = &staticDir{p, path}
	}
	return p.entry(c, dir, name, s.mode, p.staticIno(path), ops), 0
}

// staticDir is a directory of fixed files.
type staticDir struct {
	p    *FS
	path string
}

// Lookup implements vfs.Lookuper.
func (d *staticDir) Lookup(c *vfs.Ctx, dir *vfs.Dentry, name string) (*vfs.Dentry, linux.Errno) {
	return d.p.lookupStatic(c, dir, d.path+"/"+name, name)
}

// List implements vfs.Lister.
func (d *staticDir) List(c *vfs.Ctx, _ *vfs.Dentry, cookie int64, emit func(fsapi.DirEntry) bool) linux.Errno {
	return listNames(d.p.staticNames(d.path), cookie, func(name string) (uint32, uint64) {
		path := d.path + "/" + name
		return d.p.staticType(path), d.p.staticIno(path)
	}, emit)
}

// systemText gives the contents of a file of the system: what was written to
// it, what the core says, or what is made here.
func (p *FS) systemText(c *vfs.Ctx, name string, key any) ([]byte, linux.Errno) {
	if s, ok := p.set[name]; ok {
		return []byte(strings.TrimRight(s, "\n") + "\n"), 0
	}
	if p.Core != nil {
		rep, e := ask(c, key, p.Core.Text, &coreapi.TextRequest{Name: name})
		if e == 0 {
			return rep.Data, 0
		}
		if e != linux.ENOENT {
			return nil, e
		}
	}
	if data, ok := netTexts[name]; ok {
		return []byte(data), 0
	}
	return []byte(p.static[name].make(p)), 0
}

// Sysctl gives the number that a file below /proc/sys says, 0 for none.
func (p *FS) Sysctl(name string) int64 {
	text, ok := p.set["sys/"+name]
	if !ok {
		text = sysctls[name]
	}
	n, _ := strconv.ParseInt(strings.TrimSpace(text), 0, 64)
	return n
}

func (p *FS) cpuinfo() string {
	if p.System.CPUInfo != "" {
		return p.System.CPUInfo
	}
	var b strings.Builder
	for i := range max(1, p.System.CPUs) {
		fmt.Fprintf(&b, "processor\t: %d\nvendor_id\t: unknown\ncpu family\t: 6\nmodel\t\t: 1\nmodel name\t: Adyton CPU\nstepping\t: 1\n"+
			"cpu MHz\t\t: 2000.000\nphysical id\t: 0\nsiblings\t: %d\ncore id\t\t: %d\ncpu cores\t: %d\nfpu\t\t: yes\n"+
			"flags\t\t: fpu tsc cx8 sep cmov mmx fxsr sse sse2 ht syscall nx lm\nclflush size\t: 64\ncache_alignment\t: 64\n\n",
			i, max(1, p.System.CPUs), i, max(1, p.System.CPUs))
	}
	return b.String()
}

func (p *FS) meminfo() string {
	total := p.System.MemoryBytes / 1024
	if total == 0 {
		total = 4 << 20
	}
	return fmt.Sprintf("MemTotal:       %8d kB\nMemFree:        %8d kB\nMemAvailable:   %8d kB\nBuffers:               0 kB\nCached:                0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n", total, total/10*9, total/10*9)
}

func (p *FS) stat() string {
	var b strings.Builder
	b.WriteString("cpu  0 0 0 0 0 0 0 0 0 0\n")
	for i := range max(1, p.System.CPUs) {
		fmt.Fprintf(&b, "cpu%d 0 0 0 0 0 0 0 0 0 0\n", i)
	}
	b.WriteString("intr 0\nctxt 0\nbtime 0\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n")
	return b.String()
}

// netTexts are the files of /proc/PID/net.
var netTexts = map[string]string{
	"net/dev": "Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n" +
		"    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n",
	"net/if_inet6":   "00000000000000000000000000000001 01 80 10 80       lo\n",
	"net/route":      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       \n",
	"net/ipv6_route": "",
	"net/arp":        "IP address       HW type     Flags       HW address            Mask     Device\n",
	"net/tcp":        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n",
	"net/tcp6":       "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
	"net/udp":        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             \n",
	"net/udp6":       "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n",
	"net/unix":       "Num       RefCount Protocol Flags    Type St Inode Path\n",
	"net/raw":        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n",
	"net/protocols":  "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n",
}

// netDir is /proc/PID/net.
type netDir struct{ p *FS }

// Lookup implements vfs.Lookuper.
func (d *netDir) Lookup(c *vfs.Ctx, dir *vfs.Dentry, name string) (*vfs.Dentry, linux.Errno) {
	path := "net/" + name
	if _, ok := netTexts[path]; !ok {
		return nil, 0
	}
	return d.p.entry(c, dir, name, linux.S_IFREG|0444, number(kindText, 0, hash(path)), &text{p: d.p, name: path}), 0
}

// List implements vfs.Lister.
func (d *netDir) List(c *vfs.Ctx, _ *vfs.Dentry, cookie int64, emit func(fsapi.DirEntry) bool) linux.Errno {
	names := sortedKeys(netTexts)
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], "net/")
	}
	return listNames(names, cookie, func(name string) (uint32, uint64) {
		return linux.DT_REG, number(kindText, 0, hash("net/"+name))
	}, emit)
}
