// variants: static dyn
// /proc as programs read it: the process's own files.
#include "p.h"
#include <dirent.h>

static char text[1 << 20];
static long slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd < 0) { say("%s: %s", path, ename(errno)); text[0] = 0; return -1; }
	long n = 0, k;
	while ((k = read(fd, text + n, sizeof text - 1 - n)) > 0) n += k;
	close(fd);
	text[n] = 0;
	return n;
}

CASE(self)
{
	char b[PATH_MAX] = {0}, p[PATH_MAX];
	R(readlink("/proc/self", b, sizeof b) > 0);
	say("self is the pid %d", atoi(b) == getpid());
	memset(b, 0, sizeof b);
	R(readlink("/proc/thread-self", b, sizeof b) > 0);
	sprintf(p, "%d/task/%d", getpid(), getpid());
	say("thread-self %d", !strcmp(b, p));
	memset(b, 0, sizeof b);
	R(readlink("/proc/self/exe", b, sizeof b) > 0);
	say("exe %d", !strcmp(b, pself));
	memset(b, 0, sizeof b);
	R(readlink("/proc/self/cwd", b, sizeof b) > 0);
	say("cwd %d", !strcmp(b, pdir));
	memset(b, 0, sizeof b);
	R(readlink("/proc/self/root", b, sizeof b));
	say("root %s", b);
	struct stat s;
	R(stat("/proc/self", &s));
	say("owner %d type %o", s.st_uid == geteuid(), s.st_mode);
	R(stat("/proc/self/status", &s));
	say("status: %o size %ld", s.st_mode, (long)s.st_size);
	R(lstat("/proc/self/exe", &s));
	say("exe: %o", s.st_mode);
	R(access("/proc/4194304", F_OK));
	R(access("/proc/self/missing", F_OK));
	R(open("/proc/self/new", O_CREAT | O_WRONLY, 0600));
	R(mkdir("/proc/new", 0700));
	R(unlink("/proc/self/status"));
	int exe = RZ(open("/proc/self/exe", O_RDONLY));
	R(read(exe, b, 4));
	say("an ELF %d", !memcmp(b, "\177ELF", 4));
}

CASE(cmdline_environ)
{
	long n = slurp("/proc/self/cmdline");
	say("two strings %d second %s", text[n - 1] == 0 && strlen(text) + 1 < n, text + strlen(text) + 1);
	n = slurp("/proc/self/environ");
	int found = 0;
	for (char *p = text; p < text + n; p += strlen(p) + 1) found += !strcmp(p, "LC_ALL=C");
	say("LC_ALL %d", found);
	slurp("/proc/self/comm");
	say("comm has a newline %d", text[strlen(text) - 1] == '\n');
	n = slurp("/proc/self/auxv");
	say("auxv pairs %d ends with AT_NULL %d", n % 16 == 0, ((long *)text)[n / 8 - 2] == 0);
}

static long field(const char *key)
{
	char k[64];
	sprintf(k, "\n%s:", key);
	char *p = strstr(text, k);
	if (!p) { say("no %s", key); return -1; }
	return strtol(p + strlen(k), 0, 0);
}

