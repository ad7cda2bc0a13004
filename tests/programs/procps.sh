# Tools of procps, psmisc and lsof, asked about processes of this script's own.
# Numbers that differ from run to run become words.
exec 5< fruits.txt
sh -c 'exec -a napper sleep 98' &
bash -c 'exec -a napper sleep 98' &
nap=$!
until grep -q napper /proc/$nap/cmdline; do sleep 0.05; done
names() { sed "s/\b$$\b/SELF/g; s/\b$nap\b/NAP/g; s/^p$$\$/pSELF/; s,$PWD,HERE,g; s/[[:space:]]\+/ /g; s/^ //"; }
run() {
	echo "# $((n += 1)) $1"
	"$@" 2>&1 | names
	echo "# status ${PIPESTATUS[0]}"
}
run pgrep -P $$ -f '^napper 98$'
run pgrep -a -P $$ -f '^napper 98$'
run pgrep -x -P $$ sleep
run ps -o pid=,ppid=,stat=,ni=,pri=,args= -p $nap
run ps -o comm=,nlwp=,user=,tty= -p $nap
run sh -c "ps --ppid $$ -o pid= | grep -xc ' *$nap'"
run pidof -s no-such-program
run pwdx $$
run pstree -A $nap
run lsof -p $$ -a -d 5,cwd -F ftn
run sh -c "lsof -t fruits.txt | grep -xc $$"
run sh -c "fuser fruits.txt 2> /dev/null | tr ' ' '\\n' | grep -xc $$"
run sh -c "fuser -v fruits.txt 2>&1 | grep -q 'root .*f.* bash' && echo listed"
run sh -c "lsof -p $nap -a -d txt -F n | tail -n 1"
run sh -c "pmap $nap | sed -n '1p; s/ total .*K/total/p'"
run sh -c "pmap -x $nap | grep -c 'bin/sleep'"
run sh -c 'free | cut -c1-12'
run sh -c 'free -b | awk "/Mem/ { print (\$2 >= \$3 + \$4 - 4096), (\$4 > 0) }"'
run sh -c 'vmstat -s | sed "s/^ *[0-9]* //" | head -n 8'
run sh -c 'vmstat | head -n 2 | tail -n 1'
run sh -c 'df --output=source,used / | awk "NR > 1 { print (\$2 > 0) }"'
run sh -c 'uptime | grep -c "load average"'
run sh -c 'w -h | wc -l'
run sh -c 'top -b -n 1 | grep -c "^%Cpu"'
run sh -c "top -b -n 1 -p $nap | awk '/sleep/ { print \$2, \$3, \$4, \$8 }'"
run sh -c "sysctl -n kernel.ostype"
run renice -n 3 -p $nap
run ps -o ni= -p $nap
run prlimit --pid $nap --nofile=64:64
run sh -c "prlimit --pid $nap --nofile -o SOFT,HARD --noheadings"
run taskset -cp 0 $nap
run skill -STOP $nap
until [ "$(ps -o state= -p $nap)" = T ]; do sleep 0.05; done
run pkill -CONT -P $$ -f '^napper'
run killall -q -0 no-such-program
run sh -c 'dmesg > log; test -s log && echo has a log'
pkill -P $$ -f 'napper|sleep'
wait $nap
run echo "status $?"
