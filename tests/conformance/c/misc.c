// prctl(2), arch_prctl(2), uname(2), sysinfo(2), getcpu(2), getrandom(2),
// personality(2), memfd_create(2), and calls that are not there.
#include "p.h"
#include <sys/ioctl.h>
#include <asm/prctl.h>
#include <sys/prctl.h>
#include <sys/personality.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

CASE(uname)
{
	struct utsname u;
	R(uname(&u));
	say("%s %s node %d release %d version %d", u.sysname, u.machine, u.nodename[0] != 0, u.release[0] >= '4', u.version[0] == '#');
	S(uname, BAD);
	S(uname, edge(389));
	S(uname, edge(390));
	if (!is_root()) return;
	S(sethostname, BAD, 5);
	S(sethostname, "x", -1);
	S(sethostname, "x", 65);
	S(setdomainname, BAD, 5);
	S(setdomainname, "x", 65);
}

CASE(sysinfo)
{
	struct sysinfo s;
	R(sysinfo(&s));
	say("ram %d free no more %d unit %d procs %d", s.totalram > 0, s.freeram <= s.totalram, s.mem_unit >= 1, s.procs > 0);
	S(sysinfo, BAD);
	say("sysconf agrees %d", sysconf(_SC_PHYS_PAGES) > 0);
}

CASE(getcpu)
{
	unsigned c = 99999, n = 99999;
	S(getcpu, &c, &n, 0);
	say("cpu %d node %d", c < 4096, n < 1024);
	S(getcpu, 0, 0, 0);
	S(getcpu, BAD, 0, 0);
	R(sched_getcpu() >= 0);
}

CASE(getrandom)
{
	unsigned char a[256] = {0}, b[256] = {0};
	R(getrandom(a, 256, 0));
	R(getrandom(b, 256, GRND_NONBLOCK));
	say("differ %d", memcmp(a, b, 256) != 0);
	R(getrandom(a, 16, GRND_RANDOM));
	R(getrandom(a, 0, 0));
	R(getrandom(a, 10, 0x80));
	R(getrandom(a, 10, 4 | GRND_RANDOM));
	S(getrandom, BAD, 10, 0);
	S(getrandom, edge(4), 10, 0);
	static char big[1 << 20];
	R(getrandom(big, sizeof big, 0));
	int zeros = 0;
	for (int i = 0; i < 1 << 20; i++) zeros += !big[i];
	say("spread %d", zeros > 3000 && zeros < 5500);
}

CASE(names)
{
	char b[17] = {0};
	R(prctl(PR_SET_NAME, "short"));
	R(prctl(PR_GET_NAME, b));
	say("%s", b);
	R(prctl(PR_SET_NAME, "much longer than fifteen"));
	R(prctl(PR_GET_NAME, b));
	say("%s", b);
	R(prctl(PR_SET_NAME, BAD));
	R(prctl(PR_GET_NAME, BAD));
	int fd = must(open("/proc/self/comm", O_RDONLY));
	memset(b, 0, sizeof b);
	must(read(fd, b, 16));
	say("%s", strtok(b, "\n"));
	child("child", { prctl(PR_GET_NAME, b); say("%s", b); });
}

