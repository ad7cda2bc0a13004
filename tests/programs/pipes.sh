# Pipes, redirections, substitutions and here-documents; any POSIX shell.
set -e
seq 100 | sort -rn | head -3
echo "words: $(printf '%s\n' one two three | wc -l | tr -d ' ')"
yes | head -2000 | wc -l | tr -d ' '
cat <<END | tr a-z A-Z
here $((6 * 7)) document
	with a tab
END
cat <<'END'
no $expansion here
END
cat <<-END
	tabs are stripped
	END
echo out > f; echo more >> f; cat < f
{ echo one; echo two >&2; } 2>&1 | sort
(echo in a subshell; cd /; pwd)
exec 3> g; echo three >&3; exec 3>&-; cat g
exec 4< f; read a <&4; read b <&4; echo "$a $b"
if ! false | true; then echo no; else echo "the last one counts"; fi
set +e
false; echo "status $?"
sh -c 'exit 42'; echo "status $?"
sh -c 'kill -9 $$'; echo "status $?"
./missing 2>/dev/null; echo "status $?"
: > empty; ./empty 2>/dev/null; echo "status $?"
for i in 1 2 3; do echo $i; done | while read n; do echo "got $n"; done
i=0; while [ $i -lt 200 ]; do i=$((i + 1)); done; echo $i
case "file.txt" in *.c) echo c;; *.txt) echo text;; esac
mkfifo p; (echo through a fifo > p) & cat p; wait
echo a b c | { read x y; echo "$y"; }
x=$(cat <<E
nested $(echo deep)
E
)
echo "$x"
umask 077; : > private; ls -l private | cut -c1-10
ls /missing 2>&1 | grep -c missing
dd if=/dev/zero bs=1000 count=100 2>/dev/null | wc -c | tr -d ' '
