// F_NOTIFY of fcntl(2): signals when something happens in a directory.
#include "p.h"

static volatile sig_atomic_t count, number;
static void on(int s, siginfo_t *i, void *u) { count++; number = i->si_fd; }

static void what(const char *name)
{
	say("%s: %d", name, count);
	count = 0;
}

static int dir;

static void listen_to(int sig)
{
	struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
	sigaction(sig, &sa, 0);
	mkdir("d", 0755);
	dir = must(open("d", O_RDONLY));
	R(fcntl(dir, F_SETSIG, sig));
}

CASE(events)
{
	listen_to(SIGRTMIN);
	R(fcntl(dir, F_NOTIFY, DN_CREATE | DN_DELETE | DN_MULTISHOT));
	put("d/f", "x");
	what("created");
	say("descriptor %d", number == dir);
	chmod("d/f", 0600);
	what("changed");
	mkdir("d/sub", 0755);
	put("d/sub/f", "x");
	what("directory, and below it");
	unlink("d/f");
	what("removed");
	R(fcntl(dir, F_NOTIFY, DN_ATTRIB | DN_MULTISHOT));
	chmod("d/sub", 0700);
	what("attributes");
	chmod("d", 0700);
	what("its own");
	put("d/g", "x");
	what("created");
	R(fcntl(dir, F_NOTIFY, DN_MODIFY | DN_ACCESS | DN_MULTISHOT));
	int fd = must(open("d/g", O_RDWR));
	write(fd, "y", 1);
	what("written");
	char b;
	pread(fd, &b, 1, 0);
	what("read");
	R(fcntl(dir, F_NOTIFY, 0));
	put("d/h", "x");
	what("no more");
}

CASE(once)
{
	listen_to(SIGRTMIN + 1);
	R(fcntl(dir, F_NOTIFY, DN_CREATE));
	put("d/a", "x");
	put("d/b", "x");
	what("two created");
	R(fcntl(dir, F_NOTIFY, DN_CREATE));
	put("d/c", "x");
	what("again");
	R(fcntl(dir, F_NOTIFY, DN_RENAME | DN_MULTISHOT));
	rename("d/a", "d/z");
	what("renamed");
	rename("d/z", "z");
	rename("z", "d/z");
	what("moved out and in");
	int two = must(dup(dir));
	close(two);
	rename("d/b", "d/y");
	what("after a close of another descriptor");
}

CASE(sigio)
{
	struct sigaction sa = {.sa_sigaction = on, .sa_flags = SA_SIGINFO};
	sigaction(SIGIO, &sa, 0);
	mkdir("d", 0755);
	dir = must(open("d", O_RDONLY));
	R(fcntl(dir, F_NOTIFY, DN_CREATE));
	put("d/a", "x");
	what("created");
	R(fcntl(dir, F_GETOWN) == getpid());
}

CASE(errors)
{
	put("f", "x");
	int fd = must(open("f", O_RDONLY)), p[2];
	must(pipe(p));
	R(fcntl(fd, F_NOTIFY, DN_CREATE));
	R(fcntl(fd, F_NOTIFY, 0));
	R(fcntl(fd, F_NOTIFY, DN_MULTISHOT));
	R(fcntl(p[0], F_NOTIFY, DN_CREATE));
	R(fcntl(99, F_NOTIFY, DN_CREATE));
	R(fcntl(must(open(".", O_PATH)), F_NOTIFY, DN_CREATE));
	R(fcntl(must(open(".", O_RDONLY)), F_NOTIFY, 0x1000));
}
