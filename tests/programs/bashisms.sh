# What only bash has: process substitution, arrays, coproc, here-strings, job
# control, PIPESTATUS, read with timeouts.
diff <(seq 5) <(seq 1 2 9); echo "diff: $?"
a=(one "two words" three); echo "${#a[@]} ${a[1]} ${a[@]: -1}"
declare -A m=([x]=1 [y]=2); echo "${m[x]}${m[y]}"
cat <<< "here string"
false | true | false; echo "${PIPESTATUS[*]}"
set -o pipefail; false | true; echo "pipefail $?"; set +o pipefail
coproc C { while read l; do echo "co $l"; done; }
echo hi >&${C[1]}; read r <&${C[0]}; echo "$r"
exec {C[1]}>&-; wait $C_PID 2>/dev/null
read -t 0.05 x < <(sleep 1); echo "read timed out: $(($? > 128))"
mapfile -t lines < <(printf 'a\nb\nc\n'); echo "${#lines[@]}"
sleep 0.05 & sleep 60 & jobs -p | wc -l
kill %2; wait %2 2>/dev/null; echo "job 2: $?"; wait
for ((i = 0; i < 3; i++)); do printf '%02d ' $i; done; echo
[[ "abc123" =~ ^([a-z]+)([0-9]+)$ ]] && echo "${BASH_REMATCH[2]}"
echo {1..5} {a..c}
printf -v v '%05d' 42; echo $v
f() { local x=inner; g; }; g() { echo $x; }; x=outer; f; g
tee >(wc -l > lines) < <(seq 7) > /dev/null; until [ -s lines ]; do sleep 0.01; done; cat lines
wait; wait -n 2>/dev/null; echo "nothing to wait for: $?"
(exit 4) & (sleep 1) & wait -n; echo "first: $?"; wait
set -m; sleep 60 & p=$!; kill -STOP $p; sleep 0.05; jobs | grep -c Stopped
kill -KILL $p; while kill -0 $p 2>/dev/null; do wait $p 2>/dev/null; done; echo "the stopped job is gone"
set +m
trap 'echo "ERR trap"' ERR; false; trap - ERR
trap 'echo "DEBUG" > /dev/null' DEBUG; true; trap - DEBUG
echo "$BASH_SUBSHELL $(echo $BASH_SUBSHELL)"
time -p true 2>/dev/null; ulimit -n 64; ulimit -n
exec 9<>rw; echo data >&9; cat rw
