"""mmap, tempfile, directories, permissions, links, locks, large files."""
import fcntl
import mmap
import os
import pathlib
import selectors
import shutil
import socket
import stat
import tempfile

with tempfile.TemporaryFile() as f:
    f.write(b"0" * 10000)
    f.flush()
    with mmap.mmap(f.fileno(), 0) as m:
        m[100:105] = b"HELLO"
        print("found", m.find(b"HELLO"), len(m))
        m.flush()
    f.seek(98)
    print(f.read(10))
m = mmap.mmap(-1, 8192)
if os.fork() == 0:
    m[0:5] = b"child"
    os._exit(0)
os.wait()
print("anonymous", m[0:5])
m.resize(16384)
print("resized", len(m), m[0:5])

with tempfile.TemporaryDirectory() as d:
    p = pathlib.Path(d)
    for i in range(100):
        (p / f"f{i}").write_text(f"text {i}")
    (p / "sub" / "dir").mkdir(parents=True)
    (p / "link").symlink_to("f1")
    os.link(p / "f1", p / "hard")
    print("entries", len(list(p.iterdir())), (p / "link").read_text(), (p / "hard").stat().st_nlink)
    (p / "f2").chmod(0o640)
    print("mode", stat.filemode((p / "f2").stat().st_mode))
    print("glob", len(list(p.glob("f*"))), sorted(x.name for x in p.glob("f1?"))[:3])
    os.replace(p / "f3", p / "f4")
    print("replaced", (p / "f4").read_text(), (p / "f3").exists())
    shutil.copytree(p, p / "sub" / "copy", symlinks=True, ignore=shutil.ignore_patterns("sub"))
    print("copied", sum(len(fs) for _, _, fs in os.walk(p / "sub" / "copy")))
    print("usage", shutil.disk_usage(p).total > 0)
    with open(p / "big", "wb") as f:
        f.seek(1 << 33)
        f.write(b"end")
    print("size", os.path.getsize(p / "big"))
    with open(p / "lock", "w") as a, open(p / "lock", "w") as b:
        fcntl.flock(a, fcntl.LOCK_EX)
        try:
            fcntl.flock(b, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("locked")
    os.utime(p / "f5", (1000, 2000))
    print("times", os.stat(p / "f5").st_mtime)
    fd = os.open(d, os.O_RDONLY)
    print("by descriptor", os.stat("f6", dir_fd=fd).st_size, len(os.listdir(fd)))
    os.close(fd)
    print("errors", end="")
    for f in (lambda: open(p / "no"), lambda: os.mkdir(p / "sub"), lambda: os.rmdir(p), lambda: os.listdir(p / "f7")):
        try:
            f()
        except OSError as e:
            print(" ", e.__class__.__name__, end="")
    print()
with tempfile.NamedTemporaryFile(delete=True) as f:
    name = f.name
    print("named", os.path.exists(name))
print("gone", os.path.exists(name))
with tempfile.SpooledTemporaryFile(max_size=10) as f:
    f.write(b"x" * 100)
    f.seek(0)
    print("spooled", len(f.read()))

a, b = socket.socketpair()
sel = selectors.DefaultSelector()
sel.register(b, selectors.EVENT_READ)
print("nothing", sel.select(0))
a.send(b"ping")
print("ready", len(sel.select(5)), b.recv(10))
