package fs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/hostfs"
	"adyton.dev/adyton/subsystems/fs/internal/pages"
	"adyton.dev/adyton/subsystems/fs/internal/procfs"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Tree names a directory of the host.
type Tree struct {
	// Root is the index of an exported root in the host's Hello.
	Root uint32
	// Path is relative to it, clean; empty is the root itself.
	Path string
}

// Mount is a directory of the host that shows at Target from the start.
type Mount struct {
	Tree
	// Target is an absolute, clean path. Directories that are missing on the
	// way are made; symbolic links of the host on it are not followed.
	Target string
	// Source is what /proc/mounts shows.
	Source string
	// Write lets changes go to the host; without it they give EROFS.
	Write bool
}

// rootCred is the credential that the initial mounts are made with.
var rootCred = fsapi.Cred{Caps: 1<<(linux.CAP_LAST_CAP+1) - 1}

// mountInitial makes the mounts that exist before the first program runs. It
// asks the host nothing.
func (f *FS) mountInitial() error {
	c := f.begin(&rootCred)
	defer f.end(c)
	root := f.rootSuper(c)
	m := f.ns.Attach(root, root.Root, vfs.Path{}, linux.MS_RELATIME, root.Type)
	if f.config.Root == nil && f.config.RootTar != nil {
		if err := f.unpack(c, vfs.Path{Mnt: m, D: m.Root}, f.config.RootTar); err != nil {
			return err
		}
	}

	// Files without a name live in a file system that is not mounted anywhere.
	hidden, _ := f.makeTmpfs(c, "tmpfs", "")
	f.memory = &vfs.Mount{Super: hidden, Root: hidden.Root, Source: "tmpfs", Gone: true}

	if f.config.Root == nil {
		f.premake(c, "/tmp", 01777)
	}
	f.mountDev(c)
	f.mountProc(c)
	f.mountSys(c)
	for _, m := range f.config.Mounts {
		if e := f.mountTree(c, m); e != nil {
			return e
		}
	}
	return nil
}

// rootSuper makes the file system at "/": the host's tree with changes in
// memory, or an empty one.
func (f *FS) rootSuper(c *vfs.Ctx) *vfs.Super {
	if f.config.Root == nil {
		s, _ := f.makeTmpfs(c, "tmpfs", "mode=755")
		return s
	}
	s := f.newSuper("overlay", linux.OVERLAYFS_SUPER_MAGIC)
	hostfs.NewTree(c, f.host, s, f.config.Root.Root, f.config.Root.Path, false)
	return s
}

func (f *FS) mountTree(c *vfs.Ctx, m Mount) error {
	at, e := f.premake(c, m.Target, 0755)
	if e != 0 {
		return fmt.Errorf("fs: mount %s at %s: %s", m.Source, m.Target, e.Description())
	}
	s := f.newSuper("hostfs", linux.HOSTFS_SUPER_MAGIC)
	hostfs.NewTree(c, f.host, s, m.Root, m.Path, m.Write)
	flags := uint64(linux.MS_RELATIME)
	if !m.Write {
		flags |= linux.MS_RDONLY
	}
	f.ns.Attach(s, s.Root, at, flags, m.Source)
	return nil
}

// premake gives a directory for a mount, making what is missing in what is
// known of the tree so far: what the host has under these names is taken over
// when their directory is listed.
func (f *FS) premake(c *vfs.Ctx, path string, mode uint32) (vfs.Path, linux.Errno) {
	p := f.ns.Top(vfs.Path{Mnt: f.ns.Root, D: f.ns.Root.Root})
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		dir := p.D.Inode.Dir
		if dir == nil || name == "" || name == "." || name == ".." {
			return p, linux.EINVAL
		}
		d := dir.Get(name)
		if d == nil {
			d = f.premakeDir(c, p, name, mode)
		}
		p = f.ns.Top(vfs.Path{Mnt: p.Mnt, D: d})
	}
	return p, 0
}

// premakeDir makes a directory here only: in a writable host tree it is made at
// the host once something is changed in it.
func (f *FS) premakeDir(c *vfs.Ctx, dir vfs.Path, name string, mode uint32) *vfs.Dentry {
	if dir.Inode().Super.Through == nil {
		d, _ := f.makeNode(c, dir, name, linux.S_IFDIR|mode, 0, 0)
		return d
	}
	n := c.NewInode(dir.Inode().Super, linux.S_IFDIR|mode)
	n.Size, n.Blocks = pages.Size, pages.Size/512
	c.InitOwner(n, dir.Inode())
	return c.Add(dir.D, name, n)
}

// mountProc makes /proc.
func (f *FS) mountProc(c *vfs.Ctx) {
	at, _ := f.premake(c, "/proc", 0555)
	s, _ := f.makeProc(c)
	f.proc.Mnt = f.ns.Attach(s, s.Root, at, linux.MS_RELATIME|linux.MS_NOSUID|linux.MS_NODEV|linux.MS_NOEXEC, "proc")
}