CASE(status)
{
	slurp("/proc/self/status");
	say("Name first %d", !strncmp(text, "Name:\t", 6));
	char *keys[] = {"Umask", "State", "Tgid", "Ngid", "Pid", "PPid", "TracerPid", "Uid", "Gid", "FDSize", "Groups", "VmPeak", "VmSize",
		"VmRSS", "VmData", "VmStk", "VmExe", "VmLib", "Threads", "SigQ", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm",
		"CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Cpus_allowed", "Cpus_allowed_list", "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"};
	int missing = 0;
	for (int i = 0; i < sizeof keys / sizeof *keys; i++) { char k[64]; sprintf(k, "\n%s:\t", keys[i]); if (!strstr(text, k)) { say("missing %s", keys[i]); missing++; } }
	say("missing %d", missing);
	say("pid %d tgid %d ppid %d threads %ld tracer %ld", field("Pid") == getpid(), field("Tgid") == getpid(), field("PPid") == getppid(), field("Threads"), field("TracerPid"));
	say("sizes sane %d", field("VmPeak") >= field("VmSize") && field("VmSize") > 0 && field("VmRSS") > 0 && field("VmRSS") <= field("VmSize"));
	char *u = strstr(text, "\nUid:");
	int r, e, s, f;
	sscanf(u, "\nUid:\t%d\t%d\t%d\t%d", &r, &e, &s, &f);
	say("uids %d", r == getuid() && e == geteuid() && s == e && f == e);
	say("state %c umask %s", strstr(text, "\nState:\t")[8], strstr(text, "\nUmask:\t0022") ? "0022" : "other");
	signal(SIGUSR1, SIG_IGN);
	void h(int x) {}
	signal(SIGUSR2, h);
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, SIGHUP);
	sigprocmask(SIG_BLOCK, &m, 0);
	kill(getpid(), SIGHUP);
	slurp("/proc/self/status");
	char *b = strstr(text, "\nSigBlk:\t"), *i = strstr(text, "\nSigIgn:\t"), *c = strstr(text, "\nSigCgt:\t"), *p = strstr(text, "\nShdPnd:\t");
	say("blocked %.16s ignored %.16s caught %.16s shared pending %.16s", b + 9, i + 9, c + 9, p + 9);
}

CASE(stat)
{
	slurp("/proc/self/stat");
	char *p = strrchr(text, ')');
	int n = 1;
	for (char *q = p; *q; q++) n += *q == ' ';
	say("starts with pid %d fields %d state %c", atoi(text) == getpid(), n + 1, p[2]);
	int ppid, pgrp, sid;
	sscanf(p + 4, "%d %d %d", &ppid, &pgrp, &sid);
	say("ppid %d pgrp %d session %d", ppid == getppid(), pgrp == getpgrp(), sid == getsid(0));
	slurp("/proc/self/statm");
	long a[7];
	say("%d numbers in statm, size %d", sscanf(text, "%ld %ld %ld %ld %ld %ld %ld", a, a + 1, a + 2, a + 3, a + 4, a + 5, a + 6), a[0] > 0);
	pid_t pid = must(fork());
	if (!pid) for (;;) pause();
	until(state_of(pid, pid) == 'S');
	say("child %c", state_of(pid, pid));
	kill(pid, SIGSTOP);
	must(waitpid(pid, 0, WUNTRACED));
	say("stopped %c", state_of(pid, pid));
	kill(pid, SIGKILL);
	siginfo_t si;
	must(waitid(P_PID, pid, &si, WEXITED | WNOWAIT));
	say("dead %c", state_of(pid, pid));
	must(waitpid(pid, 0, 0));
	say("reaped %c", state_of(pid, pid));
}

CASE(fd)
{
	put("f", "hello");
	int fd = must(open("f", O_RDWR | O_APPEND)), p[2];
	must(pipe(p));
	must(read(fd, (char[2]){0}, 2));
	char b[PATH_MAX] = {0}, path[64];
	sprintf(path, "/proc/self/fd/%d", fd);
	R(readlink(path, b, sizeof b) > 0);
	say("%s", strrchr(b, '/'));
	must(unlink("f"));
	memset(b, 0, sizeof b);
	R(readlink(path, b, sizeof b) > 0);
	say("%s", strrchr(b, '/'));
	int again = RZ(open(path, O_RDONLY)); // the file behind it, although it has no name
	memset(b, 0, sizeof b);
	R(read(again, b, 9));
	say("%s", b);
	memset(b, 0, sizeof b);
	sprintf(path, "/proc/self/fd/%d", p[0]);
	R(readlink(path, b, sizeof b) > 0);
	say("pipe %d", !strncmp(b, "pipe:[", 6));
	int w = RZ(open(path, O_WRONLY)); // the same pipe from its other side
	R(write(w, "x", 1));
	R(read(p[0], b, 1));
	struct stat s, t;
	R(stat(path, &s));
	must(fstat(p[0], &t));
	say("follows %d", s.st_ino == t.st_ino);
	R(lstat(path, &s));
	say("link %o", s.st_mode);
	R(open("/proc/self/fd/99", O_RDONLY));
	DIR *d = opendir("/proc/self/fd");
	int n = 0, sum = 0;
	for (struct dirent *e; (e = readdir(d));) if (e->d_name[0] != '.') n++, sum += atoi(e->d_name);
	closedir(d);
	say("%d descriptors", n);
	sprintf(path, "/proc/self/fdinfo/%d", fd);
	slurp(path);
	say("%d", !strncmp(text, "pos:\t2\nflags:\t0102002\n", 22));
	int nul = must(open("/dev/null", O_RDWR));
	sprintf(path, "/proc/self/fd/%d", nul);
	memset(b, 0, sizeof b);
	R(readlink(path, b, sizeof b));
	say("%s", b);
}

