// flock(2), record locks by process and by open file.
#include "p.h"
#include <sys/file.h>

static volatile int hits;
static void hit(int s) { hits++; }

CASE(flock)
{
	put("f", "x");
	int a = must(open("f", O_RDONLY)), b = must(open("f", O_RDONLY)), c = must(dup(a));
	R(flock(a, LOCK_SH));
	R(flock(b, LOCK_SH | LOCK_NB));
	R(flock(b, LOCK_EX | LOCK_NB));
	R(flock(a, LOCK_UN));
	R(flock(b, LOCK_EX | LOCK_NB));
	R(flock(a, LOCK_SH | LOCK_NB));
	R(flock(b, LOCK_UN));
	R(flock(a, LOCK_EX));
	R(flock(c, LOCK_EX | LOCK_NB)); // the same open file
	R(close(a));
	R(flock(b, LOCK_EX | LOCK_NB));
	R(close(c));
	R(flock(b, LOCK_EX | LOCK_NB));
	R(flock(b, LOCK_UN));
	R(flock(b, LOCK_UN));
	R(flock(b, 0));
	R(flock(b, LOCK_SH | LOCK_EX));
	R(flock(b, 0x100));
	R(flock(99, LOCK_SH));
	int p = must(open("f", O_PATH));
	R(flock(p, LOCK_SH));
}

CASE(flock_waits)
{
	put("f", "x");
	int a = must(open("f", O_RDONLY));
	must(flock(a, LOCK_EX));
	pid_t pid = must(fork());
	if (!pid) {
		int b = open("f", O_RDONLY);
		R(flock(b, LOCK_EX | LOCK_NB));
		R(flock(b, LOCK_EX));
		_exit(0);
	}
	asleep(pid, pid);
	say("releases");
	must(flock(a, LOCK_UN));
	must(waitpid(pid, 0, 0));
	R(flock(a, LOCK_EX | LOCK_NB));
	pid = must(fork());
	if (!pid) {
		int b = open("f", O_RDONLY);
		struct sigaction s = {.sa_handler = hit};
		sigaction(SIGALRM, &s, 0);
		struct itimerval t = {{0, 0}, {0, 30000}};
		setitimer(ITIMER_REAL, &t, 0);
		R(flock(b, LOCK_EX));
		_exit(0);
	}
	must(waitpid(pid, 0, 0));
	child("inherited descriptor unlocks", flock(a, LOCK_UN));
	int b = must(open("f", O_RDONLY));
	R(flock(b, LOCK_EX | LOCK_NB));
}

static long lk(int fd, int cmd, int type, long start, long len)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	return fcntl(fd, cmd, &l);
}
static void who(const char *what, int fd, int cmd, int type, long start, long len, pid_t owner)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
	long r = fcntl(fd, cmd, &l);
	if (r < 0) say("%s: %s", what, ename(errno));
	else if (l.l_type == F_UNLCK) say("%s: free", what);
	else say("%s: %s %ld+%ld owner %d", what, l.l_type == F_RDLCK ? "read" : "write", (long)l.l_start, (long)l.l_len, l.l_pid == owner ? 1 : l.l_pid == -1 ? -1 : 0);
}

