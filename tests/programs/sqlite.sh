# SQLite in rollback or WAL mode (the argument): transactions, integrity_check,
# and a writer that SIGKILL ends in the middle of a transaction, ten times.
mode=$1
sqlite3 t.db "PRAGMA journal_mode=$mode; CREATE TABLE t(id INTEGER PRIMARY KEY, batch INT, v TEXT); CREATE INDEX i ON t(v);"
sqlite3 t.db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 2000) INSERT INTO t(batch, v) SELECT 0, printf('%06d', i * 7919 % 2003) FROM n; SELECT count(*), sum(length(v)) FROM t;"
for round in 1 2 3 4 5 6 7 8 9 10; do
	mkfifo pipe
	sqlite3 t.db < pipe > out 2> /dev/null &
	writer=$!
	exec 3> pipe
	# One batch that is committed, one that never is.
	echo "INSERT INTO t(batch, v) SELECT $round, v FROM t WHERE batch = 0 LIMIT 100;
		SELECT 'committed';
		PRAGMA cache_size=10;
		BEGIN; INSERT INTO t(batch, v) SELECT -1, v || id FROM t;
		SELECT 'written';" >&3
	until grep -q written out; do
		kill -0 "$writer" || break
		read -rt 0.01 <> /dev/null
	done
	kill -9 "$writer"
	wait "$writer" 2> /dev/null
	exec 3>&-
	rm pipe
	sqlite3 t.db "PRAGMA integrity_check; SELECT count(*), max(batch), min(batch) FROM t;"
done
# Two writers at once, each waiting for the other's lock.
for w in a b; do
	for i in 1 2 3 4 5 6 7 8 9 10; do
		echo ".timeout 20000"
		echo "BEGIN IMMEDIATE; INSERT INTO t(batch, v) VALUES (100, '$w$i'); COMMIT;"
	done | sqlite3 t.db > /dev/null &
done
wait
sqlite3 t.db "SELECT count(*) FROM t WHERE batch = 100; PRAGMA integrity_check; VACUUM; PRAGMA integrity_check; PRAGMA journal_mode;"
