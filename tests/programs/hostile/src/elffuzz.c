// elffuzz SEED COUNT: takes a working program, breaks it in COUNT ways, and
// executes each.
#include "hostile.h"

static unsigned char base[4 << 20], work[4 << 20];

int main(int argc, char **argv)
{
	if (argc < 3) return 0;
	unsigned long x = strtoul(argv[1], 0, 0) * 2654435761u + 1;
	int count = atoi(argv[2]);
	int fd = open(argv[0], O_RDONLY);
	long n = read(fd, base, sizeof base), size = n;
	close(fd);
	for (int i = 0; i < count; i++) {
		memcpy(work, base, n);
		size = n;
		int kind = i % 4;
		if (kind == 0) work[rnd(&x) % 64] = rnd(&x);                              // one byte of the file header
		if (kind == 1) work[64 + rnd(&x) % (56 * 8)] = rnd(&x);                   // one of the program headers
		if (kind == 2) for (int k = 0; k < 8; k++) work[rnd(&x) % 700] = rnd(&x); // several
		if (kind == 3) size = rnd(&x) % (i & 4 ? 700 : n);                        // cut short
		char name[32];
		sprintf(name, "broken%d", i);
		fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
		write(fd, work, size);
		close(fd);
		pid_t pid = fork();
		if (!pid) {
			struct rlimit core = {0, 0}, mem = {2L << 30, 2L << 30};
			setpgid(0, 0);
			nobody();
			setrlimit(RLIMIT_CORE, &core);
			setrlimit(RLIMIT_AS, &mem);
			int nul = open("/dev/null", O_RDWR);
			for (int k = 0; k < 3; k++) dup2(nul, k);
			execl(name, name, "@broken", (char *)0);
			_exit(1);
		}
		reap(pid, 1000);
		unlink(name);
	}
	return alive();
}
