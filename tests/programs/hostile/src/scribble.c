// scribble [jump]: looks for memory that it did not map, in the places where a
// kernel in user space would hide its own, and overwrites it or jumps into it;
// each place in a child. A system call with a pointer tells what is mapped
// without a fault.
#include "hostile.h"

static int readable(unsigned long a) { return syscall(SYS_rt_sigprocmask, SIG_BLOCK, a, 0, 8) == 0; }

static struct { unsigned long lo, hi; } own[4096];
static int n_own;
static void own_maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char l[512];
	while (f && fgets(l, sizeof l, f) && n_own < 4096)
		if (sscanf(l, "%lx-%lx", &own[n_own].lo, &own[n_own].hi) == 2 && !strstr(l, "[vdso]") && !strstr(l, "[vvar")) n_own++;
	if (f) fclose(f);
}
static int mine(unsigned long a)
{
	for (int i = 0; i < n_own; i++) if (a >= own[i].lo && a < own[i].hi) return 1;
	return 0;
}

static unsigned long found[4096];
static int n_found;
static void look(unsigned long from, unsigned long to, unsigned long step)
{
	for (unsigned long a = from; a < to && n_found < 4096; a += step)
		if (!mine(a) && readable(a)) found[n_found++] = a;
}

static sigjmp_buf back;
static void fault(int s) { siglongjmp(back, 1); }

static void harm(unsigned long page, int jump, unsigned long seed)
{
	setpgid(0, 0);
	nobody();
	struct rlimit core = {0, 0};
	setrlimit(RLIMIT_CORE, &core);
	if (jump) {
		// With a stack of its own and odd registers, at an odd place.
		unsigned long at = page + rnd(&seed) % 4096;
		__asm__ volatile("mov %1, %%rax\n mov %1, %%rdi\n mov %1, %%rsi\n mov %1, %%rdx\n jmp *%0" : : "r"(at), "r"(seed) : "rax", "rdi", "rsi", "rdx", "memory");
	}
	int s[] = {SIGSEGV, SIGBUS, SIGILL};
	struct sigaction a = {.sa_handler = fault, .sa_flags = SA_NODEFER};
	for (int i = 0; i < 3; i++) sigaction(s[i], &a, 0);
	for (int i = 0; i < 4096; i += 8)
		if (!sigsetjmp(back, 1)) *(volatile unsigned long *)(page + i) = rnd(&seed);
		else break;
	int zero = open("/dev/zero", O_RDONLY);
	read(zero, (void *)page, 4096);
	munmap((void *)page, 4096);
	mprotect((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
	madvise((void *)page, 4096, MADV_DONTNEED);
	mremap((void *)page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, 0x10000000);
	mmap((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	for (int i = 0; i < 20; i++) {
		getppid();
		open("/dev/null", O_RDONLY);
		if (!sigsetjmp(back, 1)) memset((void *)page, i * 37, 4096);
	}
	if (!fork()) _exit(0);
	wait(0);
	_exit(0);
}

int main(int argc, char **argv)
{
	int jump = argc > 1 && !strcmp(argv[1], "jump");
	own_maps();
	unsigned long top = 0x7ffffffff000;
	look(top - (256UL << 20), top, 4096);
	look(top - (64UL << 30), top, 2 << 20);
	look(0x7f0000000000, top, 1UL << 30);
	look(0x10000, 64 << 20, 4096);
	look(0x100000000, 0x7f0000000000, 16UL << 30);
	unsigned long seed = 88172645463325252UL;
	for (int i = 0; i < 2000; i++) {
		unsigned long a = rnd(&seed) % top & -4096UL;
		if (n_found < 4096 && !mine(a)) found[n_found++] = a; // whether or not it is mapped
	}
	// Neighbours of what was found are its own pages too.
	int probed = n_found;
	for (int i = 0; i < probed && i < 64; i++)
		if (readable(found[i])) look(found[i] - 64 * 4096, found[i] + 64 * 4096, 4096);
	int step = n_found > 400 ? n_found / 400 : 1;
	for (int i = 0; i < n_found; i += step) {
		pid_t pid = fork();
		if (!pid) harm(found[i], jump, seed + i);
		reap(pid, 2000);
	}
	return alive();
}