CASE(maps)
{
	char *m = mmap(0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(mprotect(m + PAGE, PAGE, PROT_NONE));
	put("f", "x");
	int fd = must(open("f", O_RDWR));
	must(ftruncate(fd, 3 * PAGE));
	char *f = mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
	slurp("/proc/self/maps");
	unsigned long lo, hi, off, last = 0;
	char perm[5];
	int sorted = 1, text_seen = 0, stack = 0, file = 0, n = 0, none = 0;
	for (char *l = strtok(text, "\n"); l; l = strtok(0, "\n"), n++) {
		if (sscanf(l, "%lx-%lx %4s %lx", &lo, &hi, perm, &off) != 4) { say("odd line %s", l); continue; }
		if (strstr(l, "[vsyscall]")) continue;
		sorted &= lo >= last && hi > lo;
		last = hi;
		if ((unsigned long)&case_maps >= lo && (unsigned long)&case_maps < hi) text_seen += !strcmp(perm, "r-xp");
		if ((unsigned long)&lo >= lo && (unsigned long)&lo < hi) stack += strstr(l, "[stack]") != 0;
		if ((unsigned long)f == lo) { file = strstr(l, "/f") != 0; say("file map %s offset %lx", perm, off); }
		if ((unsigned long)m + PAGE == lo) none = !strcmp(perm, "---p");
	}
	say("sorted %d text %d stack %d file %d none %d", sorted, text_seen, stack, file, none);
}

CASE(task)
{
	static volatile int tid;
	void *f(void *x) { tid = RAW(gettid); for (;;) pause(); }
	pthread_t t;
	pthread_create(&t, 0, f, 0);
	until(tid);
	DIR *d = opendir("/proc/self/task");
	int n = 0, us = 0;
	for (struct dirent *e; (e = readdir(d));) if (e->d_name[0] != '.') n++, us += atoi(e->d_name) == tid || atoi(e->d_name) == getpid();
	say("tasks %d ours %d", n, us);
	char p[64];
	sprintf(p, "/proc/self/task/%d/comm", tid);
	slurp(p);
	say("comm %d", text[0] != 0);
	sprintf(p, "/proc/%d/status", tid);
	slurp(p);
	say("by its tid: tgid %d pid %d", field("Tgid") == getpid(), field("Pid") == tid);
	sprintf(p, "%d", tid);
	d = opendir("/proc");
	int listed = 0, self = 0;
	char mine[16];
	sprintf(mine, "%d", getpid());
	for (struct dirent *e; (e = readdir(d));) listed += !strcmp(e->d_name, p), self += !strcmp(e->d_name, mine);
	say("a thread is not listed %d, the process is %d", listed == 0, self);
}

CASE(system)
{
	slurp("/proc/meminfo");
	say("meminfo %d", !strncmp(text, "MemTotal:", 9) && strstr(text, "\nMemFree:") && strstr(text, "\nMemAvailable:") && strstr(text, "\nCached:") && strstr(text, "\nSwapTotal:"));
	slurp("/proc/cpuinfo");
	say("cpuinfo %d", strstr(text, "processor\t: 0") != 0 && strstr(text, "\nflags\t\t:") != 0);
	slurp("/proc/stat");
	say("stat %d", !strncmp(text, "cpu  ", 5) && strstr(text, "\nbtime ") && strstr(text, "\nprocesses "));
	slurp("/proc/uptime");
	double a, b;
	say("uptime %d", sscanf(text, "%lf %lf", &a, &b) == 2 && a > 0);
	slurp("/proc/loadavg");
	say("loadavg %d", sscanf(text, "%lf %lf", &a, &b) == 2);
	slurp("/proc/version");
	say("version %d", !strncmp(text, "Linux version ", 14));
	slurp("/proc/filesystems");
	say("filesystems %d", strstr(text, "tmpfs") && strstr(text, "proc"));
	slurp("/proc/self/mounts");
	say("mounts %d", strstr(text, " /proc proc ") != 0);
	slurp("/proc/self/mountinfo");
	say("mountinfo %d", strstr(text, " - ") != 0);
	slurp("/proc/self/cgroup");
	slurp("/proc/self/limits");
	say("limits %d", strstr(text, "Max open files") != 0);
	slurp("/proc/self/oom_score_adj");
	slurp("/proc/sys/kernel/ostype");
	say("%s", strtok(text, "\n"));
	slurp("/proc/sys/kernel/pid_max");
	say("pid_max %d", atoi(text) > 1000);
	slurp("/proc/sys/kernel/random/uuid");
	say("uuid %zu", strlen(text));
	slurp("/proc/sys/vm/overcommit_memory");
	say("overcommit %d", text[0] >= '0' && text[0] <= '2');
	slurp("/proc/sys/fs/pipe-max-size");
	say("pipe-max-size %d", atoi(text) >= 4096);
	slurp("/proc/sys/kernel/cap_last_cap");
	say("last cap %d", atoi(text) > 30);
	slurp("/proc/cmdline");
}

CASE(smaps_mem)
{
	slurp("/proc/self/smaps");
	say("smaps %d", strstr(text, "\nRss:") && strstr(text, "\nPss:") && strstr(text, "\nVmFlags:"));
	int fd = RZ(open("/proc/self/mem", O_RDWR));
	static volatile int word = 4242, got;
	R(pread(fd, (void *)&got, 4, (long)&word));
	say("%d", got);
	R(pwrite(fd, "\1\0\0\0", 4, (long)&word));
	say("%d", word);
	R(pread(fd, (void *)&got, 4, 0));
}

CASE(cputime)
{
	// What the clock of the process counts, its stat shows.
	struct timespec t;
	do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec == 0 && t.tv_nsec < 60000000);
	char b[1024] = "";
	int fd = must(open("/proc/self/stat", O_RDONLY));
	must(read(fd, b, sizeof b - 1));
	unsigned long user = 0, system = 0;
	sscanf(strrchr(b, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
	say("counted %d", user + system > 0 && user + system < 6000);
}

static long after(const char *name)
{
	char *at = strstr(text, name);
	return at ? atol(at + strlen(name)) : -1;
}

static long io(const char *name) { slurp("/proc/self/io"); return after(name); }

CASE(io)
{
	char b[1000];
	memset(b, 'x', sizeof b);
	slurp("/proc/self/io");
	for (char *l = strtok(text, "\n"); l; l = strtok(0, "\n")) say("%.*s", (int)strcspn(l, ":"), l);
	int fd = must(open("f", O_RDWR | O_CREAT, 0644));
	long w = io("wchar: "), n = io("syscw: ");
	must(write(fd, b, 1000));
	must(pwrite(fd, b, 500, 0));
	struct iovec v[2] = {{b, 10}, {b, 20}};
	must(writev(fd, v, 2));
	say("wrote %ld in %ld", io("wchar: ") - w, io("syscw: ") - n);
	w = io("wchar: "), n = io("syscw: ");
	int ro = must(open("f", O_RDONLY));
	R(write(ro, b, 1));
	R(write(fd, BAD, 1));
	R(pwritev(fd, v, 2, -1));
	long sys = io("syscw: ") - n;
	say("failed writes %ld", sys);
	slurp("/proc/self/io");
	long r = after("rchar: "), c = after("syscr: ");
	must(read(ro, b, 600));
	must(pread(ro, b, 100, 0));
	must(readv(ro, v, 2));
	R(read(ro, b, 1000) + read(ro, b, 1000) >= 0);
	slurp("/proc/self/io");
	// The reading of the file itself counts too: what it gave and the end.
	say("read %d in %ld", after("rchar: ") - r > 1000 && after("rchar: ") - r < 2100, after("syscr: ") - c);
	w = io("wchar: ");
	child("child", int k = open("g", O_WRONLY | O_CREAT, 0644); if (write(k, b, 777) != 777) _exit(1));
	say("a child's count once waited for %d", io("wchar: ") - w >= 777);
	w = io("wchar: "), r = io("rchar: ");
	off_t from = 0;
	R(copy_file_range(ro, &from, fd, 0, 300, 0));
	say("copied %ld", io("wchar: ") - w);
	char p[64];
	sprintf(p, "/proc/self/task/%d/io", getpid());
	slurp(p);
	say("of a thread %d", after("syscw: ") > 0);
}

CASE(smaps_rollup)
{
	slurp("/proc/self/smaps_rollup");
	char *line = strchr(text, '\n');
	say("head %d", strstr(text, " ---p 00000000 00:00 0 ") != 0 && line && !strncmp(line - 8, "[rollup]", 8));
	long rss = after("\nRss:"), anon = after("\nAnonymous:"), dirty = after("\nPrivate_Dirty:");
	char *m = must(mmap(0, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memset(m, 1, 4 << 20);
	slurp("/proc/self/smaps_rollup");
	say("grown %d %d %d", after("\nRss:") - rss >= 4096, after("\nAnonymous:") - anon >= 4096, after("\nPrivate_Dirty:") - dirty >= 4096);
	say("pss %d", after("\nPss:") <= after("\nRss:") && after("\nPss_Anon:") >= 4096 && after("\nPss_File:") >= 0);
	slurp("/proc/self/status");
	say("status %d", after("\nRssAnon:") >= 4096 && after("\nVmHWM:") >= after("\nVmRSS:") && after("\nVmRSS:") == after("\nRssAnon:") + after("\nRssFile:") + after("\nRssShmem:"));
	child("smaps of the area",
		FILE *f = fopen("/proc/self/smaps", "r");
		long size = 0, a = 0; int in = 0;
		while (fgets(text, sizeof text, f)) {
			unsigned long lo, hi;
			if (sscanf(text, "%lx-%lx ", &lo, &hi) == 2) in = lo <= (unsigned long)m && (unsigned long)m < hi;
			else if (in && sscanf(text, "Size: %ld", &size) == 1) ;
			else if (in && sscanf(text, "Anonymous: %ld", &a) == 1) ;
			else if (in && !strncmp(text, "VmFlags: rd wr mr mw me", 23)) say("flags");
		}
		say("%d %d", size >= 8192, a >= 4096));
}

CASE(system_cpu)
{
	// The machine's counters go on, and those of user time with who computes.
	long u[2], i[2];
	for (int k = 0; k < 2; k++) {
		slurp("/proc/stat");
		long nice, sys;
		say("cpu %d", sscanf(text, "cpu  %ld %ld %ld %ld", &u[k], &nice, &sys, &i[k]) == 4);
		u[k] += sys + nice;
		struct timespec t;
		if (!k) do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); while (t.tv_sec == 0 && t.tv_nsec < 300000000);
	}
	say("busy %d idle %d", u[1] - u[0] >= 20, i[1] >= i[0]);
}