CASE(records)
{
	put("f", "0123456789");
	int a = must(open("f", O_RDWR)), r = must(open("f", O_RDONLY)), w = must(open("f", O_WRONLY));
	R(lk(a, F_SETLK, F_WRLCK, 2, 4));
	R(lk(a, F_SETLK, F_RDLCK, 0, 3)); // splits one's own
	pid_t me = getpid();
	child("asks", {
		who("0+1 write", a, F_GETLK, F_WRLCK, 0, 1, me);
		who("0+1 read", a, F_GETLK, F_RDLCK, 0, 1, me);
		who("3+1 read", a, F_GETLK, F_RDLCK, 3, 1, me);
		who("6+1", a, F_GETLK, F_WRLCK, 6, 1, me);
		who("all", a, F_GETLK, F_WRLCK, 0, 0, me);
		R(lk(a, F_SETLK, F_WRLCK, 3, 1));
		R(lk(a, F_SETLK, F_RDLCK, 0, 2));
		R(lk(a, F_SETLK, F_WRLCK, 6, 100));
		R(lk(a, F_SETLK, F_UNLCK, 0, 0));
	});
	R(lk(a, F_SETLK, F_UNLCK, 3, 1));
	child("asks again", { who("3+1", a, F_GETLK, F_WRLCK, 3, 1, me); who("4+1", a, F_GETLK, F_WRLCK, 4, 1, me); });
	close(w); // any close of the file drops all locks of the process
	child("after a close", who("all", a, F_GETLK, F_WRLCK, 0, 0, me));
	R(lk(r, F_SETLK, F_WRLCK, 0, 1));
	R(lk(r, F_SETLK, F_RDLCK, 0, 1));
	R(lk(a, F_SETLK, 77, 0, 1));
	R(lk(a, F_SETLK, F_WRLCK, -1, 1));
	R(lk(a, F_SETLK, F_WRLCK, 5, -2));
	R(lk(a, F_SETLK, F_WRLCK, 5, -6));
	R(lk(a, F_GETLK, F_UNLCK, 0, 1));
	R(lk(99, F_SETLK, F_WRLCK, 0, 1));
	R(fcntl(a, F_SETLK, BAD));
	R(fcntl(a, F_GETLK, BAD));
	int p[2];
	must(pipe(p));
	R(lk(p[0], F_SETLK, F_RDLCK, 0, 1));
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -2, .l_len = 1};
	R(fcntl(a, F_SETLK, &l));
	child("from the end", who("all", a, F_GETLK, F_WRLCK, 6, 0, me));
	l.l_whence = 9;
	R(fcntl(a, F_SETLK, &l));
}

CASE(records_wait)
{
	put("f", "x");
	int a = must(open("f", O_RDWR));
	must(lk(a, F_SETLK, F_WRLCK, 0, 10));
	pid_t pid = must(fork());
	if (!pid) {
		R(lk(a, F_SETLKW, F_WRLCK, 5, 1));
		_exit(0);
	}
	asleep(pid, pid);
	say("releases");
	must(lk(a, F_SETLK, F_UNLCK, 0, 10));
	must(waitpid(pid, 0, 0));
	// Two that wait for each other: the second is told.
	int p[2], q[2];
	must(pipe(p));
	must(pipe(q));
	must(lk(a, F_SETLK, F_WRLCK, 0, 1));
	pid = must(fork());
	if (!pid) {
		must(lk(a, F_SETLK, F_WRLCK, 1, 1));
		write(p[1], "x", 1);
		R(lk(a, F_SETLKW, F_WRLCK, 0, 1));
		_exit(0);
	}
	char c;
	must(read(p[0], &c, 1));
	asleep(pid, pid);
	R(lk(a, F_SETLKW, F_WRLCK, 1, 1));
	must(lk(a, F_SETLK, F_UNLCK, 0, 1));
	must(waitpid(pid, 0, 0));
	R(lk(a, F_SETLK, F_WRLCK, 0, 0)); // the dead hold nothing
}

CASE(open_file)
{
	put("f", "x");
	int a = must(open("f", O_RDWR)), b = must(open("f", O_RDWR)), c = must(dup(a));
	R(lk(a, F_OFD_SETLK, F_WRLCK, 0, 5));
	R(lk(c, F_OFD_SETLK, F_WRLCK, 0, 5));
	R(lk(b, F_OFD_SETLK, F_WRLCK, 4, 1));
	who("b asks", b, F_OFD_GETLK, F_WRLCK, 0, 1, -1);
	R(lk(b, F_SETLK, F_WRLCK, 0, 1));
	child("child shares it", R(lk(a, F_OFD_SETLK, F_WRLCK, 0, 1)));
	close(a);
	R(lk(b, F_OFD_SETLK, F_WRLCK, 4, 1));
	close(c);
	R(lk(b, F_OFD_SETLK, F_WRLCK, 4, 1));
	struct flock l = {.l_type = F_WRLCK, .l_len = 1, .l_pid = 7};
	R(fcntl(b, F_OFD_SETLK, &l));
}

