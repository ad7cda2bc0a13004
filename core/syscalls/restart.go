package syscalls

import "adyton.dev/adyton/core/linux"

var restartRows = []Row{
	{"restart_syscall", Signal, nil, sysRestartSyscall},
}

// onRestart says how a call goes on that returns ERESTART_RESTARTBLOCK: the
// time that has passed counts.
func (c *Call) onRestart(do Handler) (int64, linux.Errno) {
	c.restart = do
	return 0, linux.ERESTART_RESTARTBLOCK
}

// sysRestartSyscall goes on with the interrupted call. An app that calls it
// itself gets EINTR, as on Linux.
func sysRestartSyscall(c *Call) (int64, linux.Errno) {
	do := c.restart
	c.restart = nil
	if do == nil {
		return 0, linux.EINTR
	}
	return do(c)
}
