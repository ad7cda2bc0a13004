# sshd and ssh to localhost: a command, 300 kB through it, a copy, a signal.
d=$(mktemp -d)
cd $d
ssh-keygen -q -t ed25519 -N '' -f hostkey
ssh-keygen -q -t ed25519 -N '' -f key
mkdir -p /run/sshd
cat > conf <<X
Port 7022
ListenAddress 127.0.0.1
HostKey $d/hostkey
AuthorizedKeysFile $d/key.pub
StrictModes no
Subsystem sftp internal-sftp
UsePAM no
PidFile $d/pid
PermitRootLogin yes
X
/usr/sbin/sshd -D -e -f conf > log 2>&1 &
server=$!
for i in $(seq 300); do (exec 3<> /dev/tcp/127.0.0.1/7022) 2> /dev/null && break; sleep 0.1; done
options="-F none -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=$d/known -o LogLevel=ERROR"
run() { timeout 100 ssh $options -p 7022 127.0.0.1 "$@"; echo status $?; }
run 'echo hi; exit 3'
head -c 300000 /dev/zero | run cksum
run 'kill -TERM $$'
echo data > f
timeout 100 scp $options -P 7022 f 127.0.0.1:$d/g
cat g
kill $server
wait $server
echo status $?
rm -r $d
