// variants: static dyn
// execve(2), execveat(2): arguments, environment, scripts, errors, and what
// stays and what goes.
#define HELPER
#include "p.h"
#include <elf.h>
#include <sys/auxv.h>

extern char **environ;

static int helper(int argc, char **argv)
{
	if (!strncmp(argv[1], "@args", 5)) {
		say("argc %d", argc);
		for (int i = 0; i < argc; i++) say("argv[%d] %s", i, i == 0 && strchr(argv[0], '/') ? "(path)" : argv[i]);
		for (char **e = environ; *e; e++) say("env %s", *e);
	} else if (!strcmp(argv[1], "@count")) {
		long bytes = 0, n = 0;
		for (int i = 2; i < argc; i++) bytes += strlen(argv[i]);
		for (char **e = environ; *e; e++) n++;
		say("argc %d bytes %ld env %ld", argc, bytes, n);
	} else if (!strcmp(argv[1], "@state")) {
		for (int i = 0; i < 12; i++) if (fcntl(i, F_GETFD) >= 0) say("fd %d flags %d", i, fcntl(i, F_GETFD));
		struct sigaction a;
		sigaction(SIGUSR1, 0, &a);
		say("USR1 %s", a.sa_handler == SIG_IGN ? "ignored" : a.sa_handler == SIG_DFL ? "default" : "handler");
		sigaction(SIGUSR2, 0, &a);
		say("USR2 %s", a.sa_handler == SIG_IGN ? "ignored" : a.sa_handler == SIG_DFL ? "default" : "handler");
		sigset_t m;
		sigprocmask(SIG_BLOCK, 0, &m);
		say("HUP blocked %d", sigismember(&m, SIGHUP));
		sigpending(&m);
		say("HUP pending %d", sigismember(&m, SIGHUP));
		stack_t ss;
		sigaltstack(0, &ss);
		say("altstack disabled %d", ss.ss_flags == SS_DISABLE);
		say("umask %o alarm set %d nice %d", umask(0), alarm(0) > 0, getpriority(PRIO_PROCESS, 0));
		char b[32] = {0};
		int c = open("/proc/self/comm", O_RDONLY);
		read(c, b, 31);
		b[strcspn(b, "\n")] = 0;
		say("comm %s", b);
	} else if (!strcmp(argv[1], "@pid")) {
		say("same pid %d tid is pid %d one thread %d", getpid() == atoi(argv[2]), RAW(gettid) == getpid(), state_of(getpid(), atoi(argv[3])) == '?' || atoi(argv[3]) == getpid());
	} else if (!strcmp(argv[1], "@aux")) {
		say("secure %lu pagesz %lu clktck %lu", getauxval(AT_SECURE), getauxval(AT_PAGESZ), getauxval(AT_CLKTCK));
		say("uid %d euid %d gid %d egid %d", getauxval(AT_UID) == getuid(), getauxval(AT_EUID) == geteuid(), getauxval(AT_GID) == getgid(), getauxval(AT_EGID) == getegid());
		Elf64_Phdr *ph = (void *)getauxval(AT_PHDR);
		say("phent %lu phnum sane %d entry %d random %d", getauxval(AT_PHENT), getauxval(AT_PHNUM) > 2, getauxval(AT_ENTRY) != 0, getauxval(AT_RANDOM) != 0);
		say("platform %s execfn %s", (char *)getauxval(AT_PLATFORM), strrchr((char *)getauxval(AT_EXECFN), '/') ? "(path)" : (char *)getauxval(AT_EXECFN));
		say("flags %lu hwcap %d", getauxval(AT_FLAGS), getauxval(AT_HWCAP) != 0);
		say("stack aligned %d", ((long)__builtin_frame_address(0) & 15) == 0);
	} else if (!strcmp(argv[1], "@exe")) {
		char b[PATH_MAX] = {0};
		readlink("/proc/self/exe", b, sizeof b - 1);
		say("exe %s", strrchr(b, '/') + 1);
	} else if (!strcmp(argv[1], "@exit")) {
		return atoi(argv[2]);
	}
	return 0;
}

#define RUN(what, path, ...) child(what, { char *a_[] = {__VA_ARGS__, 0}; execve(path, a_, environ); say("execve: %s", ename(errno)); _exit(100); })

CASE(arguments)
{
	char *env[] = {"A=1", "B=two words", "", "NOEQUALS", 0};
	environ = env;
	RUN("plain", pself, "zero", "@args", "", "a b", "c\td");
	environ = (char *[]){0};
	RUN("no environment", pself, "zero", "@args");
	child("null environment", { char *a[] = {"zero", "@args", 0}; RAW(execve, pself, a, 0); });
	child("null argv", { RAW(execve, "/bin/true", 0, 0); say("%s", ename(errno)); _exit(100); });
	child("status", { char *a[] = {"x", "@exit", "37", 0}; execve(pself, a, environ); });
}

