"""subprocess in its many ways."""
import os
import signal
import subprocess
import sys

r = subprocess.run(["sh", "-c", "cat; echo err >&2; exit 3"], input=b"fed\n", capture_output=True)
print(r.returncode, r.stdout, r.stderr)
p1 = subprocess.Popen(["seq", "1000"], stdout=subprocess.PIPE)
p2 = subprocess.Popen(["grep", "7"], stdin=p1.stdout, stdout=subprocess.PIPE)
p1.stdout.close()
print("pipeline", len(p2.communicate()[0].split()), p1.wait(), p2.wait())
p = subprocess.Popen(["sleep", "60"])
p.send_signal(signal.SIGTERM)
print("terminated", p.wait())
try:
    subprocess.run(["sleep", "60"], timeout=0.1)
except subprocess.TimeoutExpired:
    print("timeout")
try:
    subprocess.run(["/missing"])
except FileNotFoundError as e:
    print("missing", e.errno)
print("shell", subprocess.check_output("echo $X; pwd | wc -l", shell=True, env={"X": "y", "PATH": os.environ["PATH"]}))
print("cwd", subprocess.check_output(["pwd"], cwd="/"))
print("python", subprocess.check_output([sys.executable, "-c", "import sys; print(sys.argv[1:])", "a b", "c"]))
big = os.urandom(1 << 20)
print("1 MiB through cat", subprocess.run(["cat"], input=big, stdout=subprocess.PIPE).stdout == big)
print("50 at once", sum(p.wait() for p in [subprocess.Popen(["sh", "-c", "exit 2"]) for _ in range(50)]))
print("os.system", os.waitstatus_to_exitcode(os.system("exit 9")))
with os.popen("echo popen") as f:
    print(f.read().strip())
r, w = os.pipe()
p = subprocess.Popen(["sh", "-c", f"echo passed >&{w}"], pass_fds=[w])
os.close(w)
print(os.read(r, 100), p.wait())
p = subprocess.Popen(["sh", "-c", "exit 0"], start_new_session=True, preexec_fn=lambda: os.umask(0))
print("new session", p.wait())
