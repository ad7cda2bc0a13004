"""os.fork, pipes, signals, wait statuses, multiprocessing."""
import multiprocessing
import os
import signal
import sys
import time

r, w = os.pipe()
for i in range(20):
    if os.fork() == 0:
        os.write(w, bytes([i]))
        os._exit(i)
os.close(w)
codes = sorted(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(20))
print(codes == list(range(20)), sorted(os.read(r, 100)) == list(range(20)))

got = []
signal.signal(signal.SIGUSR1, lambda s, f: got.append(s))
signal.signal(signal.SIGCHLD, lambda s, f: got.append(s))
pid = os.fork()
if pid == 0:
    os.kill(os.getppid(), signal.SIGUSR1)
    os._exit(0)
os.waitpid(pid, 0)
print("signals", sorted(set(got)) == [signal.SIGUSR1, signal.SIGCHLD])
signal.signal(signal.SIGCHLD, signal.SIG_DFL)

signal.signal(signal.SIGALRM, lambda s, f: got.append(s))
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
time.sleep(0.1)
signal.setitimer(signal.ITIMER_REAL, 0)
print("alarms", got.count(signal.SIGALRM) > 2)

pid = os.fork()
if pid == 0:
    os.execvp("sh", ["sh", "-c", "kill -9 $$"])
print("killed", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("no more children")


def square(x):
    return x * x


if __name__ == "__main__":
    sys.stdout.flush()
    try:
        with multiprocessing.get_context("fork").Pool(4) as pool:
            print("pool", sum(pool.map(square, range(200))))
        q = multiprocessing.get_context("fork").Queue()
        ps = [multiprocessing.get_context("fork").Process(target=q.put, args=(i,)) for i in range(5)]
        for p in ps:
            p.start()
        print("queue", sum(q.get(timeout=10) for _ in ps))
        for p in ps:
            p.join()
        v = multiprocessing.get_context("fork").Value("i", 0)

        def bump():
            for _ in range(200):
                with v.get_lock():
                    v.value += 1

        ps = [multiprocessing.get_context("fork").Process(target=bump) for _ in range(4)]
        for p in ps:
            p.start()
        for p in ps:
            p.join()
        print("shared value", v.value)
    except ImportError as e:
        print("no multiprocessing:", e)
