# stress-ng --verify for two seconds each: "ok NAME" for each that finds nothing.
for s in cpu vm fork vfork clone pthread signal sigq timer timerfd pipe sock sockpair futex mmap mremap \
	hdd dir rename link fcntl flock lockf epoll eventfd inotify xattr clock nanosleep; do
	more=
	case $s in
	vm) more='--vm-bytes 64m' ;;
	hdd) more='--hdd-bytes 32m' ;;
	mmap | mremap) more="--$s-bytes 16m" ;;
	esac
	timeout -k 5 60 stress-ng --$s 1 $more --verify -t 2 --temp-path /tmp > /dev/null 2>&1 && echo ok $s
done
