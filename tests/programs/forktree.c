// A tree of processes: each has two children down to a depth; the leaves are
// counted on the way up by exit status, and every node is seen once in a pipe.
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int grow(int depth, int out)
{
	write(out, &(char){'0' + depth}, 1);
	if (depth == 0) return 1;
	int leaves = 0;
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();
		if (pid < 0) { perror("fork"); exit(99); }
		if (!pid) _exit(grow(depth - 1, out));
	}
	int st;
	while (wait(&st) > 0) leaves += WEXITSTATUS(st);
	return leaves;
}

int main(void)
{
	int p[2], seen[10] = {0};
	if (pipe(p)) return 1;
	int leaves = grow(6, p[1]);
	close(p[1]);
	char c;
	while (read(p[0], &c, 1) == 1) seen[c - '0']++;
	printf("%d leaves; nodes by height:", leaves);
	for (int i = 0; i <= 6; i++) printf(" %d", seen[i]);
	printf("\n");
	return 0;
}
