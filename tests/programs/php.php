<?php
// Files, locks, children, signals and sockets, printed one by one.
$name = tempnam(sys_get_temp_dir(), 'php');
file_put_contents($name, str_repeat('x', 100000));
$f = fopen($name, 'r+');
var_dump(flock($f, LOCK_EX), fseek($f, 10), fwrite($f, 'yyy'));
fclose($f);
echo filesize($name), ' ', md5_file($name), "\n";
unlink($name);

echo shell_exec('echo from a shell');
$child = proc_open(['cat'], [['pipe', 'r'], ['pipe', 'w']], $pipes);
fwrite($pipes[0], "data\n");
fclose($pipes[0]);
echo stream_get_contents($pipes[1]);
fclose($pipes[1]);
echo proc_close($child), "\n";

if (function_exists('pcntl_fork')) {
    if (($pid = pcntl_fork()) == 0) {
        exit(4);
    }
    pcntl_waitpid($pid, $status);
    echo pcntl_wexitstatus($status), "\n";
    pcntl_async_signals(true);
    pcntl_signal(SIGALRM, function () { echo "alarm\n"; });
    pcntl_alarm(1);
    sleep(60);
}

foreach (["unix://$name.sock", 'tcp://127.0.0.1:0'] as $where) {
    $server = stream_socket_server($where);
    $at = $where[0] == 'u' ? $where : 'tcp://' . stream_socket_get_name($server, false);
    $client = stream_socket_client($at);
    fwrite(stream_socket_accept($server), "over $where[0]\n");
    echo fgets($client);
}
unlink("$name.sock");

mkdir("$name.d");
touch("$name.d/a");
print_r(scandir("$name.d"));
unlink("$name.d/a");
rmdir("$name.d");
for ($sum = 0, $i = 0; $i < 1000000; $i++) {
    $sum += $i;
}
echo $sum, ' ', strlen(random_bytes(10)), "\n";
