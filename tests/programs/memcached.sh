# memcached with four threads: eight clients over a Unix socket, tools over TCP.
d=$(mktemp -d)
cd $d
memcached -u root -s $d/s -m 32 -t 4 > out 2>&1 &
server=$!
for i in $(seq 300); do test -S s && break; sleep 0.1; done
python3 - <<'X'
import socket, threading
def client(n):
    s = socket.socket(socket.AF_UNIX)
    s.connect('s')
    f = s.makefile('rwb')
    for i in range(100):
        f.write(b'set k%d-%d 0 0 5\r\nhello\r\n' % (n, i))
        f.flush()
        assert f.readline() == b'STORED\r\n'
    f.write(b'get k%d-7\r\n' % n)
    f.flush()
    got.append([f.readline() for _ in range(3)])
got = []
threads = [threading.Thread(target=client, args=(i,)) for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()
print(len(got), sorted(got)[3])
X
kill $server
wait $server
echo $?
memcached -u root -l 127.0.0.1 -p 7013 -m 32 -t 2 > out 2>&1 &
server=$!
for i in $(seq 300); do memcstat --servers=127.0.0.1:7013 > /dev/null 2>&1 && break; sleep 0.1; done
echo content > file
memccp --servers=127.0.0.1:7013 file
memccat --servers=127.0.0.1:7013 file
kill $server
wait $server
echo $?
rm -r $d