CASE(errors)
{
	char *a[] = {"x", 0};
	put("plain", "not a program");
	put("empty", "");
	put("noexec", "#!/bin/sh\n");
	must(mkdir("d", 0755));
	must(symlink("loop", "loop"));
	chmod("plain", 0755);
	chmod("empty", 0755);
	S(execve, "missing", a, environ);
	S(execve, "", a, environ);
	S(execve, "noexec", a, environ);
	S(execve, "plain", a, environ);
	S(execve, "empty", a, environ);
	S(execve, "d", a, environ);
	S(execve, "plain/x", a, environ);
	S(execve, "loop", a, environ);
	S(execve, BAD, a, environ);
	S(execve, 0, a, environ);
	S(execve, pself, BAD, environ);
	S(execve, pself, a, BAD);
	char *bad[] = {"x", BAD, 0};
	S(execve, pself, bad, environ);
	S(execve, pself, KERN, environ);
	S(execve, "missing", BAD, environ);
	S(execve, "/dev/null", a, environ);
	S(execve, "/proc/self/status", a, environ);
	int fd = must(open("busy", O_RDWR | O_CREAT, 0755));
	S(execve, "busy", a, environ);
	close(fd);
	char big[5000];
	memset(big, 'a', 4999), big[4999] = 0;
	S(execve, big, a, environ);
	big[300] = 0;
	S(execve, big, a, environ);
}

CASE(too_big)
{
	static char big[200000];
	environ = (char *[]){"E=1", 0};
	memset(big, 'x', sizeof big - 1);
	char *a[] = {"x", "@count", big, 0};
	S(execve, pself, a, environ); // one string above 128 KiB
	big[131071] = 0;
	RUN("the longest string", pself, "x", "@count", big);
	big[131071] = 'x', big[131072] = 0;
	S(execve, pself, a, environ);
	big[100000] = 0;
	char **many = calloc(100, sizeof *many);
	for (int i = 0; i < 99; i++) many[i] = big;
	many[1] = "@count";
	S(execve, pself, many, environ);
	char **small = calloc(20002, sizeof *small);
	for (int i = 0; i < 20000; i++) small[i] = "arg";
	small[1] = "@count";
	child("20000 arguments", execve(pself, small, environ));
}

CASE(scripts)
{
	char line[PATH_MAX + 100];
	environ = (char *[]){"E=1", 0};
	// The path of the interpreter may be long here, so it is linked.
	must(symlink(pself, "i"));
	put("s1", "#!i @args\n");
	put("s2", "#! \t i \t @args  with  spaces \t\nmore\n");
	put("s3", "#!i");
	put("s4", "#!\n");
	put("s5", "#!missing\n");
	put("s6", "#!s1\n");
	put("s7", "#!s7\n");
	put("s8", "#!/dev/null\n");
	char *l = line + sprintf(line, "#!i @args ");
	memset(l, 'y', 300);
	strcpy(l + 300, "\n");
	put("s9", line);
	memset(line + 2, 'z', 400);
	line[402] = 0;
	put("s10", line);
	for (int i = 1; i <= 10; i++) { char n[8]; sprintf(n, "s%d", i); chmod(n, 0755); }
	RUN("s1", "s1", "zero", "one", "two");
	RUN("s2", "./s2", "zero");
	child("s3", { char *a[] = {"zero", "x", 0}; execve("s3", a, environ); say("%s", ename(errno)); });
	RUN("s4", "s4", "zero");
	RUN("s5", "s5", "zero");
	RUN("s6, a script as interpreter", "s6", "zero");
	RUN("s7, itself", "s7", "zero");
	RUN("s8", "s8", "zero");
	RUN("s9, cut", "s9", "zero");
	RUN("s10, too long", "s10", "zero");
}

CASE(script_nesting)
{
	must(symlink(pself, "i"));
	environ = (char *[]){0};
	put("n0", "#!i @args\n");
	chmod("n0", 0755);
	for (int i = 1; i < 8; i++) {
		char n[8], t[32];
		sprintf(n, "n%d", i);
		sprintf(t, "#!./n%d\n", i - 1);
		put(n, t);
		chmod(n, 0755);
		RUN(n, n, "zero");
	}
}

static void handler(int s) {}

CASE(keeps)
{
	put("f", "x");
	must(open("f", O_RDONLY));
	must(open("f", O_RDONLY | O_CLOEXEC));
	must(dup2(3, 9));
	must(fcntl(3, F_DUPFD_CLOEXEC, 10));
	signal(SIGUSR1, SIG_IGN);
	signal(SIGUSR2, handler);
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGHUP);
	sigprocmask(SIG_BLOCK, &s, 0);
	raise(SIGHUP);
	stack_t ss = {malloc(65536), 0, 65536};
	sigaltstack(&ss, 0);
	umask(077);
	alarm(50);
	setpriority(PRIO_PROCESS, 0, 3);
	must(symlink(pself, "a-name-longer-than-fifteen"));
	RUN("state", "a-name-longer-than-fifteen", "zero", "@state");
	char me[16];
	sprintf(me, "%d", getpid());
	char *a[] = {"x", "@pid", me, me, 0};
	execve(pself, a, environ);
}

CASE(auxv)
{
	must(symlink(pself, "me"));
	RUN("auxv", "me", "zero", "@aux");
	RUN("auxv by a path", "./me", "zero", "@aux");
	RUN("exe", "./me", "zero", "@exe") ;
}

