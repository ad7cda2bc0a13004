// vfork with exec, posix_spawn with file actions and attributes, system and
// popen.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void ended(const char *what, pid_t pid)
{
	int st;
	if (waitpid(pid, &st, 0) != pid) { perror(what); exit(1); }
	if (WIFEXITED(st)) printf("%s: exited %d\n", what, WEXITSTATUS(st));
	else printf("%s: killed by %d\n", what, WTERMSIG(st));
	fflush(stdout);
}

int main(void)
{
	char *echo[] = {"sh", "-c", "echo from $0 $V", 0}, *env[] = {"V=env", "PATH=/bin:/usr/bin", 0};
	pid_t pid = vfork();
	if (!pid) { execve("/bin/sh", echo, env); _exit(127); }
	ended("vfork", pid);
	pid = vfork();
	if (!pid) { execve("/missing", echo, env); _exit(errno == ENOENT ? 44 : 45); }
	ended("vfork, no such file", pid);

	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	posix_spawn_file_actions_addopen(&fa, 1, "out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&fa, 1, 2);
	posix_spawn_file_actions_addclose(&fa, 0);
	sigset_t m;
	sigemptyset(&m);
	sigaddset(&m, SIGUSR1);
	posix_spawnattr_setsigmask(&at, &m);
	posix_spawnattr_setpgroup(&at, 0);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	char *script[] = {"sh", "-c", "echo written; kill -USR1 $$; echo blocked >&2; exit 7", 0};
	int e = posix_spawn(&pid, "/bin/sh", &fa, &at, script, environ);
	if (e) { printf("posix_spawn: %s\n", strerror(e)); return 1; }
	ended("posix_spawn", pid);
	char b[100] = {0};
	int fd = open("out", O_RDONLY);
	read(fd, b, sizeof b - 1);
	printf("%s", b);
	e = posix_spawn(&pid, "/missing", 0, 0, script, environ);
	printf("missing: %s\n", strerror(e));
	e = posix_spawnp(&pid, "true", 0, 0, (char *[]){"true", 0}, environ);
	if (e) printf("posix_spawnp: %s\n", strerror(e));
	ended("posix_spawnp", pid);

	fflush(stdout);
	int st = system("exit 3");
	printf("system: %d\n", WEXITSTATUS(st));
	FILE *f = popen("echo through popen; exit 5", "r");
	while (fgets(b, sizeof b, f)) printf("%s", b);
	printf("pclose: %d\n", WEXITSTATUS(pclose(f)));
	for (int i = 0; i < 100; i++) {
		if (posix_spawn(&pid, "/bin/true", 0, 0, (char *[]){"true", 0}, environ)) { printf("spawn %d failed\n", i); return 1; }
		waitpid(pid, &st, 0);
		if (st) printf("status %d\n", st);
	}
	printf("100 more\n");
	return 0;
}
