# Traps, signals, background jobs and wait; any POSIX shell.
trap 'echo "got USR1"' USR1
kill -USR1 $$
echo "after the signal"
(trap 'echo "subshell exits"' EXIT; exit 3); echo "status $?"
sleep 60 & pid=$!
kill $pid; wait $pid; echo "killed: $?"
(exit 7) & wait $!; echo "waited: $?"
for i in 1 2 3 4 5; do (exit $i) & done; wait; echo "all done"
trap '' TERM
kill -TERM $$; echo "ignored"
sh -c 'kill -TERM $$; echo "inherited"'
trap - TERM
sh -c 'kill -TERM $$; echo "not reached"'; echo "status $?"
trap 'echo "interrupted"' ALRM
(sleep 0.1; kill -ALRM $$) &
sleep 0.3; wait
f() { echo "in a function $1"; return 5; }
f x; echo "returned $?"
{ sleep 0.05; echo "background output"; } & wait
kill -0 $$ && echo "alive"
kill -0 4194304 2>/dev/null || echo "no such process"
n=0; for i in 1 2 3 4 5 6 7 8 9 10; do (exit 1) || n=$((n + 1)); done; echo "$n failed"
(sh -c 'trap "echo child got TERM; exit 9" TERM; sleep 0.2 & wait' & p=$!; sleep 0.1; kill $p; wait $p; echo "child: $?")
sh -c 'exit 300'; echo "status $?"
trap 'echo "exit trap"' EXIT