CASE(secure)
{
	if (!is_root()) { say("needs root"); return; }
	// A copy that is set-user-ID runs as its owner, and AT_SECURE says so.
	int in = must(open(pself, O_RDONLY)), out = must(open("suid", O_WRONLY | O_CREAT, 0755));
	char b[65536];
	ssize_t n;
	while ((n = read(in, b, sizeof b)) > 0) if (write(out, b, n) != n) say("PREPARE copy");
	close(out);
	must(chown("suid", 23456, 23456));
	must(chmod("suid", 06755));
	child("suid", {
		drop();
		char *a[] = {"x", "@aux", 0};
		execve("./suid", a, environ);
		say("%s", ename(errno));
	});
	must(chmod("suid", 0755));
	child("plain", { drop(); char *a[] = {"x", "@aux", 0}; execve("./suid", a, environ); });
}

CASE(execveat)
{
	environ = (char *[]){0};
	must(mkdir("d", 0755));
	must(symlink(pself, "d/prog"));
	put("d/script", "#!/bin/sh\necho script ran\n");
	chmod("d/script", 0755);
	int d = must(open("d", O_RDONLY)), p = must(open(pself, O_PATH)), sc = must(open("d/script", O_RDONLY | O_CLOEXEC));
	char *a[] = {"x", "@args", 0};
	child("by directory", RAW(execveat, d, "prog", a, environ, 0));
	child("by descriptor", RAW(execveat, p, "", a, environ, AT_EMPTY_PATH));
	child("script by directory", RAW(execveat, d, "script", a, environ, 0));
	child("script by cloexec descriptor", { RAW(execveat, sc, "", a, environ, AT_EMPTY_PATH); say("%s", ename(errno)); });
	S(execveat, d, "prog", a, environ, AT_SYMLINK_NOFOLLOW);
	S(execveat, p, "", a, environ, 0);
	S(execveat, 99, "prog", a, environ, 0);
	S(execveat, d, "prog", a, environ, 0x10);
	S(execveat, d, "", a, environ, AT_EMPTY_PATH);
}

static volatile pid_t other;
static void *sit(void *x) { other = RAW(gettid); for (;;) pause(); }
static char me[16], it[16];
static void *runs(void *x)
{
	char *a[] = {"x", "@pid", me, it, 0};
	execve(pself, a, environ);
	return 0;
}

CASE(ends_threads)
{
	child("from the main thread", {
		pthread_t t;
		pthread_create(&t, 0, sit, 0);
		while (!other) nap_ms(1);
		sprintf(me, "%d", getpid());
		sprintf(it, "%d", other);
		runs(0);
	});
	child("from another thread", {
		pthread_t t;
		other = 0;
		pthread_create(&t, 0, sit, 0);
		while (!other) nap_ms(1);
		sprintf(me, "%d", getpid());
		sprintf(it, "%d", other);
		pthread_create(&t, 0, runs, 0);
		for (;;) pause();
	});
}

CASE(after_vfork)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = vfork();
		if (!pid) {
			char *a[] = {"x", "@exit", "6", 0};
			execve(pself, a, environ);
			_exit(100);
		}
		int st;
		must(waitpid(pid, &st, 0));
		if (WEXITSTATUS(st) != 6) say("wrong: %s", swait(st));
	}
	pid_t pid = vfork();
	if (!pid) {
		char *a[] = {"x", 0};
		execve("missing", a, environ);
		_exit(errno == ENOENT ? 55 : 56);
	}
	int st;
	must(waitpid(pid, &st, 0));
	say("failed exec: %s", swait(st));
	int p[2];
	must(pipe(p));
	pid = vfork();
	if (!pid) {
		dup2(p[1], 1);
		char *a[] = {"x", "@args", "through a pipe", 0};
		char *e[] = {0};
		execve(pself, a, e);
		_exit(100);
	}
	close(p[1]);
	char b[256] = {0};
	ssize_t n = 0, k;
	while ((k = read(p[0], b + n, sizeof b - 1 - n)) > 0) n += k;
	must(waitpid(pid, &st, 0));
	say("%zd bytes %s", n, swait(st));
	write(1, b, n);
}

CASE(permissions)
{
	int in = must(open(pself, O_RDONLY)), out = must(open("p", O_WRONLY | O_CREAT, 0700));
	static char b[4 << 20];
	ssize_t n = must(read(in, b, sizeof b));
	must(write(out, b, n) == n ? 0 : -1);
	close(out);
	char *a[] = {"x", "@exit", "1", 0};
	chmod("p", 0666);
	S(execve, "./p", a, environ);
	chmod("p", 0711);
	child("execute only", { drop(); execve("./p", a, environ); say("%s", ename(errno)); _exit(9); });
	if (is_root()) {
		chmod("p", 0700);
		child("for its owner", { drop(); execve("./p", a, environ); say("%s", ename(errno)); _exit(9); });
		chmod("p", 0001);
		child("root needs one x", { execve("./p", a, environ); say("%s", ename(errno)); _exit(9); });
	}
}
