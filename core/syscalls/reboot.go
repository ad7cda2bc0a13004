package syscalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var rebootRows = []Row{
	{"reboot", Core, args(hex("magic"), hex("magic2"), enum("cmd", linux.RebootCmds), ptr("arg")), sysReboot},
	{"kexec_load", Core, args(hex("entry"), uinteger("nr_segments"), ptr("segments"), hex("flags")), gone},
	{"kexec_file_load", Core, args(fd("kernel_fd"), fd("initrd_fd"), uinteger("cmdline_len"), str("cmdline"), hex("flags")), gone},
	{"vhangup", Core, nil, sysVhangup},
}

// sysVhangup hangs up the caller's controlling terminal, if there is one.
func sysVhangup(c *Call) (int64, linux.Errno) {
	if !c.T.Cred.Has(linux.CAP_SYS_TTY_CONFIG) {
		return 0, linux.EPERM
	}
	if f := c.P.Group.Session.Terminal; f != nil {
		cred := c.Cred()
		cred.Caps |= 1 << linux.CAP_SYS_ADMIN
		var r fsapi.IoctlReply
		c.FS.Ioctl(&fsapi.IoctlRequest{Cred: cred, Handle: f.Handle, Command: linux.TIOCVHANGUP}, &r)
		c.fsReady(r.Ready)
		c.raise(r.Raise)
	}
	return 0, 0
}

// sysReboot ends the run: a sandbox is to its programs what a PID namespace
// is, whose first process dies by a signal that tells its parent which it was
// (kernel/reboot.c, reboot_pid_ns of kernel/pid_namespace.c).
func sysReboot(c *Call) (int64, linux.Errno) {
	if !c.T.Cred.Has(linux.CAP_SYS_BOOT) {
		return 0, linux.EPERM
	}
	if c.Uint(0) != linux.LINUX_REBOOT_MAGIC1 {
		return 0, linux.EINVAL
	}
	switch c.Uint(1) {
	case linux.LINUX_REBOOT_MAGIC2, linux.LINUX_REBOOT_MAGIC2A, linux.LINUX_REBOOT_MAGIC2B, linux.LINUX_REBOOT_MAGIC2C:
	default:
		return 0, linux.EINVAL
	}
	switch c.Uint(2) {
	case linux.LINUX_REBOOT_CMD_CAD_ON, linux.LINUX_REBOOT_CMD_CAD_OFF:
		return 0, 0 // there is no keyboard whose keys could say so
	}
	var sig int32
	switch c.Uint(2) {
	case linux.LINUX_REBOOT_CMD_RESTART, linux.LINUX_REBOOT_CMD_RESTART2:
		sig = linux.SIGHUP
	case linux.LINUX_REBOOT_CMD_HALT, linux.LINUX_REBOOT_CMD_POWER_OFF:
		sig = linux.SIGINT
	default:
		return 0, linux.EINVAL
	}
	if c.first != c.P {
		c.killProcess(c.first, sig)
		sig = 0
	}
	c.exitGroup(sig)
	return 0, 0
}
