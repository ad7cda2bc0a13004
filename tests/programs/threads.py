"""Threads, locks, queues, thread pools, timers and events."""
import concurrent.futures
import queue
import threading
import time

total = 0
lock = threading.Lock()


def add():
    global total
    for _ in range(500):
        with lock:
            total += 1


threads = [threading.Thread(target=add) for _ in range(50)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("total", total)

q, out = queue.Queue(10), queue.Queue()


def work():
    while (n := q.get()) is not None:
        out.put(n * n)


workers = [threading.Thread(target=work) for _ in range(8)]
for t in workers:
    t.start()
for i in range(200):
    q.put(i)
for _ in workers:
    q.put(None)
for t in workers:
    t.join()
print("squares", sum(out.get() for _ in range(200)))

with concurrent.futures.ThreadPoolExecutor(16) as pool:
    print("pool", sum(pool.map(lambda x: x + 1, range(1000))))

done = threading.Event()
threading.Timer(0.02, done.set).start()
print("event", done.wait(10))
print("timed out", threading.Event().wait(0.01))
local = threading.local()
local.x = 1
seen = []
t = threading.Thread(target=lambda: seen.append(hasattr(local, "x")))
t.start()
t.join()
print("thread local", seen)
b = threading.Barrier(20)
ids = []
ts = [threading.Thread(target=lambda: ids.append(b.wait())) for _ in range(20)]
for t in ts:
    t.start()
for t in ts:
    t.join()
print("barrier", sorted(ids) == list(range(20)))