CASE(prctl)
{
	int v = 77;
	R(prctl(PR_GET_DUMPABLE));
	R(prctl(PR_SET_DUMPABLE, 0));
	R(prctl(PR_GET_DUMPABLE));
	R(prctl(PR_SET_DUMPABLE, 2));
	R(prctl(PR_SET_DUMPABLE, 1));
	R(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	R(prctl(PR_GET_PDEATHSIG, &v));
	say("%d", v);
	R(prctl(PR_SET_PDEATHSIG, 99));
	child("not inherited", { prctl(PR_GET_PDEATHSIG, &v); say("%d", v); });
	R(prctl(PR_SET_PDEATHSIG, 0));
	R(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	R(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0));
	R(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	R(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	child("inherited", say("%d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)));
	R(prctl(PR_SET_TIMERSLACK, 100000));
	R(prctl(PR_GET_TIMERSLACK));
	R(prctl(PR_GET_TSC, &v));
	say("%d", v);
	R(prctl(PR_GET_TSC, BAD));
	R(prctl(PR_GET_TIMING));
	R(prctl(PR_SET_TIMING, 1));
	R(prctl(PR_GET_ENDIAN, &v));
	R(prctl(PR_GET_UNALIGN, &v));
	R(prctl(PR_GET_SECCOMP));
	R(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	R(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	R(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	R(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0));
	R(prctl(9999));
	R(prctl(-1));
}

CASE(pdeathsig)
{
	int p[2];
	must(pipe(p));
	child("parent that dies", {
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGTERM);
			write(p[1], "x", 1);
			close(p[1]);
			for (;;) pause();
		}
		char c;
		read(p[0], &c, 1);
	});
	close(p[1]);
	char c;
	R(read(p[0], &c, 1)); // ends when the grandchild has died
}

CASE(arch_prctl)
{
	unsigned long fs = 0, gs = 77;
	S(arch_prctl, ARCH_GET_FS, &fs);
	say("fs is the thread pointer %d", fs == (unsigned long)__builtin_thread_pointer());
	S(arch_prctl, ARCH_GET_GS, &gs);
	say("gs %lu", gs);
	static unsigned long area[4] = {11, 22};
	S(arch_prctl, ARCH_SET_GS, area);
	unsigned long v;
	__asm__("mov %%gs:8, %0" : "=r"(v));
	say("%lu", v);
	S(arch_prctl, ARCH_GET_GS, &gs);
	say("same %d", gs == (unsigned long)area);
	S(arch_prctl, ARCH_SET_FS, -1);
	S(arch_prctl, ARCH_SET_GS, KERN);
	S(arch_prctl, ARCH_SET_FS, NONCANON);
	S(arch_prctl, ARCH_GET_FS, BAD);
	S(arch_prctl, 0x9999, 0);
	child("child keeps gs", { __asm__("mov %%gs:8, %0" : "=r"(v)); say("%lu", v); });
	S(arch_prctl, ARCH_SET_GS, 0);
}

CASE(personality)
{
	R(personality(0xffffffff));
	R(personality(ADDR_NO_RANDOMIZE));
	R(personality(0xffffffff));
	child("inherited", say("%#x", personality(0xffffffff)));
	R(personality(0));
}

CASE(memfd)
{
	int fd = R(memfd_create("name", 0));
	R(fcntl(fd, F_GETFD));
	R(write(fd, "hello", 5));
	R(lseek(fd, 0, SEEK_END));
	struct stat s;
	must(fstat(fd, &s));
	say("mode %o nlink %ld size %ld", s.st_mode, (long)s.st_nlink, (long)s.st_size);
	char *m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memcpy(m, "HE", 2);
	char b[8] = {0};
	R(pread(fd, b, 8, 0));
	say("%s", b);
	char link[64], p[64];
	snprintf(p, sizeof p, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(p, link, 63);
	link[n] = 0;
	say("%s", link);
	int again = RZ(open(p, O_RDONLY));
	R(read(again, b, 5));
	R(fcntl(fd, F_GET_SEALS));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	fd = R(memfd_create("sealed", MFD_ALLOW_SEALING | MFD_CLOEXEC)) ;
	R(fcntl(fd, F_GETFD));
	must(write(fd, "hello", 5));
	R(fcntl(fd, F_GET_SEALS));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	R(ftruncate(fd, 2));
	R(ftruncate(fd, 10));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	R(ftruncate(fd, 20));
	R(pwrite(fd, "123456", 6, 8));
	m = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	must(munmap(m, PAGE));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	R(pwrite(fd, "x", 1, 0));
	R(mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	R(mmap(0, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED);
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	R(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	R(fcntl(fd, F_GET_SEALS));
	S(memfd_create, BAD, 0);
	S(memfd_create, "x", 0x100);
	char big[300];
	memset(big, 'n', 299);
	big[250] = 0;
	S(memfd_create, big, 0);
	big[249] = 0;
	SZ(memfd_create, big, 0);
	R(fcntl(0, F_ADD_SEALS, 0) == -1);
}

CASE(not_there)
{
	R(syscall(380)); // 335 is uretprobe on new kernels
	R(syscall(400));
	R(syscall(999));
	R(syscall(5000));
	R(syscall(-1));
	R(syscall(1L << 40 | SYS_getpid) == getpid()); // only the low half counts
	R(syscall(156)); // _sysctl
	R(syscall(174)); // create_module
	R(syscall(177)); // get_kernel_syms
	R(syscall(180)); // nfsservctl
	R(syscall(181)); // getpmsg
	R(syscall(183)); // afs_syscall
	R(syscall(184)); // tuxcall
	R(syscall(185)); // security
	R(syscall(214)); // epoll_ctl_old
	R(syscall(215)); // epoll_wait_old
	R(syscall(236)); // vserver
	R(syscall(134, "x")); // uselib
	R(syscall(178, 0L, 0, 0L, 0L, 0L)); // query_module
	R(syscall(182)); // putpmsg
	R(syscall(205, 0L)); // set_thread_area
	R(syscall(211, 0L)); // get_thread_area
	R(syscall(212, 0L, 0L, 0L)); // lookup_dcookie
}

CASE(registers)
{
	// A system call keeps every register but rax, rcx and r11.
	unsigned long r[10];
	unsigned long flags;
	__asm__ volatile(
		"mov $1, %%rbx\n mov $2, %%rdx\n mov $3, %%rsi\n mov $4, %%rdi\n mov $5, %%r8\n mov $6, %%r9\n mov $7, %%r10\n mov $8, %%r12\n mov $9, %%r13\n mov $10, %%r14\n"
		"movq %%r14, %%xmm5\n stc\n mov $39, %%eax\n syscall\n pushf\n pop %%rcx\n"
		"mov %%rbx, (%1)\n mov %%rdx, 8(%1)\n mov %%rsi, 16(%1)\n mov %%rdi, 24(%1)\n mov %%r8, 32(%1)\n mov %%r9, 40(%1)\n mov %%r10, 48(%1)\n mov %%r12, 56(%1)\n mov %%r13, 64(%1)\n movq %%xmm5, 72(%1)\n mov %%rcx, %0"
		: "=m"(flags) : "r"(r) : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "xmm5", "memory", "cc");
	say("%lu %lu %lu %lu %lu %lu %lu %lu %lu xmm %lu carry %lu", r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], flags & 1);
	// The direction flag and the vector state live through it too.
	__asm__ volatile("std\n mov $39, %%eax\n syscall\n pushf\n pop %0\n cld" : "=r"(flags) : : "rax", "rcx", "r11", "memory", "cc");
	say("direction %lu", flags >> 10 & 1);
	unsigned mx, old, got;
	__asm__ volatile("stmxcsr %0" : "=m"(old));
	mx = old | 0x6000;
	__asm__ volatile("ldmxcsr %1\n mov $39, %%eax\n syscall\n stmxcsr %0\n ldmxcsr %2" : "=m"(got) : "m"(mx), "m"(old) : "rax", "rcx", "r11", "memory");
	say("rounding kept %d", (got & 0x6000) == 0x6000);
	// 1000 calls below the red zone of a leaf function.
	long sum = 0;
	for (int i = 0; i < 1000; i++) {
		long x;
		__asm__ volatile("movq $77, -64(%%rsp)\n mov $39, %%eax\n syscall\n mov -64(%%rsp), %0" : "=r"(x) : : "rax", "rcx", "r11", "memory");
		sum += x;
	}
	say("red zone %ld", sum);
}

CASE(ioctl_of_files)
{
	put("f", "x");
	int f = must(open("f", O_RDWR)), e = must(RAW(eventfd2, 0, 0)), on = 1, p[2];
	must(pipe(p));
	R(ioctl(e, FIOASYNC, &on));
	R(ioctl(p[0], FIOASYNC, &on));
	drop();
	R(ioctl(f, 1, &on)); // FIBMAP
	R(ioctl(p[0], 1, &on));
}
