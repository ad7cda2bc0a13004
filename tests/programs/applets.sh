# Every applet of busybox that makes sense without devices, each with a use of
# its own; the list of those not used here comes last.
b=busybox
used=
a() {
	used="$used $1"
	echo "# $*"
	$b "$@" 2>&1
	s=$?
	[ $s = 0 ] || echo "# status $s"
}
p() { # p APPLET 'pipeline'
	used="$used $1"
	echo "# $2"
	$b sh -c "$2" 2>&1
	s=$?
	[ $s = 0 ] || echo "# status $s"
}
a '[' 1 = 1 ']'
a '[[' 1 = 1 ']]'
a arch
p ar 'busybox ar -t lib.a; echo "!<arch>" > lib.a; busybox ar -t lib.a'
a ascii
a ash -c 'echo ash $((6*7))'
p awk 'echo 1 2 | busybox awk "{print \$2}"'
a base32 fruits.txt
a base64 fruits.txt
a basename /a/b.c .c
p bc 'echo "2^70" | busybox bc'
p bzip2 'busybox bzip2 -c poem.txt > p.bz2; busybox bunzip2 -c p.bz2 | busybox cksum; busybox bzcat p.bz2 | busybox wc -l'
used="$used bunzip2 bzcat"
a cal 2 2024
a cat fruits.txt
a chgrp 0 fruits.txt
a chmod 600 fruits.txt
a chown 0:0 fruits.txt
p chroot 'busybox chroot / /bin/echo in'
p chrt 'busybox chrt -o 0 echo batch'
a cksum poem.txt
p clear 'TERM=vt100 busybox clear | busybox od -c'
a cmp fruits.txt poem.txt
p comm 'busybox sort fruits.txt > s; busybox comm -12 s s'
a cp fruits.txt c1
p cpio 'busybox find tree | busybox sort | busybox cpio -o -H newc 2> /dev/null | busybox cpio -t 2> /dev/null'
p crc32 'busybox crc32 poem.txt'
p cttyhack 'busybox cttyhack true 2> /dev/null && echo ran' # which console there is, it says
a cut -c1-3 fruits.txt
a date -u -d @86400 +%F
p dc 'echo 2 3 + p | busybox dc'
p dd 'busybox dd if=poem.txt bs=10 count=2 2> /dev/null'
p df 'busybox df . > /dev/null'
a diff fruits.txt poem.txt
a dirname /a/b
p dmesg 'busybox dmesg > /dev/null 2>&1; echo ran'
p dos2unix 'printf "a\r\nb\r\n" > d; busybox dos2unix d; busybox od -c d; busybox unix2dos d; busybox od -c d'
used="$used unix2dos"
p du 'busybox du -s tree > /dev/null'
a echo words
a ed -h
a env -i A=1 busybox env
a expand -t 4 tabs.txt
a expr 6 '*' 7
a factor 1234567890
p fallocate 'busybox fallocate -l 10000 fa; busybox stat -c %s fa'
a false
a fgrep apple fruits.txt
p find 'busybox find tree -type f | busybox sort'
p flock 'busybox flock lk echo locked'
a fold -w 10 poem.txt
p free 'busybox free > /dev/null'
p fsync 'busybox fsync poem.txt'
p fuser 'exec 3< poem.txt; busybox fuser poem.txt > /dev/null'
a getopt -o ab: -- -a -b x rest
a egrep 'a|b' fruits.txt
a grep -c a fruits.txt
p groups 'busybox groups > /dev/null'
p gzip 'busybox gzip -c poem.txt > p.gz; busybox gunzip -c p.gz | busybox cksum; busybox zcat p.gz | busybox wc -l'
used="$used gunzip zcat"
a head -n 2 poem.txt
a hexdump -C tabs.txt
a hd tabs.txt
p hexedit 'true'
p hostname 'busybox hostname > /dev/null'
a id -u
p inotifyd 'busybox timeout 3 busybox inotifyd - tree:n & sleep 0.5; echo x > tree/new; wait 2> /dev/null; rm tree/new'
a install -m 700 fruits.txt inst
p ionice 'busybox ionice -c 3 true'
p ipcalc 'busybox ipcalc -n 10.1.2.3/8'
p ipcs 'busybox ipcs > /dev/null'
p kill 'busybox sleep 50 & busybox kill -9 $!; wait $! 2> /dev/null; echo $?'
p killall 'busybox killall -0 no-such-name'
a link fruits.txt lnk
a ln -s fruits.txt sym
p logname 'busybox logname > /dev/null 2>&1; echo ran'
a ls -1
p lsof 'busybox lsof > /dev/null'
a lzcat -h
p lzop 'busybox lzop -c poem.txt | busybox lzop -dc | busybox cksum'
p lzma 'busybox unlzma --help > /dev/null 2>&1; echo $?'
a md5sum poem.txt
a mkdir -p m/k
a mkfifo ff
p mknod 'busybox mknod pp p; busybox stat -c %F pp'
p mktemp 'busybox mktemp > /dev/null'
a mountpoint /proc
a mv c1 c2
p nc 'busybox nc -l -p 12345 & sleep 0.3; echo through | busybox nc 127.0.0.1 12345; wait'
p nice 'busybox nice -n 3 busybox nice'
a nl poem.txt
p nohup 'busybox nohup echo kept < /dev/null 2> /dev/null'
p nproc 'busybox test $(busybox nproc) -ge 1'
p nsenter 'busybox nsenter --help > /dev/null 2>&1; echo $?'
a od -c tabs.txt
a paste fruits.txt fruits.txt
p patch 'busybox cp fruits.txt n; echo more >> n; busybox diff -u fruits.txt n > d; busybox patch fruits.txt < d; busybox tail -n 1 fruits.txt'
p pgrep 'busybox sleep 20 & busybox pgrep -P $$ > /dev/null; echo $?; busybox pkill -P $$; wait 2> /dev/null'
used="$used pkill"
p pidof 'busybox pidof no-such; echo $?'
p pmap 'busybox pmap $$ > /dev/null; echo $?'
a printenv LC_ALL
a printf '%s %d\n' a 5
p ps 'busybox ps > /dev/null'
p pstree 'busybox pstree > /dev/null'
p pwd "cd /usr; busybox pwd -P"
a readlink sym
a realpath /usr/./bin
p renice 'busybox renice -n 1 -p $$ > /dev/null'
a rev fruits.txt
a rm c2
a rmdir m/k
p run-parts 'busybox mkdir rp; printf "#!/bin/sh\necho part\n" > rp/a; busybox chmod +x rp/a; busybox run-parts rp'
p script 'busybox script -q -c "echo in script" /dev/null < /dev/null'
a sed -n 2p fruits.txt
a seq 3
p setpriv 'busybox setpriv --nnp true'
p setsid 'busybox setsid echo session'
a sh -c 'echo sh'
a sha1sum poem.txt
a sha256sum poem.txt
a sha3sum poem.txt
a sha512sum poem.txt
p shred 'busybox cp poem.txt sh; busybox shred -u sh; busybox test -e sh; echo $?'
p shuf 'busybox shuf poem.txt | busybox sort | busybox cksum'
a sleep 0.01
a sort fruits.txt
p split 'busybox split -l 20 numbers.txt sp; busybox ls sp*'
p start-stop-daemon 'busybox start-stop-daemon -S -x /bin/true'
a stat -c %s poem.txt
a strings poem.txt
p stty 'busybox stty; echo $?'
a sum poem.txt
a sync
p sysctl 'busybox sysctl -n kernel.ostype'
a tac fruits.txt
a tail -n 2 poem.txt
p tar 'busybox tar czf t.tgz tree; busybox tar tzf t.tgz | busybox sort'
p taskset 'busybox taskset 1 true'
p tee 'echo both | busybox tee te; busybox cat te'
a test -f poem.txt
p time 'busybox time true 2> /dev/null'
a timeout 5 busybox true
p top 'busybox top -b -n 1 > /dev/null'
a touch -d '2001-02-03 04:05:06' tch
p tr 'echo abc | busybox tr a-c A-C'
p traceroute 'busybox traceroute --help > /dev/null 2>&1; echo $?'
a true
a truncate -s 100 tru
p ts 'echo x | busybox ts %Y > /dev/null'
p tsort 'printf "a b\nb c\n" | busybox tsort'
p tty 'busybox tty < /dev/null'
p ttysize 'busybox ttysize'
a uname -s
a uncompress -h
a unexpand -a tabs.txt
p uniq 'busybox sort fruits.txt | busybox uniq -d'
a unlink lnk
p unxz 'busybox unxz --help > /dev/null 2>&1; echo $?'
p unzip 'busybox unzip -v > /dev/null 2>&1; echo $?'
p uptime 'busybox uptime > /dev/null'
p usleep 'busybox usleep 100'
p uuencode 'busybox uuencode poem.txt p | busybox uudecode -o - | busybox cksum'
used="$used uudecode"
p vi 'printf ":q\n" | TERM=vt100 busybox vi poem.txt > /dev/null 2>&1; echo $?'
p vmstat 'busybox vmstat > /dev/null 2>&1; echo $?'
p w 'busybox w > /dev/null'
p watch 'busybox timeout 1 busybox watch -n 1 true > /dev/null'
a wc poem.txt
p which 'busybox which sh > /dev/null'
p who 'busybox who > /dev/null'
a whoami
p xargs 'busybox seq 9 | busybox xargs -n 4 busybox echo'
a xxd tabs.txt
p xz 'busybox xzcat --help > /dev/null 2>&1; echo $?'
p yes 'busybox yes | busybox head -n 1'
echo "# not used:"
for x in $($b --list); do
	case " $used " in
	*" $x "*) ;;
	*) echo "$x" ;;
	esac
done
