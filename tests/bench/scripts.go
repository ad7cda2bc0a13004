package bench

import "strings"

// Script is work of whole programs inside one running bash.
type Script struct {
	// Needs are the programs without which the row is left out.
	Needs []string
	// Setup is run once before, untimed, in an empty directory.
	Setup string
	// Op is what is timed, Times how often a run does it.
	Op    string
	Times int
}

// Program is a bash script that prints the median of Op in ns. Op runs once
// untimed, so that files are cached on both sides.
func (s *Script) Program() string {
	return strings.NewReplacer("SETUP", s.Setup, "OP", s.Op, "TIMES", strings.Repeat("x ", s.Times)).Replace(`
set -e
d=$(mktemp -d); cd $d; trap 'rm -rf $d' EXIT
export HOME=$d LC_ALL=C
SETUP
op() {
OP
}
op
for _ in TIMES; do
	t=${EPOCHREALTIME/./}
	op
	echo $(( (${EPOCHREALTIME/./} - t) * 1000 ))
done | sort -n | { mapfile -t v; echo ${v[${#v[@]}/2]}; }
`)
}

// Programs are the rows of whole programs.
var Programs = []Work{
	{Name: "python3", What: "python3 -c pass", AtMost: 1.2,
		Script: &Script{Needs: []string{"python3"}, Op: "python3 -c pass", Times: 5}},
	{Name: "perl", What: "perl -e 1", AtMost: 1.2,
		Script: &Script{Needs: []string{"perl"}, Op: "perl -e 1", Times: 9}},
	{Name: "node", What: "node -e 1", AtMost: 1.2,
		Script: &Script{Needs: []string{"node"}, Op: "node -e 1", Times: 3}},
	{Name: "java", What: "java -version", AtMost: 1.2,
		Script: &Script{Needs: []string{"java"}, Op: "java -version 2>&1 | grep -q .", Times: 3}},
	{Name: "true", What: "300 times /bin/true in bash", AtMost: 1.6,
		Script: &Script{Op: "for ((i = 0; i < 300; i++)); do /bin/true; done", Times: 1}},
	{Name: "git", What: "git add and commit of 500 files", AtMost: 1.2,
		Script: &Script{Needs: []string{"git"}, Times: 1,
			Setup: "mkdir src; for ((i = 0; i < 500; i++)); do echo \"file $i\" > src/$i; done",
			Op:    "rm -rf r; cp -r src r; git init -q r; git -C r add .; git -C r -c user.name=n -c user.email=e commit -qm m"}},
	{Name: "gcc", What: "gcc -O2 of one big file", AtMost: 1,
		Script: &Script{Needs: []string{"gcc"}, Times: 1,
			Setup: `for ((i = 0; i < 1500; i++)); do echo "int f$i(int a, int *b) { int s = a; for (int k = 0; k < a; k++) s += b[k] * $i + (s >> 3); return s; }"; done > big.c`,
			Op:    "gcc -O2 -c big.c"}},
	{Name: "make", What: "make -j2 of 24 files", AtMost: 1.1,
		Script: &Script{Needs: []string{"gcc", "make"}, Times: 1,
			Setup: `for ((i = 0; i < 24; i++)); do echo "#include <stdio.h>
int f$i(int a) { return printf(\"%d\", a); }" > s$i.c; done; echo 'all: $(patsubst %.c,%.o,$(wildcard *.c))' > Makefile`,
			Op: "rm -f *.o; make -sj2"}},
	{Name: "find", What: "find /usr/share", AtMost: 1.3,
		Script: &Script{Needs: []string{"find"}, Op: "find /usr/share > /dev/null", Times: 1}},
	{Name: "grep", What: "grep -r in /usr/include", AtMost: 1.3,
		Script: &Script{Needs: []string{"grep"}, Op: "grep -r no_such_word_here /usr/include || true", Times: 1}},
	{Name: "tar", What: "tar of /usr/include to /dev/null", AtMost: 1.3,
		Script: &Script{Needs: []string{"tar"}, Op: "tar cf - /usr/include 2> /dev/null | cat > /dev/null", Times: 1}},
}
