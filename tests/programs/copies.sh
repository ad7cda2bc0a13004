# A tree with every kind of thing in it, copied by cp -a and rsync -aHAX, and
# compared with what it came from.
set -e
umask 022
mkdir -p src/sub/deep src/empty
echo text > src/file
ln src/file src/sub/hard
ln -s ../file src/sub/soft
ln -s nowhere src/dangling
mkfifo src/fifo
truncate -s 1M src/sparse
echo end >> src/sparse
head -c 300000 /dev/zero | tr '\0' x > src/sub/deep/big
touch -d '2001-02-03 04:05:06.789 UTC' src/file src/empty
chmod 4711 src/sub/deep/big
chmod 1777 src/empty
setfattr -n user.colour -v blue src/file
setfattr -n user.colour -v red src/sub
setfacl -m u:12345:rw src/sub/deep/big
setfacl -d -m g:54321:rx src/sub
if [ "$(id -u)" = 0 ]; then
	mknod src/null c 1 3
	chown 1000:1001 src/sub/hard
	chown -h 1002:1003 src/sub/soft
fi
find src -depth ! -name file ! -name hard -exec touch -h -d '2002-02-03 04:05:06.789 UTC' {} +
show() {
	(cd "$1" && find . | sort | while read -r f; do
		stat -c '%n %f %h %u %g %t %T %y' "$f"
		[ ! -f "$f" ] || cksum < "$f"
		getfattr -h -d -m user. "$f"
		[ -L "$f" ] || getfacl -cnps "$f"
	done)
}
show src > want
cat want
for how in "cp -a" "rsync -aHAX --specials --devices" "rsync -aHAXS" "rsync -aHAX --inplace --checksum"; do
	rm -rf dst
	case $how in
	cp*) $how src dst ;;
	*) $how src/ dst/ ;;
	esac
	show dst > got
	diff want got && echo "$how: the same"
done
echo changed >> src/sub/hard
rm src/dangling
rsync -aHAX --delete -i src/ dst/ | grep -v '/$'