CASE(lease)
{
	put("f", "x");
	int a = must(open("f", O_RDONLY));
	R(fcntl(a, F_GETLEASE));
	R(fcntl(99, F_GETLEASE));
	R(fcntl(a, F_SETLEASE, 77));
}

// Files without a name have locks too, by inode: both ends of a pipe are one.
CASE(nameless)
{
	int p[2], s[2], e = must(RAW(eventfd2, 0, 0));
	must(pipe(p));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	R(lk(p[0], F_SETLK, F_WRLCK, 0, 1));
	R(lk(p[1], F_SETLK, F_RDLCK, 0, 1));
	R(lk(p[1], F_SETLK, F_WRLCK, 0, 1));
	pid_t me = getpid();
	child("asks", {
		who("pipe", p[0], F_GETLK, F_RDLCK, 0, 0, me);
		R(lk(p[1], F_SETLK, F_WRLCK, 0, 1));
		R(lk(p[1], F_SETLK, F_WRLCK, 1, 1));
		who("socket", s[0], F_GETLK, F_WRLCK, 0, 0, me);
	});
	R(lk(s[0], F_SETLK, F_WRLCK, 5, 5));
	R(lk(e, F_OFD_SETLK, F_WRLCK, 5, 5));
	child("asks", {
		who("socket", s[0], F_GETLK, F_WRLCK, 0, 0, me);
		who("its peer", s[1], F_GETLK, F_WRLCK, 0, 0, me);
	});
	int again = must(dup(p[0]));
	close(again);
	child("after a close", R(lk(p[1], F_SETLK, F_WRLCK, 0, 1)));
	R(flock(p[0], LOCK_EX));
	R(flock(p[1], LOCK_EX | LOCK_NB));
	close(p[0]);
	R(flock(p[1], LOCK_EX | LOCK_NB));
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = 0, .l_len = 1};
	R(fcntl(s[0], F_SETLK, &l));
	must(mkfifo("fifo", 0600));
	int f = must(open("fifo", O_RDWR)), g = must(open("fifo", O_RDWR));
	R(lk(f, F_SETLK, F_WRLCK, 0, 1));
	child("asks", who("fifo", f, F_GETLK, F_WRLCK, 0, 0, me));
	close(g);
	child("asks", who("fifo", f, F_GETLK, F_WRLCK, 0, 0, me));
}

static void again(int s) { hits++; }

// A wait is interrupted, or goes on after the handler.
CASE(interrupted)
{
	put("f", "x");
	int a = must(open("f", O_RDWR));
	must(lk(a, F_SETLK, F_WRLCK, 0, 10));
	pid_t pid = must(fork());
	if (!pid) {
		struct sigaction s = {.sa_handler = again};
		sigaction(SIGALRM, &s, 0);
		// Again and again: the first can come before the call waits.
		struct itimerval t = {{0, 20000}, {0, 20000}};
		setitimer(ITIMER_REAL, &t, 0);
		R(lk(a, F_SETLKW, F_WRLCK, 5, 1));
		int b = must(open("f", O_RDWR));
		setitimer(ITIMER_REAL, &t, 0);
		R(lk(b, F_OFD_SETLKW, F_WRLCK, 5, 1));
		s.sa_flags = SA_RESTART;
		sigaction(SIGALRM, &s, 0);
		hits = 0;
		t.it_interval.tv_usec = 0;
		setitimer(ITIMER_REAL, &t, 0);
		R(lk(a, F_SETLKW, F_WRLCK, 5, 1));
		say("%d signal", hits);
		_exit(0);
	}
	nap_ms(200);
	must(lk(a, F_SETLK, F_UNLCK, 0, 10));
	must(waitpid(pid, 0, 0));
}

