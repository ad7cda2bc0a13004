# Tools of util-linux and bsdextrautils that work on files, processes and
# terminals, and need nothing of the machine.
run() {
	echo "# $*"
	"$@" 2>&1
	echo "# status $?"
}
printf 'one two\nthree four\n' > f
run rev f
run column -t f
run colrm 2 4 < f
run hexdump -C f
run look thr f
run ul -t dumb f
run cal -m 2 2024
run getopt -o ab: -l long -- -a -b x --long rest
run flock -n lock echo locked
run flock lock -c 'flock -n lock true || echo held'
run flock -s lock flock -s -n lock echo shared
run fallocate -l 100K space
run stat -c '%s %b' space
run fallocate -p -o 0 -l 50K space
run stat -c %s space
run setsid -w sh -c 'echo in a session; exit 3'
run prlimit --nofile=100:200 sh -c 'ulimit -Sn; ulimit -Hn'
run prlimit --nofile --raw --noheadings --output=RESOURCE
run taskset -c 0 sh -c 'taskset -p $$ | sed "s/^.*current//"'
run chrt -o 0 echo other
run chrt -b 0 sh -c 'chrt -p $$ | sed "s/pid [0-9]*/pid/"'
run ionice -c 2 -n 3 ionice
run renice -n 5 -p $$ > /dev/null
run nice
run setpriv --reuid 65534 --regid 65534 --clear-groups id
run setpriv --no-new-privs grep NoNewPrivs /proc/self/status
run setpriv --bounding-set -all --inh-caps -all grep CapBnd /proc/self/status
run mountpoint /proc
run mountpoint .
run namei -m /usr/bin
run whereis -b sh
run mcookie > /dev/null
run script -qec 'tty > /dev/null && echo a terminal' /dev/null < /dev/null
run sh -c 'ipcs -q | grep owner'
run ipcmk -S 2 -p 600 > /dev/null
run sh -c 'test $(ipcs -s | grep -c 600) -ge 1'
run logger --no-act -s -t tag text 2>&1 | sed 's/^<13>.* tag/tag/'
run kill -l TERM
run /bin/kill -l 9
mv f g
run ls
run truncate -s 4M disk
run sh -c 'printf "label: dos\nlabel-id: 0x1\n,1M,83\n,,c\n" | sfdisk -q disk && sfdisk -d disk'
run mkswap -U 01234567-89ab-cdef-0123-456789abcdef disk
run swaplabel disk
run blkid -p -o value -s TYPE disk
run wipefs -q disk
run fincore -n -o SIZE disk
run dd if=/dev/zero of=gap bs=1K count=64 status=none
run fallocate -d gap
run stat -c '%s %b' gap
run pipesz -cv 2> /dev/null
