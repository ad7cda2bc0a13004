package syscalls

import "adyton.dev/adyton/core/linux"

// ioportRows answer as a Linux that is locked down (kernel_lockdown(7)): no
// program gets at the ports of the machine, whatever its capabilities.
var ioportRows = []Row{
	{"iopl", Core, args(uinteger("level")), sysIopl},
	{"ioperm", Core, args(hex("from"), hex("num"), integer("turn_on")), sysIoperm},
}

// sysIopl is iopl(2) of arch/x86/kernel/ioport.c at level 0.
func sysIopl(c *Call) (int64, linux.Errno) {
	switch level := c.Uint(0); {
	case level > 3:
		return 0, linux.EINVAL
	case level > 0:
		return 0, linux.EPERM
	}
	return 0, 0
}

// sysIoperm is ksys_ioperm of arch/x86/kernel/ioport.c without any port open.
func sysIoperm(c *Call) (int64, linux.Errno) {
	const ports = 65536 // IO_BITMAP_BITS
	from, num := c.Args[0], c.Args[1]
	if from+num <= from || from+num > ports {
		return 0, linux.EINVAL
	}
	if c.Int(2) != 0 {
		return 0, linux.EPERM
	}
	return 0, 0
}
