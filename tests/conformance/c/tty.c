// tty_ioctl(2), termios(3), pty(7): line discipline, timeouts of reads, job
// control, pairs.
#include "p.h"
#include <termios.h>
#include <sys/prctl.h>

static int prctl_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static int master, slave;

// pair opens both halves; the slave is no controlling terminal.
static void pair(void)
{
	char name[64];
	int n, unlock = 0;
	master = must(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	must(ioctl(master, TIOCSPTLCK, &unlock));
	must(ioctl(master, TIOCGPTN, &n));
	snprintf(name, sizeof name, "/dev/pts/%d", n);
	slave = must(open(name, O_RDWR | O_NOCTTY));
}

static void raw(int vmin, int vtime)
{
	struct termios t;
	must(ioctl(slave, TCGETS, &t));
	t.c_lflag = t.c_iflag = t.c_oflag = 0;
	t.c_cc[VMIN] = vmin;
	t.c_cc[VTIME] = vtime;
	must(ioctl(slave, TCSETS, &t));
}

static void typed(const char *s) { must(write(master, s, strlen(s))); }

// later types from a child after ms, then each further string after that again.
static pid_t later(int ms, const char *a, const char *b)
{
	pid_t pid = must(fork());
	if (pid) return pid;
	usleep(ms * 1000);
	typed(a);
	if (b) {
		usleep(ms * 1000);
		typed(b);
	}
	_exit(0);
}

// get reads at most n bytes, which must take ms milliseconds.
static void get(const char *what, int n, int ms)
{
	char b[64];
	int64_t t = now_ns();
	int r = read(slave, b, n);
	int e = errno;
	say("%s: %d %.*s %s%s", what, r, r > 0 ? r : 0, b, r < 0 ? ename(e) : "", (now_ns() - t) / 1000000 < ms ? " too soon" : "");
}

static int quiet(void)
{
	struct pollfd p = {slave, POLLIN};
	return poll(&p, 1, 0);
}

CASE(vmin)
{
	pair();
	raw(0, 0);
	get("nothing", 10, 0);
	typed("ab");
	get("what is there", 10, 0);
	raw(3, 0);
	typed("ab");
	say("poll below VMIN %d", quiet());
	pid_t p = later(150, "c", 0);
	get("three", 10, 0);
	must(waitpid(p, 0, 0));
	typed("xy");
	get("fewer asked for than VMIN", 2, 0);
	typed("ab");
	must(fcntl(slave, F_SETFL, O_NONBLOCK | O_RDWR));
	get("not to block, two of three", 10, 0);
	get("not to block, nothing", 10, 0);
	must(fcntl(slave, F_SETFL, O_RDWR));
	typed("abcdef");
	get("more than VMIN", 10, 0);
}

CASE(vtime)
{
	pair();
	raw(0, 3);
	get("total time passes", 10, 290);
	raw(0, 200);
	pid_t p = later(50, "a", 0);
	get("a byte in time", 10, 0);
	must(waitpid(p, 0, 0));
	raw(3, 2);
	typed("a");
	say("poll with one byte %d", quiet());
	get("the time after a byte passes", 10, 190);
	raw(3, 200);
	typed("a");
	p = later(50, "b", "c");
	get("three bytes, each in time", 10, 100);
	must(waitpid(p, 0, 0));
	raw(2, 1);
	p = later(300, "ab", 0);
	get("the first is waited for, then VMIN at once", 10, 290);
	must(waitpid(p, 0, 0));
	raw(3, 2);
	must(fcntl(slave, F_SETFL, O_NONBLOCK | O_RDWR));
	typed("z");
	get("not to block, one of three", 10, 0);
	raw(0, 3);
	get("not to block, no VMIN", 10, 0);
}

static volatile int seen;
static void on(int s) { seen |= 1 << s; }

CASE(interrupted)
{
	pair();
	raw(3, 0);
	struct sigaction sa = {.sa_handler = on};
	must(sigaction(SIGALRM, &sa, 0));
	struct itimerval v = {{0, 50000}, {0, 50000}}, off = {0};
	must(setitimer(ITIMER_REAL, &v, 0));
	get("nothing, then a signal", 10, 0);
	must(setitimer(ITIMER_REAL, &off, 0));
	typed("ab");
	for (int n = 0; n < 2; usleep(1000)) must(ioctl(slave, FIONREAD, &n));
	must(setitimer(ITIMER_REAL, &v, 0));
	get("two of three, then a signal", 10, 0);
	must(setitimer(ITIMER_REAL, &off, 0));
}

CASE(pairs)
{
	pair();
	int n, x;
	struct winsize w = {0};
	R(ioctl(master, TIOCGPTLCK, &x));
	say("unlocked %d", x);
	int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	say("peer %d", peer >= 0);
	must(write(peer, "p", 1));
	char b[16];
	R(read(master, b, sizeof b));
	w.ws_row = 7;
	w.ws_col = 9;
	R(ioctl(master, TIOCSWINSZ, &w));
	memset(&w, 0, sizeof w);
	R(ioctl(slave, TIOCGWINSZ, &w));
	say("size %d %d", w.ws_row, w.ws_col);
	typed("hel\b\n");
	typed("lo\n");
	while (!quiet()) usleep(1000);
	R(ioctl(slave, FIONREAD, &n));
	say("readable %d", n);
	R(ioctl(slave, TCFLSH, TCIFLUSH));
	R(ioctl(slave, FIONREAD, &n));
	say("readable %d", n);
	R(ioctl(slave, TCFLSH, 7));
	R(ioctl(master, TCFLSH, TCIOFLUSH));
	x = 1;
	R(ioctl(master, TIOCPKT, &x));
	R(ioctl(master, TIOCGPKT, &n));
	say("packet mode %d", n);
	must(write(slave, "out", 3));
	say("%d", (int)read(master, b, sizeof b));
	say("%#x %.3s", b[0], b + 1);
	R(ioctl(slave, TCFLSH, TCOFLUSH));
	R(read(master, b, sizeof b));
	say("flushed %#x", b[0]);
	x = 0;
	R(ioctl(master, TIOCPKT, &x));
	R(ioctl(slave, TIOCEXCL));
	R(ioctl(slave, TIOCGEXCL, &n));
	say("exclusive %d", n);
	R(ioctl(slave, TIOCNXCL));
	R(ioctl(slave, TIOCGPTN, &n));
	if (is_root()) R(ioctl(slave, TIOCSTI, "x"));
	R(ioctl(slave, TIOCGPGRP, &n));
	R(ioctl(slave, TIOCGSID, &n));
	R(ioctl(slave, TIOCNOTTY));
	struct termios t;
	R(ioctl(slave, TCGETS, &t));
	R(ioctl(slave, TCSETSW, &t));
	R(ioctl(slave, TCSETSF, &t));
	R(ioctl(slave, TCGETS, BAD));
	R(ioctl(slave, TCSBRK, 1));
	R(ioctl(slave, 0x12345678, 1));
	close(peer);
	close(slave);
	R(read(master, b, sizeof b));
	struct pollfd p = {master, POLLIN | POLLOUT};
	R(poll(&p, 1, 0));
	say("%#x", p.revents);
}

CASE(hangup)
{
	pair();
	char b[8];
	close(master);
	R(read(slave, b, sizeof b));
	R(write(slave, "x", 1));
	struct termios t;
	R(ioctl(slave, TCGETS, &t));
	struct pollfd p = {slave, POLLIN | POLLOUT};
	R(poll(&p, 1, 0));
	say("%#x", p.revents);
}

// in runs fn in a session of its own, with the slave as controlling terminal.
static void in(void (*fn)(void))
{
	fflush(stdout);
	pid_t pid = must(fork());
	if (!pid) {
		must(setsid());
		fn();
		fflush(stdout);
		_exit(0);
	}
	int st;
	must(waitpid(pid, &st, 0));
	say("ended %#x", st);
}

static void control(void)
{
	int n;
	R(open("/dev/tty", O_RDWR));
	R(ioctl(slave, TIOCSCTTY, 0));
	R(ioctl(slave, TIOCSCTTY, 0));
	say("session %d", ioctl(slave, TIOCGSID, &n) == 0 && n == getpid());
	say("group %d", ioctl(slave, TIOCGPGRP, &n) == 0 && n == getpid());
	int tty = open("/dev/tty", O_RDWR);
	say("/dev/tty %d", tty >= 0);
	n = 1 << 22;
	R(ioctl(slave, TIOCSPGRP, &n));
	n = -1;
	R(ioctl(slave, TIOCSPGRP, &n));
	n = getppid();
	R(ioctl(slave, TIOCSPGRP, &n));
	struct sigaction sa = {.sa_handler = on};
	sigaction(SIGHUP, &sa, 0);
	sigaction(SIGCONT, &sa, 0);
	R(ioctl(slave, TIOCNOTTY));
	say("given up: SIGHUP %d SIGCONT %d", seen >> SIGHUP & 1, seen >> SIGCONT & 1);
	R(ioctl(slave, TIOCGSID, &n));
	R(open("/dev/tty", O_RDWR));
}
CASE(controlling) { pair(); in(control); }

static void hang_up(void)
{
	char b[8];
	struct sigaction sa = {.sa_handler = on};
	sigaction(SIGHUP, &sa, 0);
	sigaction(SIGCONT, &sa, 0);
	R(syscall(SYS_vhangup));
	R(ioctl(slave, TIOCSCTTY, 0));
	R(syscall(SYS_vhangup));
	say("SIGHUP %d SIGCONT %d", seen >> SIGHUP & 1, seen >> SIGCONT & 1);
	R(read(slave, b, sizeof b));
	R(write(slave, "x", 1));
	R(open("/dev/tty", O_RDWR));
	drop();
	R(syscall(SYS_vhangup));
}

CASE(vhangup)
{
	if (!is_root()) return;
	pair();
	in(hang_up);
}

// struct termio of System V, with less in it than struct termios.
CASE(termio)
{
	pair();
	struct { unsigned short i, o, c, l; unsigned char line, cc[8]; } s;
	struct termios t;
	R(ioctl(slave, TCGETA, &s));
	R(ioctl(slave, TCGETA, BAD));
	R(ioctl(slave, TCSETA, BAD));
	must(ioctl(slave, TCGETS, &t));
	say("same %d %d %d %d %d", s.i == (unsigned short)t.c_iflag, s.o == (unsigned short)t.c_oflag, s.c == (unsigned short)t.c_cflag,
		s.l == (unsigned short)t.c_lflag, !memcmp(s.cc, t.c_cc, 8));
	s.l &= ~ECHO;
	s.cc[VINTR] = 7;
	R(ioctl(slave, TCSETA, &s));
	must(ioctl(slave, TCGETS, &t));
	say("echo %d intr %d start %d", !!(t.c_lflag & ECHO), t.c_cc[VINTR], t.c_cc[VSTART]);
	R(ioctl(slave, TCSETAW, &s));
	typed("lost\n");
	s.l &= ~ICANON;
	R(ioctl(slave, TCSETAF, &s));
	int n = -1;
	R(ioctl(slave, FIONREAD, &n));
	say("%d bytes", n);
	int f = must(open("/dev/null", O_RDWR));
	R(ioctl(f, TCGETA, &s));
}

static int up[2], down[2];

// next tells the parent that a step is done, and waits until it has taken the
// foreground back.
static void next(void)
{
	char c = 0;
	must(write(up[1], &c, 1));
	must(read(down[0], &c, 1));
}

static void background(void)
{
	must(ioctl(slave, TIOCSCTTY, 0));
	must(pipe(up));
	must(pipe(down));
	signal(SIGTTOU, SIG_IGN);
	struct termios t;
	must(ioctl(slave, TCGETS, &t));
	pid_t pid = must(fork());
	int st;
	char b[4];
	if (!pid) {
		signal(SIGTTOU, SIG_DFL);
		setpgid(0, 0);
		write(slave, "bg\n", 3);
		read(slave, b, 4); // stops
		next();
		ioctl(slave, TCSETS, &t); // stops
		next();
		t.c_lflag |= TOSTOP;
		signal(SIGTTOU, SIG_IGN);
		ioctl(slave, TCSETS, &t);
		signal(SIGTTOU, SIG_DFL);
		write(slave, "x", 1); // stops
		next();
		signal(SIGTTIN, SIG_IGN);
		R(read(slave, b, 4));
		fflush(stdout);
		_exit(7);
	}
	setpgid(pid, pid);
	int own = getpgrp();
	for (int i = 0; i < 3; i++) {
		must(waitpid(pid, &st, WUNTRACED));
		say("stopped %d by %s", WIFSTOPPED(st), WSTOPSIG(st) == SIGTTIN ? "SIGTTIN" : WSTOPSIG(st) == SIGTTOU ? "SIGTTOU" : "another");
		must(ioctl(slave, TIOCSPGRP, &pid));
		if (i == 0) typed("in\n");
		must(kill(-pid, SIGCONT));
		must(read(up[0], b, 1));
		must(ioctl(slave, TIOCSPGRP, &own));
		must(write(down[1], b, 1));
	}
	fflush(stdout);
	must(waitpid(pid, &st, WUNTRACED));
	say("status %#x", st);
}
CASE(jobs) { pair(); in(background); }

static void leader(void)
{
	must(ioctl(slave, TIOCSCTTY, 0));
	int p[2];
	must(pipe(p));
	pid_t pid = must(fork());
	if (!pid) {
		struct sigaction sa = {.sa_handler = on};
		sigaction(SIGHUP, &sa, 0);
		sigaction(SIGCONT, &sa, 0);
		must(write(p[1], "r", 1));
		for (int i = 0; i < 100 && seen != (1 << SIGHUP | 1 << SIGCONT); i++) usleep(10000);
		int n;
		say("leader gone: SIGHUP %d SIGCONT %d", seen >> SIGHUP & 1, seen >> SIGCONT & 1);
		R(ioctl(slave, TIOCGPGRP, &n));
		R(open("/dev/tty", O_RDWR));
		fflush(stdout);
		_exit(0);
	}
	char c;
	must(read(p[0], &c, 1));
}
CASE(leader)
{
	pair();
	must(prctl_subreaper());
	in(leader);
	must(wait(0));
}
