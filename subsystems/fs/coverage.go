package fs

import (
	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
)

// Claims says what this implementation answers. The core enforces it: a flag
// that is not named here never reaches the subsystem.
var Claims = []coverage.Claim{
	{
		Syscalls: []string{"open", "openat", "creat", "openat2"}, Level: coverage.Full,
		Tests: []string{"conformance/open"},
	},
	{
		Syscalls: []string{"read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev"}, Level: coverage.Full,
		Tests: []string{"conformance/rw"},
	},
	{
		Syscalls: []string{"preadv2", "pwritev2"}, Level: coverage.Partial,
		Note:  "RWF_ATOMIC and RWF_DONTCACHE give EOPNOTSUPP.",
		Tests: []string{"conformance/rw"},
	},
	{Syscalls: []string{"lseek"}, Level: coverage.Full, Tests: []string{"conformance/rw"}},
	{Syscalls: []string{"stat", "lstat", "fstat", "newfstatat", "statx"}, Level: coverage.Full, Tests: []string{"conformance/stat"}},
	{Syscalls: []string{"access", "faccessat", "faccessat2"}, Level: coverage.Full, Tests: []string{"conformance/mode"}},
	{Syscalls: []string{"getdents", "getdents64"}, Level: coverage.Full, Tests: []string{"conformance/dir"}},
	{Syscalls: []string{"chdir", "fchdir", "chroot", "getcwd"}, Level: coverage.Full, Tests: []string{"conformance/dir"}},
	{Syscalls: []string{"mkdir", "mkdirat", "rmdir"}, Level: coverage.Full, Tests: []string{"conformance/dir"}},
	{Syscalls: []string{"mknod", "mknodat"}, Level: coverage.Full, Tests: []string{"conformance/dir"}},
	{Syscalls: []string{"link", "linkat", "symlink", "symlinkat", "readlink", "readlinkat"}, Level: coverage.Full, Tests: []string{"conformance/link"}},
	{Syscalls: []string{"unlink", "unlinkat"}, Level: coverage.Full, Tests: []string{"conformance/link"}},
	{
		Syscalls: []string{"rename", "renameat"}, Level: coverage.Full,
		Tests: []string{"conformance/rename"},
	},
	{
		Syscalls: []string{"renameat2"}, Level: coverage.Full,
		Flags: map[string]uint64{"flags": linux.RENAME_NOREPLACE | linux.RENAME_EXCHANGE | linux.RENAME_WHITEOUT},
		Note:  "RENAME_WHITEOUT gives EINVAL on a writable host tree.",
		Tests: []string{"conformance/rename"},
	},
	{Syscalls: []string{"chmod", "fchmod", "fchmodat", "fchmodat2"}, Level: coverage.Full, Tests: []string{"conformance/mode"}},
	{Syscalls: []string{"chown", "lchown", "fchown", "fchownat"}, Level: coverage.Full, Tests: []string{"conformance/mode"}},
	{Syscalls: []string{"truncate", "ftruncate"}, Level: coverage.Full, Tests: []string{"conformance/size"}},
	{
		Syscalls: []string{"fallocate"}, Level: coverage.Full,
		Note:  "As tmpfs does there, as the host in a writable host tree, elsewhere as ext4.",
		Tests: []string{"conformance/size", "conformance/fallocate"},
	},
	{Syscalls: []string{"utime", "utimes", "futimesat", "utimensat"}, Level: coverage.Full, Tests: []string{"conformance/utimens"}},
	{Syscalls: []string{"statfs", "fstatfs"}, Level: coverage.Full, Tests: []string{"conformance/stat"}},
	{Syscalls: []string{"sync", "syncfs", "fsync", "fdatasync", "sync_file_range"}, Level: coverage.Full, Tests: []string{"conformance/size"}},
	{
		Syscalls: []string{"getxattr", "lgetxattr", "fgetxattr", "setxattr", "lsetxattr", "fsetxattr",
			"listxattr", "llistxattr", "flistxattr", "removexattr", "lremovexattr", "fremovexattr"},
		Level: coverage.Full, Tests: []string{"conformance/xattr", "conformance/acl"},
		Note: "In a writable host tree only those of users; others give EOPNOTSUPP there.",
	},
	{Syscalls: []string{"inotify_init", "inotify_init1", "inotify_rm_watch"}, Level: coverage.Full, Tests: []string{"conformance/inotify"}},
	{
		Syscalls: []string{"inotify_add_watch"}, Level: coverage.Partial,
		Note:  "All events and flags, of what programs here do; reads and writes of a FIFO and the host's own changes are not told.",
		Tests: []string{"conformance/inotify", "fstest/Inotify"},
	},
	{
		Syscalls: []string{"name_to_handle_at"}, Level: coverage.Partial,
		Flags: map[string]uint64{"flags": linux.AT_SYMLINK_FOLLOW | linux.AT_EMPTY_PATH | linux.AT_HANDLE_FID | linux.AT_HANDLE_MNT_ID_UNIQUE},
		Note:  "AT_HANDLE_CONNECTABLE gives EINVAL.",
		Tests: []string{"conformance/filehandle"},
	},
	{Syscalls: []string{"open_by_handle_at"}, Level: coverage.Full, Tests: []string{"conformance/filehandle"}},
	{
		Syscalls: []string{"setxattrat", "getxattrat", "listxattrat", "removexattrat"}, Level: coverage.Full,
		Tests: []string{"conformance/filehandle/xattrat"},
	},
	{
		Syscalls: []string{"cachestat"}, Level: coverage.Partial,
		Note:  "Pages that hold data count as in memory and as clean.",
		Tests: []string{"conformance/filehandle/cachestat"},
	},
	{
		Syscalls: []string{"fanotify_init"}, Level: coverage.Partial,
		Flags: map[string]uint64{"flags": linux.FAN_CLOEXEC | linux.FAN_NONBLOCK | linux.FAN_UNLIMITED_QUEUE | linux.FAN_UNLIMITED_MARKS |
			linux.FAN_REPORT_TID | linux.FAN_REPORT_FID | linux.FAN_REPORT_DIR_FID | linux.FAN_REPORT_NAME | linux.FAN_REPORT_TARGET_FID},
		Note:  "Notification only: permission events, pidfds and audit give EINVAL.",
		Tests: []string{"conformance/fanotify"},
	},
	{
		Syscalls: []string{"fanotify_mark"}, Level: coverage.Partial,
		Flags: map[string]uint64{
			"flags": linux.FAN_MARK_ADD | linux.FAN_MARK_REMOVE | linux.FAN_MARK_FLUSH | linux.FAN_MARK_DONT_FOLLOW | linux.FAN_MARK_ONLYDIR |
				linux.FAN_MARK_MOUNT | linux.FAN_MARK_FILESYSTEM | linux.FAN_MARK_IGNORED_MASK | linux.FAN_MARK_IGNORED_SURV_MODIFY,
		},
		Note:  "No FAN_MARK_IGNORE, FAN_MARK_EVICTABLE, FAN_RENAME, FAN_FS_ERROR and permission events; as with inotify_add_watch, FIFOs and the host's own changes are not told.",
		Tests: []string{"conformance/fanotify"},
	},
	{Syscalls: []string{"flock"}, Level: coverage.Full, Tests: []string{"conformance/lock"}},
	{
		Syscalls: []string{"memfd_create"}, Level: coverage.Partial,
		Flags: map[string]uint64{"flags": linux.MFD_CLOEXEC | linux.MFD_ALLOW_SEALING | linux.MFD_NOEXEC_SEAL | linux.MFD_EXEC},
		Note:  "MFD_HUGETLB gives EINVAL.",
		Tests: []string{"conformance/misc", "conformance/memfd"},
	},
	{Syscalls: []string{"copy_file_range", "sendfile"}, Level: coverage.Full, Tests: []string{"conformance/splice"}},
	{Syscalls: []string{"fadvise64", "readahead"}, Level: coverage.Stub, Note: "Checked, then nothing: all is in memory.", Tests: []string{"conformance/size", "conformance/fallocate"}},
	{
		Syscalls: []string{"ioctl"}, Level: coverage.Partial,
		Note:  "Terminals, FIONREAD, FIONBIO, FIOCLEX; others ENOTTY.",
		Tests: []string{"conformance/devfs", "conformance/tty"},
	},
	{
		Syscalls: []string{"mount"}, Level: coverage.Partial,
		Note:  "tmpfs, ramfs, proc, sysfs, devtmpfs, devpts, bind mounts, moves and remounts; there is one name space, so that nothing propagates.",
		Tests: []string{"fstest/Mount", "conformance/mount"},
	},
	{Syscalls: []string{"umount2"}, Level: coverage.Full, Tests: []string{"fstest/Mount", "conformance/mount"}},
}
