# redis over its Unix socket: data, both ways of saving, the benchmark; then a
# replica over TCP.
d=$(mktemp -d)
cd $d
trap 'kill $(jobs -p) 2> /dev/null; rm -rf $d' EXIT
wait_for() { # COMMAND...: until it succeeds, at most 60 s
	for i in $(seq 600); do "$@" > /dev/null 2>&1 && return; sleep 0.1; done
	echo "timed out: $*"
}
redis-server --port 0 --unixsocket $d/s --dir $d --save '' --appendonly yes > log 2>&1 &
server=$!
wait_for redis-cli -s s ping
redis-cli -s s set a 1
redis-cli -s s incr a
redis-cli -s s lpush l x y z
redis-cli -s s lrange l 0 -1
redis-cli -s s eval 'return redis.call("get", "a")' 0
redis-cli -s s bgsave
wait_for test -s dump.rdb
redis-cli -s s bgrewriteaof
redis-benchmark -s s -n 300 -q -t ping,set,get,lpush,lrange_100 2>&1 | tr '\r' '\n' | grep -c 'requests per second'
redis-cli -s s shutdown
wait $server
echo $?

mkdir 1 2
redis-server --port 7011 --dir $d/1 --save '' > log1 2>&1 &
master=$!
redis-server --port 7012 --dir $d/2 --save '' --replicaof 127.0.0.1 7011 > log2 2>&1 &
replica=$!
in_step() { redis-cli -p 7012 info replication | grep -q master_link_status:up; }
wait_for in_step
redis-cli -p 7011 set k v
has() { redis-cli -p 7012 get k | grep -q v; }
wait_for has
redis-cli -p 7012 get k
redis-cli -p 7012 set x y
redis-cli -p 7012 replicaof no one
redis-cli -p 7012 set x y
redis-cli -p 7011 shutdown
redis-cli -p 7012 shutdown
wait $master
echo $?
wait $replica
echo $?
