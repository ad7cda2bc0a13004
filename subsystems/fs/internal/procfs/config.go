package procfs

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"sync"
)

// options are what a Linux that answers as Adyton does would be built with.
// Programs (the Linux Test Project above all) read them to know what to ask.
var options = []string{
	"64BIT=y", "X86_64=y", "X86=y", "MMU=y", "SMP=y", "ADVISE_SYSCALLS=y", "AIO=y", "BINFMT_ELF=y", "BINFMT_SCRIPT=y",
	"CROSS_MEMORY_ATTACH=y", "EPOLL=y", "HUGETLBFS=y", "EVENTFD=y", "FILE_LOCKING=y", "FUTEX=y", "FUTEX_PI=y", "HZ=250", "INET=y", "INOTIFY_USER=y",
	"IPV6=y", "KALLSYMS=y", "KEYS=y", "MEMBARRIER=y", "MEMFD_CREATE=y", "MULTIUSER=y", "NET=y", "POSIX_MQUEUE=y", "POSIX_TIMERS=y",
	"PROC_FS=y", "PROC_SYSCTL=y", "SHMEM=y", "SIGNALFD=y", "SYSFS=y", "SYSVIPC=y", "TIMERFD=y", "TMPFS=y", "TMPFS_XATTR=y",
	"TMPFS_POSIX_ACL=y", "UNIX=y", "UNIX98_PTYS=y", "DNOTIFY=y", "FANOTIFY=y", "FHANDLE=y", "IKCONFIG=y", "IKCONFIG_PROC=y", "OVERLAY_FS=y", "DEVTMPFS=y", "PRINTK=y",
	"SECCOMP=y", "SECCOMP_FILTER=y", "HAVE_ARCH_SECCOMP_FILTER=y", "COREDUMP=y", "ELF_CORE=y",
}

// without are options that programs ask for and that are not there.
var without = []string{
	"NAMESPACES", "USER_NS", "PID_NS", "NET_NS", "UTS_NS", "IPC_NS", "TIME_NS", "CGROUPS", "MODULES", "KEXEC", "BPF_SYSCALL",
	"IO_URING", "FANOTIFY_ACCESS_PERMISSIONS", "BSD_PROCESS_ACCT", "SWAP", "QUOTA", "NUMA", "USERFAULTFD", "PERF_EVENTS", "SECURITY",
	"CHECKPOINT_RESTORE", "MODIFY_LDT_SYSCALL", "RSEQ",
}

// config is /proc/config.gz.
var config = sync.OnceValue(func() string {
	var text strings.Builder
	text.WriteString("#\n# Automatically generated file; DO NOT EDIT.\n# Linux/x86 Kernel Configuration\n#\n")
	for _, o := range slices.Sorted(slices.Values(options)) {
		text.WriteString("CONFIG_" + o + "\n")
	}
	for _, o := range without {
		text.WriteString("# CONFIG_" + o + " is not set\n")
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write([]byte(text.String()))
	z.Close()
	return out.String()
})
