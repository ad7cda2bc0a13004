package main

import "syscall"

// Numbers and flags that package syscall does not have.
const (
	sysRenameat2  = 316
	sysStatx      = 332
	sysFaccessat2 = 439
	sysFchmodat2  = 452

	atFdcwd           = -100
	atSymlinkNofollow = 0x100
	atRemovedir       = 0x200
	atSymlinkFollow   = 0x400
	atEaccess         = 0x200
	atEmptyPath       = 0x1000
)

func open(path any, flags, mode int) Result { return sys(syscall.SYS_OPEN, path, flags, mode) }

func mkdir(path any, mode int) Result { return sys(syscall.SYS_MKDIR, path, mode) }

func rmdir(path any) Result { return sys(syscall.SYS_RMDIR, path) }

func unlink(path any) Result { return sys(syscall.SYS_UNLINK, path) }

func symlink(target, path any) Result { return sys(syscall.SYS_SYMLINK, target, path) }

func link(from, to any) Result { return sys(syscall.SYS_LINK, from, to) }

func rename(from, to any) Result { return sys(syscall.SYS_RENAME, from, to) }

func renameat2(from, to any, flags int) Result {
	return sys(sysRenameat2, atFdcwd, from, atFdcwd, to, flags)
}

func chmod(path any, mode int) Result { return sys(syscall.SYS_CHMOD, path, mode) }

func closeFD(fd int) Result { return sys(syscall.SYS_CLOSE, fd) }
