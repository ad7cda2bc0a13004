// Core files: when a process leaves one, and what is in it.
#include "p.h"
#include <elf.h>
#include <sys/prctl.h>
#include <sys/procfs.h>

static char marker[64] = "a word in the data of the program";
static volatile int ready;

static void limit(rlim_t n)
{
	struct rlimit l = {n, RLIM_INFINITY};
	must(prlimit(0, RLIMIT_CORE, &l, 0));
}

// ended runs what a child does and says how it ended and what it left.
#define ended(what, ...) ({ \
	unlink("core"); \
	pid_t pid_ = must(fork()); \
	if (!pid_) { __VA_ARGS__; _exit(0); } \
	int st_; \
	waitpid(pid_, &st_, 0); \
	struct stat s_; \
	int there_ = stat("core", &s_) == 0; \
	say("%s: %s%s, file %d, mode %o", what, swait(st_), WIFSIGNALED(st_) && WCOREDUMP(st_) ? " with core" : "", there_, there_ ? s_.st_mode : 0); \
	pid_; })

CASE(when)
{
	// Only where the pattern is the plain one does the rest say anything.
	show("/proc/sys/kernel/core_pattern");
	static const int sigs[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS, SIGTERM, SIGKILL, SIGUSR1};
	for (unsigned i = 0; i < sizeof sigs / sizeof *sigs; i++) ended(signame(sigs[i]), limit(1 << 20); raise(sigs[i]));
	ended("limit 0", limit(0); abort());
	ended("limit less than a page", limit(4095); abort());
	ended("not dumpable", limit(1 << 20); prctl(PR_SET_DUMPABLE, 0); abort());
	ended("dumpable again", limit(1 << 20); prctl(PR_SET_DUMPABLE, 0); prctl(PR_SET_DUMPABLE, 1); abort());
	ended("umask", limit(1 << 20); umask(0777); abort());
	ended("a fault", limit(1 << 20); *(volatile int *)BAD = 1);
	ended("exit", limit(1 << 20));
	struct stat st;
	put("core", "what was there before");
	pid_t pid = must(fork());
	if (!pid) limit(1 << 20), abort();
	waitpid(pid, 0, 0);
	stat("core", &st);
	say("replaced %d", st.st_size > 4096);
	ended("cut off", limit(8192); abort());
	stat("core", &st);
	say("at most %d", st.st_size <= 8192);
	mkdir("dir", 0755), mkdir("dir/core", 0755);
	ended("a directory in the way", limit(1 << 20); must(chdir("dir")); abort());
	siginfo_t si;
	pid = must(fork());
	if (!pid) limit(1 << 20), abort();
	waitid(P_PID, pid, &si, WEXITED);
	say("waitid: %s status %d", si.si_code == CLD_DUMPED ? "dumped" : si.si_code == CLD_KILLED ? "killed" : "?", si.si_status);
}

static char *file;
static size_t size;

