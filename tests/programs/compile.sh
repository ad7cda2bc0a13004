# gcc, g++, clang, make -j2 and, with the argument cmake, CMake: build and
# run. The first argument is what to try.
set -e
cat > a.c <<'X'
#include <stdio.h>
int f(int);
int main(void) { printf("%d\n", f(3)); return 0; }
X
echo 'int f(int x) { return x * 14; }' > b.c
cat > c.cc <<'X'
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>
int main() {
	std::vector<int> v{1, 2, 3};
	int sum = 0;
	for (int x : v) sum += x;
	try {
		throw std::runtime_error("thrown");
	} catch (std::exception &e) {
		std::cout << e.what() << " " << sum << std::endl;
	}
	std::thread t([] { std::cout << "in a thread\n"; });
	t.join();
}
X
case $1 in
gcc)
	gcc -O2 -o a a.c b.c && ./a
	gcc -flto -o lto a.c b.c && ./lto
	gcc -pipe -static -g -o static a.c b.c && ./static
	gcc -shared -fPIC -o libb.so b.c
	gcc -o shared a.c -L. -lb -Wl,-rpath,"$PWD" && ./shared
	strip static && ./static
	echo 'int main(void) { return x; }' > bad.c
	gcc bad.c || echo "status $?"
	;;
g++)
	g++ -O1 -pthread -o c c.cc && ./c
	;;
clang)
	clang -O2 -o a a.c b.c && ./a
	clang++ -o c c.cc -pthread && ./c
	;;
make)
	printf 'a: a.o b.o\n\tgcc -o $@ $^\n%%.o: %%.c\n\tgcc -O2 -c $<\n' > Makefile
	make -j2 -O | sort
	./a
	make
	sleep 0.01
	touch b.c
	make -s -j2
	make -q && echo up to date
	;;
cmake)
	cat > CMakeLists.txt <<-X
		cmake_minimum_required(VERSION 3.10)
		project(x C CXX)
		find_package(Threads REQUIRED)
		add_library(b STATIC b.c)
		add_executable(a a.c)
		target_link_libraries(a b)
		add_executable(c c.cc)
		target_link_libraries(c Threads::Threads)
		enable_testing()
		add_test(NAME a COMMAND a)
	X
	mkdir build
	cd build
	cmake .. > log
	grep -c . log
	make -j2 > log 2>&1
	./a
	./c
	ctest | grep passed
	ar t libb.a
	;;
esac