// makeProc gives the one procfs there is; it may be mounted many times.
func (f *FS) makeProc(c *vfs.Ctx) (*vfs.Super, linux.Errno) {
	if f.proc != nil {
		return f.proc.Super, 0
	}
	s := f.newSuper("proc", linux.PROC_SUPER_MAGIC)
	s.Fixed, s.NoXattr = true, true
	system := procfs.System{Release: f.config.Release, Version: f.config.Version, Hostname: f.config.Hostname,
		CPUs: f.config.CPUs, CPUInfo: f.config.CPUInfo, MemoryBytes: f.config.MemoryBytes}
	f.proc = &procfs.FS{Super: s, Core: f.config.Core, File: f.files.get, System: system, Random: f.config.Random}
	procfs.New(c, f.proc)
	f.log = procfs.NewLog(f.proc)
	return s, 0
}

// mountSys makes a /sys with the few files that programs look for.
func (f *FS) mountSys(c *vfs.Ctx) {
	at, _ := f.premake(c, "/sys", 0555)
	s, _ := f.makeSys(c)
	f.ns.Attach(s, s.Root, at, linux.MS_RELATIME|linux.MS_RDONLY|linux.MS_NOSUID|linux.MS_NODEV|linux.MS_NOEXEC, "sysfs")
}

// cpuMap is a mask of those of n CPUs that are in it, as bitmap_print_to_pagebuf
// writes it: words of 32 bits with commas between, the highest first.
func cpuMap(n int, in func(int) bool) string {
	var words []string
	for low := 0; low < max(1, n); low += 32 {
		bits, width := uint32(0), min(32, max(1, n)-low)
		for i := range width {
			if in(low + i) {
				bits |= 1 << i
			}
		}
		words = append(words, fmt.Sprintf("%0*x", (width+3)/4, bits))
	}
	slices.Reverse(words)
	return strings.Join(words, ",")
}

func (f *FS) makeSys(c *vfs.Ctx) (*vfs.Super, linux.Errno) {
	s := f.newSuper("sysfs", linux.SYSFS_MAGIC)
	s.NoXattr = true
	c.NewRoot(s, 0555)
	cpus := "0"
	if f.config.CPUs > 1 {
		cpus = fmt.Sprintf("0-%d", f.config.CPUs-1)
	}
	files := map[string]string{
		"devices/system/cpu/online": cpus, "devices/system/cpu/possible": cpus, "devices/system/cpu/present": cpus,
		"devices/system/cpu/offline": "", "devices/system/cpu/isolated": "", "devices/system/cpu/kernel_max": "63",
		"devices/system/node/online": "0", "devices/system/node/possible": "0", "devices/system/node/has_cpu": "0",
		"devices/system/node/has_memory": "0", "devices/system/node/has_normal_memory": "0",
		"devices/system/node/node0/cpulist": cpus, "devices/system/node/node0/cpumap": cpuMap(f.config.CPUs, func(int) bool { return true }),
		"devices/system/node/node0/distance":     "10",
		"kernel/mm/transparent_hugepage/enabled": "always [madvise] never", "kernel/mm/transparent_hugepage/hpage_pmd_size": "2097152",
		"kernel/mm/transparent_hugepage/shmem_enabled": "always within_size advise [never] deny force",
		"kernel/mm/ksm/run":                            "0", "kernel/mm/ksm/pages_to_scan": "100", "kernel/mm/ksm/sleep_millisecs": "20", "kernel/mm/ksm/merge_across_nodes": "1",
		"kernel/mm/ksm/pages_shared": "0", "kernel/mm/ksm/pages_sharing": "0", "kernel/mm/ksm/full_scans": "0",
		"kernel/uevent_seqnum": "0", "fs/cgroup/.keep": "", "class/net/lo/address": "00:00:00:00:00:00", "class/net/lo/mtu": "65536",
		"class/net/lo/operstate": "unknown", "class/net/lo/ifindex": "1",
	}
	for i := range max(1, f.config.CPUs) {
		// One socket, whose cores have one thread each.
		alone, all := cpuMap(f.config.CPUs, func(k int) bool { return k == i }), cpuMap(f.config.CPUs, func(int) bool { return true })
		for name, text := range map[string]string{
			"core_id": fmt.Sprint(i), "physical_package_id": "0", "die_id": "0", "cluster_id": "-1",
			"thread_siblings": alone, "thread_siblings_list": fmt.Sprint(i), "core_cpus": alone, "core_cpus_list": fmt.Sprint(i),
			"core_siblings": all, "core_siblings_list": cpus, "package_cpus": all, "package_cpus_list": cpus,
			"die_cpus": all, "die_cpus_list": cpus,
		} {
			files[fmt.Sprintf("devices/system/cpu/cpu%d/topology/%s", i, name)] = text
		}
	}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		p := vfs.Path{D: s.Root}
		parts := strings.Split(path, "/")
		for _, name := range parts[:len(parts)-1] {
			d := p.D.Inode.Dir.Get(name)
			if d == nil {
				d, _ = f.makeNode(c, p, name, linux.S_IFDIR|0755, 0, 0)
			}
			p.D = d
		}
		if name := parts[len(parts)-1]; name != ".keep" {
			d, _ := f.makeNode(c, p, name, linux.S_IFREG|0444, 0, 0)
			d.Inode.Data.Write(&c.Op, []byte(files[path]+"\n"), 0)
		}
	}
	s.ReadOnly = true
	return s, 0
}
