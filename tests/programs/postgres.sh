# postgres: initdb, tables, pgbench, kill -9 of the postmaster, recovery.
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
d=$(mktemp -d)
chmod 777 $d
cd $d
export PGHOST=$d PGUSER=postgres
as=
test $EUID = 0 && as='setpriv --reuid postgres --regid postgres --clear-groups'
start() {
	$as pg_ctl -D $d/db -w -t 120 -l $d/log \
		-o "-c listen_addresses='' -c unix_socket_directories=$d -c shared_buffers=16MB" start > /dev/null
	echo start $?
}
sql() { psql -Atc "$1" postgres; }
$as initdb -D $d/db -U postgres --no-sync -A trust > init.log 2>&1
echo initdb $?
start
sql "create table t(i int primary key, s text)"
sql "insert into t select g, repeat('x', 100) from generate_series(1, 5000) g"
pgbench -i -q -s 1 postgres > /dev/null 2>&1
echo pgbench -i $?
pgbench -c 4 -j 2 -t 10 postgres 2>&1 | grep 'actually processed'
sql "insert into t select g, 'y' from generate_series(5001, 6000) g"
kill -9 $(head -1 db/postmaster.pid)
sleep 1
rm -f db/postmaster.pid
start
sql "select count(*), sum(i) from t"
sql "select sum(abalance) = (select sum(delta) from pgbench_history) from pgbench_accounts"
sql "vacuum full t"
sql "select i from t order by s desc, i limit 1"
grep -c 'automatic recovery in progress' log
$as pg_ctl -D $d/db -m fast -w stop > /dev/null
echo stop $?
cd /
rm -rf $d
