// hog MIB: touches that much memory, in steps, and says so at the end.
#include "hostile.h"

int main(int argc, char **argv)
{
	long mib = argc > 1 ? atol(argv[1]) : 64;
	for (long i = 0; i < mib; i++) {
		char *m = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (m == MAP_FAILED) { printf("refused\n"); return 3; }
		for (int k = 0; k < 1 << 20; k += 4096) m[k] = 1;
	}
	printf("all %ld MiB\n", mib);
	return 0;
}