static void load(void)
{
	int fd = must(open("core", O_RDONLY));
	struct stat st;
	fstat(fd, &st);
	size = st.st_size;
	file = mmap(0, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
}

// at gives n bytes of the dead process's memory.
static void *at(void *addr, size_t n)
{
	Elf64_Ehdr *e = (void *)file;
	Elf64_Phdr *p = (void *)(file + e->e_phoff);
	for (int i = 0; i < e->e_phnum; i++, p++)
		if (p->p_type == PT_LOAD && (long)addr >= (long)p->p_vaddr && (long)addr + n <= p->p_vaddr + p->p_filesz && p->p_offset + p->p_filesz <= size)
			return file + p->p_offset + ((long)addr - p->p_vaddr);
	return 0;
}

static void *sleeper(void *x)
{
	ready = 1;
	for (;;) pause();
}

CASE(content)
{
	static char *heap;
	static char *shared;
	shared = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	heap = malloc(3 * PAGE);
	memset(heap, 'h', 3 * PAGE);
	strcpy(shared, "shared");
	static char **onstack;
	onstack = (void *)shared + 64;
	pid_t pid = ended("two threads", {
		limit(1 << 26);
		pthread_t t;
		pthread_create(&t, 0, sleeper, 0);
		while (!ready) sched_yield();
		nap_ms(50);
		char local[32] = "on the stack";
		*onstack = local;
		__asm__ volatile("" :: "r"(local) : "memory");
		strcpy(marker, "changed");
		*(volatile int *)0x1234 = 1;
	});
	load();
	Elf64_Ehdr *e = (void *)file;
	say("ident %d class %d data %d type %d machine %d", !memcmp(e->e_ident, ELFMAG, 4), e->e_ident[4], e->e_ident[5], e->e_type, e->e_machine);
	say("phentsize %d ehsize %d", e->e_phentsize, e->e_ehsize);
	Elf64_Phdr *p = (void *)(file + e->e_phoff);
	say("notes first %d, all segments aligned %d", p->p_type == PT_NOTE, p[1].p_align == PAGE && p[1].p_offset % PAGE == 0);
	int threads = 0, siginfo = 0, auxv = 0, files = 0, floats = 0, xstate = 0;
	for (char *n = file + p->p_offset; n < file + p->p_offset + p->p_filesz;) {
		Elf64_Nhdr *h = (void *)n;
		char *d = n + sizeof *h + (h->n_namesz + 3) / 4 * 4;
		if (h->n_type == NT_PRSTATUS) {
			struct elf_prstatus *s = (void *)d;
			say("prstatus of %d: size %d signal %d cursig %d fp %d, pid ours %d", threads, (int)h->n_descsz, s->pr_info.si_signo, s->pr_cursig, s->pr_fpvalid,
				threads ? s->pr_pid > pid : s->pr_pid == pid);
			say("ppid %d rip %d rsp %d cs %llx ss %llx", s->pr_ppid == getpid(), s->pr_reg[16] != 0, s->pr_reg[19] != 0, (long long)s->pr_reg[17], (long long)s->pr_reg[20]);
			if (threads) say("in pause: %d", s->pr_reg[15] == SYS_pause);
			threads++;
		}
		if (h->n_type == NT_PRPSINFO) {
			struct elf_prpsinfo *s = (void *)d;
			say("prpsinfo: size %d name %d args %d uid %d pid %d", (int)h->n_descsz, s->pr_fname[0] != 0, strstr(s->pr_psargs, "content") != 0, s->pr_uid == getuid(), s->pr_pid == pid);
		}
		if (h->n_type == 0x53494749) {
			siginfo_t *s = (void *)d;
			say("siginfo: signal %d code %d addr %p", s->si_signo, s->si_code, s->si_addr);
			siginfo++;
		}
		if (h->n_type == NT_AUXV) auxv += h->n_descsz > 64;
		if (h->n_type == 0x46494c45) {
			long *l = (void *)d;
			say("files %d page %ld", l[0] > 0, l[1]);
			char *name = (char *)(l + 2 + 3 * l[0]);
			int found = 0;
			for (long i = 0; i < l[0]; i++, name += strlen(name) + 1) found |= strcmp(name, pself) == 0;
			say("our file is listed %d", found);
			files++;
		}
		if (h->n_type == NT_FPREGSET) floats += h->n_descsz == 512;
		if (h->n_type == 0x202) xstate += h->n_descsz > 576;
		n = d + (h->n_descsz + 3) / 4 * 4;
	}
	say("threads %d siginfo %d auxv %d files %d floats %d xstate %d", threads, siginfo, auxv, files, floats, xstate);
	char *m = at(marker, 8);
	say("data: %s", m ? m : "not there");
	m = at(heap, PAGE);
	say("heap: %.5s", m ? m : "not there");
	m = at(shared, 8);
	say("shared: %s", m ? m : "not there");
	m = at(*onstack, 16);
	say("stack: %s", m ? m : "not there");
}
