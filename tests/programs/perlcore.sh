# Perl's own tests of the folders named, such as t/op, by the installed perl:
# "ok FILE N" for each file and number that passes. The tests come from
# Debian's source package (make apps-all-install).
cd "$(dirname "$0")/../../.cache/apps" || exit 1
src=$(echo perl-5.*)
[ -d "$src/t" ] || exit 1
core=$(mktemp -d)
mkdir "$core/lib"
cp -r "$src/t" "$src/TestInit.pm" "$src/MANIFEST" "$core"
for d in /usr/share/perl/5.?? /usr/lib/*/perl/5.?? /usr/lib/*/perl-base; do
	cp -r "$d/." "$core/lib"
done
cp -rn "$src/lib/." "$core/lib"
ln -s /usr/bin/perl "$core/t/perl"
cd "$core/t" || exit 1
export PERL_CORE=1
for dir; do
	for f in "${dir#t/}"/*.t; do
		timeout -k 3 200 perl -I../lib "$f" 2> /dev/null < /dev/null |
			sed -nE "s,^ *(not ok|ok) ([0-9]+).*,\1 ${f} \2,p"
		echo "ended ${f} ${PIPESTATUS[0]}"
	done
done | sed 's/^ended \(\S*\) 0$/ok \1 ended/'
rm -rf "$core"
