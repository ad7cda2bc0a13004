// bomb: every process forks as fast as it can, against RLIMIT_NPROC. The
// parent, another user, outlives it.
#include "hostile.h"

int main(void)
{
	if (geteuid() == 0 && (setgroups(0, 0) || setresgid(64999, 64999, 64999) || setresuid(64999, 64999, 64999))) return 1;
	pid_t pid = fork();
	if (!pid) {
		setpgid(0, 0);
		struct rlimit l = {60, 60};
		setrlimit(RLIMIT_NPROC, &l);
		int64_t end = ms() + 500;
		while (ms() < end) if (fork() == 0 || 1) usleep(100);
		_exit(0);
	}
	reap(pid, 5000);
	usleep(50000);
	return alive();
}