// Three that wait in a circle, on two files; and open files, which are not
// looked at.
CASE(deadlock)
{
	put("f", "x");
	put("g", "x");
	int f = must(open("f", O_RDWR)), g = must(open("g", O_RDWR)), ready[2], go[2];
	char c;
	must(pipe(ready));
	must(pipe(go));
	must(lk(f, F_SETLK, F_WRLCK, 0, 1));
	pid_t one = must(fork());
	if (!one) {
		must(lk(f, F_SETLK, F_WRLCK, 1, 1));
		write(ready[1], "x", 1);
		read(go[0], &c, 1);
		lk(f, F_SETLKW, F_WRLCK, 0, 1);
		_exit(0);
	}
	must(read(ready[0], &c, 1));
	pid_t two = must(fork());
	if (!two) {
		must(lk(g, F_SETLK, F_WRLCK, 0, 1));
		write(ready[1], "x", 1);
		lk(f, F_SETLKW, F_WRLCK, 1, 1);
		_exit(0);
	}
	must(read(ready[0], &c, 1));
	asleep(two, two);
	must(write(go[1], "x", 1));
	asleep(one, one);
	R(lk(g, F_SETLKW, F_WRLCK, 0, 1));
	R(lk(g, F_SETLKW, F_WRLCK, 1, 1));
	must(lk(f, F_SETLK, F_UNLCK, 0, 1));
	must(waitpid(one, 0, 0));
	must(waitpid(two, 0, 0));
	R(lk(g, F_SETLKW, F_WRLCK, 0, 1));
}

static volatile int got, code, from;
static void told(int s, siginfo_t *i, void *u) { got = s; code = i->si_code; from = i->si_fd; }

static void on(int sig)
{
	struct sigaction s = {.sa_sigaction = told, .sa_flags = SA_SIGINFO};
	sigaction(sig, &s, 0);
	got = 0;
}

CASE(leases)
{
	put("f", "x");
	int r = must(open("f", O_RDONLY)), p[2];
	must(pipe(p));
	R(fcntl(r, F_SETLEASE, F_RDLCK));
	R(fcntl(r, F_GETLEASE));
	R(fcntl(r, F_SETLEASE, F_WRLCK));
	R(fcntl(r, F_GETLEASE));
	R(fcntl(r, F_SETLEASE, F_UNLCK));
	R(fcntl(r, F_SETLEASE, F_UNLCK));
	int r2 = must(open("f", O_RDONLY));
	R(fcntl(r, F_SETLEASE, F_WRLCK));
	R(fcntl(r, F_SETLEASE, F_RDLCK));
	R(fcntl(r2, F_SETLEASE, F_RDLCK));
	R(fcntl(r2, F_GETLEASE));
	R(fcntl(r2, F_SETLEASE, F_WRLCK));
	close(r2);
	R(fcntl(r, F_SETLEASE, F_UNLCK));
	int w = must(open("f", O_WRONLY));
	R(fcntl(w, F_SETLEASE, F_RDLCK));
	R(fcntl(r, F_SETLEASE, F_RDLCK));
	R(fcntl(w, F_SETLEASE, F_WRLCK));
	close(r);
	R(fcntl(w, F_SETLEASE, F_WRLCK));
	R(fcntl(w, F_GETLEASE));
	R(fcntl(w, F_SETLEASE, 3));
	R(fcntl(p[0], F_SETLEASE, F_RDLCK));
	R(fcntl(p[0], F_GETLEASE));
	R(fcntl(open(".", O_RDONLY), F_SETLEASE, F_RDLCK));
	R(fcntl(open("f", O_PATH), F_GETLEASE));
	close(w);
	child("a lease ends with its last descriptor", {
		int x = open("f", O_RDONLY);
		R(fcntl(x, F_SETLEASE, F_WRLCK));
	});
	if (!is_root()) return;
	child("as another user", {
		drop();
		int x = open("f", O_RDONLY);
		R(fcntl(x, F_SETLEASE, F_RDLCK));
		R(fcntl(x, F_GETLEASE));
	});
}

