// reboot(2), kexec_load(2), init_module(2), iopl(2), syslog(2): what a program
// without privilege is told. No case asks the host for anything as root.
#include "p.h"
#include <sys/io.h>
#include <sys/klog.h>

// A Linux built without modules, kexec or port I/O says ENOSYS, others EPERM.
#define REFUSED(x) do { errno = 0; long r_ = (x); say("%s refused %d", #x, r_ == -1 && (errno == EPERM || errno == ENOSYS)); } while (0)

CASE(reboot)
{
	drop();
	R(syscall(SYS_reboot, 0, 0, 0, 0));
	R(syscall(SYS_reboot, 0xfee1dead, 0x28121969, 0x1234567, 0));
	REFUSED(syscall(SYS_kexec_load, 0L, 0L, 0L, 0L));
	REFUSED(syscall(SYS_kexec_load, 0L, 1000L, 0L, -1L));
	REFUSED(syscall(SYS_kexec_file_load, -1, -1, 0L, "", 0L));
}

CASE(module)
{
	drop();
	REFUSED(syscall(SYS_init_module, 0L, 0L, ""));
	REFUSED(syscall(SYS_finit_module, -1, "", 0));
	REFUSED(syscall(SYS_delete_module, "none", 0));
	REFUSED(syscall(SYS_delete_module, 0L, 0));
}

CASE(ioport)
{
	drop();
	REFUSED(iopl(1));
	REFUSED(iopl(3));
	REFUSED(ioperm(0x80, 1, 1));
	REFUSED(ioperm(65535, 1, 1));
}

CASE(syslog)
{
	char b[16];
	drop();
	for (int i = 0; i <= 10; i++) {
		if (i == 3 || i == 10) continue; // open to all where dmesg_restrict is off
		errno = 0;
		int r = klogctl(i, b, sizeof b);
		say("klogctl(%d) = %d %s", i, r, r < 0 ? ename(errno) : "");
	}
}
