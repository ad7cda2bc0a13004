// sendfile(2), splice(2), tee(2), vmsplice(2), copy_file_range(2).
#include "p.h"
#include <sys/sendfile.h>

CASE(sendfile)
{
	put("f", "0123456789");
	int in = must(open("f", O_RDONLY)), out = must(open("g", O_RDWR | O_CREAT, 0600)), p[2];
	must(pipe(p));
	off_t off = 2;
	R(sendfile(out, in, &off, 3));
	say("offset %ld, file's %ld", (long)off, (long)lseek(in, 0, SEEK_CUR));
	R(sendfile(out, in, 0, 4));
	say("file's %ld", (long)lseek(in, 0, SEEK_CUR));
	show("g");
	R(sendfile(p[1], in, 0, 100));
	char b[16] = {0};
	R(read(p[0], b, 15));
	say("%s", b);
	R(sendfile(out, in, 0, 5));
	R(sendfile(out, in, 0, 0));
	off = -1;
	R(sendfile(out, in, &off, 5));
	off = 100;
	R(sendfile(out, in, &off, 5));
	R(sendfile(99, in, 0, 1));
	R(sendfile(out, 99, 0, 1));
	R(sendfile(in, in, 0, 1));
	R(sendfile(out, p[0], 0, 0));
	off = 0;
	R(sendfile(out, p[0], &off, 1));
	int ap = must(open("g", O_WRONLY | O_APPEND)), wo = must(open("f", O_WRONLY));
	R(sendfile(ap, in, &off, 1));
	R(sendfile(out, wo, &off, 1));
	S(sendfile, out, in, BAD, 1);
	int s[2];
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	off = 0;
	R(sendfile(s[0], in, &off, 10));
	R(read(s[1], b, 15));
	static char big[300000];
	for (int i = 0; i < sizeof big; i++) big[i] = i * 31;
	int bf = must(open("big", O_RDWR | O_CREAT, 0600)), bg = must(open("big2", O_RDWR | O_CREAT, 0600));
	must(write(bf, big, sizeof big));
	off = 0;
	R(sendfile(bg, bf, &off, 1 << 30));
	static char got[300000];
	R(pread(bg, got, sizeof got, 0));
	say("same %d", !memcmp(big, got, sizeof big));
}

CASE(splice)
{
	put("f", "0123456789");
	int f = must(open("f", O_RDWR)), p[2], q[2];
	must(pipe(p));
	must(pipe2(q, O_NONBLOCK));
	loff_t off = 3;
	char b[16] = {0};
	R(splice(f, &off, p[1], 0, 4, 0));
	say("offset %ld", (long)off);
	R(splice(p[0], 0, q[1], 0, 2, 0));
	R(read(q[0], b, 15));
	say("%s", b);
	off = 0;
	R(splice(p[0], 0, f, &off, 100, 0));
	show("f");
	R(splice(p[0], 0, q[1], 0, 2, SPLICE_F_NONBLOCK));
	R(splice(f, 0, f, 0, 1, 0));
	R(splice(p[0], &off, q[1], 0, 1, 0));
	R(splice(p[0], 0, p[1], 0, 1, 0));
	R(splice(f, 0, p[1], 0, 0, 0));
	R(splice(99, 0, p[1], 0, 1, 0));
	R(splice(f, 0, 99, 0, 1, 0));
	R(splice(f, 0, p[1], 0, 1, 0x100));
	S(splice, f, BAD, p[1], 0, 1, 0);
	int ap = must(open("f", O_WRONLY | O_APPEND));
	must(write(p[1], "z", 1));
	R(splice(p[0], 0, ap, 0, 1, 0));
	close(p[1]);
	R(read(p[0], b, 10));
	R(splice(p[0], 0, q[1], 0, 1, 0));
}

CASE(tee)
{
	int p[2], q[2];
	char b[16] = {0};
	must(pipe2(p, O_NONBLOCK));
	must(pipe2(q, O_NONBLOCK));
	must(write(p[1], "hello", 5));
	R(tee(p[0], q[1], 3, 0));
	R(read(q[0], b, 15));
	say("%s", b);
	R(read(p[0], b, 15));
	R(tee(p[0], q[1], 3, SPLICE_F_NONBLOCK));
	R(tee(p[0], p[1], 3, 0));
	R(tee(p[0], 99, 3, 0));
	put("f", "x");
	int f = must(open("f", O_RDWR));
	R(tee(f, q[1], 1, 0));
	struct iovec v[2] = {{"ab", 2}, {"cd", 2}};
	R(vmsplice(q[1], v, 2, 0));
	R(read(q[0], b, 15));
	say("%.4s", b);
	R(vmsplice(f, v, 1, 0));
	R(vmsplice(99, v, 1, 0));
	S(vmsplice, q[1], BAD, 1, 0);
	R(vmsplice(q[1], v, 0, 0));
}

CASE(copy_file_range)
{
	put("f", "0123456789");
	int f = must(open("f", O_RDWR)), g = must(open("g", O_RDWR | O_CREAT, 0600)), ro = must(open("f", O_RDONLY)), wo = must(open("g", O_WRONLY)), d = must(open(".", O_RDONLY)), p[2];
	must(pipe(p));
	loff_t a = 2, b = 1;
	R(copy_file_range(f, &a, g, &b, 3, 0));
	say("%ld %ld, files' %ld %ld", (long)a, (long)b, (long)lseek(f, 0, SEEK_CUR), (long)lseek(g, 0, SEEK_CUR));
	show("g");
	R(copy_file_range(f, 0, g, 0, 100, 0));
	show("g");
	R(copy_file_range(f, 0, g, 0, 100, 0));
	a = 0, b = 2;
	R(copy_file_range(f, &a, f, &b, 5, 0)); // overlaps
	b = 5;
	R(copy_file_range(f, &a, f, &b, 5, 0));
	show("f");
	R(copy_file_range(f, 0, g, 0, 1, 1));
	R(copy_file_range(99, 0, g, 0, 1, 0));
	R(copy_file_range(f, 0, 99, 0, 1, 0));
	R(copy_file_range(wo, 0, f, 0, 1, 0));
	R(copy_file_range(f, 0, ro, 0, 1, 0));
	R(copy_file_range(d, 0, g, 0, 1, 0));
	R(copy_file_range(p[0], 0, g, 0, 1, 0));
	int ap = must(open("g", O_WRONLY | O_APPEND));
	a = 0;
	R(copy_file_range(f, &a, ap, 0, 1, 0));
	S(copy_file_range, f, BAD, g, 0, 1, 0);
	R(copy_file_range(f, 0, g, 0, 0, 0));
}
