# Six programs that were picked at random from Debian's archive, none of which
# had been run under Adyton before.
PATH=$PATH:/usr/sbin:/usr/games
cat > b.bib <<B
@Article{knuth84, author="Donald Knuth", title={Literate Programming}, year=1984, journal="CJ"}
@Book{abel85, author="H Abelson and G Sussman", title="SICP", year=1985, publisher=mit}
B
echo "# bibtool"
bibtool -s -i ./b.bib -o out.bib
cat out.bib
bibtool -r /dev/null -i ./b.bib -- 'select{year "1985"}'
echo "# sgrep"
echo '<a>one</a><b>two <a>three</a></b>' > x
sgrep '"<a>" .. "</a>" in ("<b>" .. "</b>")' x
sgrep -c '"<a>"' x
echo "# iprange"
printf '10.0.0.0/8\n10.1.0.0/16\n192.168.1.5\n192.168.1.4\n' > n
iprange n
iprange --count-unique n
echo "# salliere"
printf 'A 1\n' > scores
salliere scores html
echo "status $?"
echo "# micro-httpd"
mkdir www
echo '<p>hello' > www/i.html
for path in /i.html / /missing; do
	printf "GET $path HTTP/1.0\r\n\r\n" | micro-httpd www | grep -vi '^date\|^last-modified\| [0-9:]* '
done
echo "# uftrace"
echo 'int f(int x) { return x + 1; } int main() { return f(3) - 4; }' > u.c
gcc -pg -o u u.c
uftrace record --no-pager -d u.data ./u
echo "status $?"
uftrace replay --no-pager -d u.data -f none
uftrace report --no-pager -d u.data -f call