// Who waits to write counts as one that writes.
CASE(lease_writer)
{
	put("f", "x");
	int fd = must(open("f", O_RDONLY));
	on(SIGIO);
	must(fcntl(fd, F_SETLEASE, F_WRLCK));
	pid_t pid = must(fork());
	if (!pid) {
		close(fd);
		R(open("f", O_WRONLY) >= 0);
		_exit(0);
	}
	until(got == SIGIO);
	asleep(pid, pid);
	R(fcntl(fd, F_SETLEASE, F_RDLCK));
	must(fcntl(fd, F_SETLEASE, F_UNLCK));
	must(waitpid(pid, 0, 0));
}

CASE(lease_break)
{
	put("f", "x");
	int fd = must(open("f", O_RDWR));
	on(SIGIO);
	must(fcntl(fd, F_SETLEASE, F_WRLCK));
	pid_t pid = must(fork());
	if (!pid) {
		close(fd);
		R(open("f", O_RDONLY | O_NONBLOCK));
		R(open("f", O_RDONLY) >= 0);
		_exit(0);
	}
	until(got == SIGIO);
	asleep(pid, pid);
	say("gives up");
	R(fcntl(fd, F_GETLEASE));
	R(fcntl(fd, F_SETLEASE, F_RDLCK)); // the file is open for writing
	must(fcntl(fd, F_SETLEASE, F_UNLCK));
	must(waitpid(pid, 0, 0));
	close(fd);
	fd = must(open("f", O_RDONLY));
	on(SIGUSR1);
	must(fcntl(fd, F_SETSIG, SIGUSR1));
	must(fcntl(fd, F_SETLEASE, F_WRLCK));
	pid = must(fork());
	if (!pid) {
		close(fd);
		int x = open("f", O_RDONLY);
		int y = truncate("f", 0);
		nap_ms(300); // the parent speaks first
		say("opened %d truncated %d", x >= 0, y);
		_exit(0);
	}
	until(got == SIGUSR1);
	say("code %d fd %d", code, from == fd);
	R(fcntl(fd, F_GETLEASE));
	on(SIGUSR1);
	must(fcntl(fd, F_SETLEASE, F_RDLCK));
	until(got == SIGUSR1);
	R(fcntl(fd, F_GETLEASE));
	close(fd);
	must(waitpid(pid, 0, 0));
	fd = must(open("f", O_RDONLY));
	on(SIGIO);
	must(fcntl(fd, F_SETLEASE, F_RDLCK));
	R(open("f", O_RDONLY) >= 0);
	R(open("f", O_PATH) >= 0);
	R(open("f", O_WRONLY | O_NONBLOCK));
	until(got == SIGIO);
	R(fcntl(fd, F_GETLEASE));
	struct sigaction s = {.sa_handler = hit};
	sigaction(SIGALRM, &s, 0);
	struct itimerval t = {{0, 20000}, {0, 20000}};
	setitimer(ITIMER_REAL, &t, 0);
	R(open("f", O_WRONLY));
}

CASE(first_what_then_whose)
{
	put("f", "x");
	int f = must(open("f", O_RDWR));
	// LOCK_MAND is ignored, whatever else is asked and of whom.
	R(flock(f, 32 | LOCK_SH));
	R(flock(-1, 32));
	drop();
	// Root's, which only then are no plain files.
	int e = must(RAW(eventfd2, 0, 0));
	R(fcntl(e, F_SETLEASE, F_RDLCK));
	R(fcntl(e, F_SETLEASE, F_UNLCK));
	R(fcntl(e, F_SETLEASE, 7));
	R(fcntl(e, F_SETFL, O_NOATIME | O_DIRECT));
	R(fcntl(e, F_SETFL, O_DIRECT));
}

CASE(range_before_type)
{
	put("f", "x");
	int f = must(open("f", O_RDWR));
	struct flock l = {.l_type = 9, .l_whence = SEEK_SET, .l_start = 10, .l_len = 0x7fffffffffffffff};
	R(fcntl(f, F_OFD_GETLK, &l));
	R(fcntl(f, F_SETLK, &l));
	l.l_len = 1;
	R(fcntl(f, F_SETLK, &l));
}
