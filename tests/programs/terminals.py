# Programs that live on a terminal, each driven by keys through a pty. It
# prints what was waited for and came, so both sides print the same.
import fcntl, os, pty, select, struct, sys, termios, time

class Terminal:
    def __init__(self, *argv, **env):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.environ.update(TERM="vt100", PS1="ready> ", **env)
            os.execvp(argv[0], argv)
        self.text = b""

    def read(self, seconds):
        """More of what the program writes; False at its end."""
        try:
            if not select.select([self.fd], [], [], seconds)[0]:
                sys.exit("nothing more in %d s after %r" % (seconds, self.text))
            more = os.read(self.fd, 4096)
        except OSError:
            more = b""
        self.text += more
        return bool(more)

    def see(self, want, quiet=False):
        while want.encode() not in self.text:
            if not self.read(30):
                sys.exit("ended without %r: %r" % (want, self.text))
        self.text = self.text[self.text.index(want.encode()) + len(want):]
        if not quiet:
            print("saw", want)

    def press(self, keys, *wants):
        os.write(self.fd, keys.encode())
        for want in wants:
            self.see(want)

    def end(self):
        while self.read(30):
            pass
        print("status", os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]))

def asleep(command):
    """Waits until a process of that command line is there and sleeps."""
    for _ in range(300):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                line = open("/proc/%s/cmdline" % pid).read().replace("\0", " ").strip()
                state = open("/proc/%s/stat" % pid).read().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if line == command and state == "S":
                return
        time.sleep(0.1)
    sys.exit("no %s" % command)

def jobs(t, stopped):
    nap = "sleep 98%d" % (os.getpid() % 1000)
    t.see("ready> ")
    t.press(nap + "\r")
    asleep(nap)
    t.press("\x1a", stopped, "ready> ")
    t.press("bg; echo in the background $((1 + 1))\r", "background 2", "ready> ")
    t.press("fg\r")
    t.see(nap, quiet=True)
    asleep(nap)
    t.press("\x03", "ready> ")
    t.press("echo status=$?; stty size\r", "status=130", "24 80", "ready> ")
    t.press("exit 5\r")
    t.end()

def bash():
    jobs(Terminal("bash", "--norc", "-i"), "Stopped")

def zsh():
    jobs(Terminal("zsh", "-f", "-i", "+Z"), "suspended")

def busybox():
    jobs(Terminal("busybox", "sh", "-i", ENV=""), "Stopped")

def vim():
    t = Terminal("vim", "-u", "NONE", "-N", "new.txt")
    t.press("", "new.txt")
    t.press("ihello world\x1b:1\r")
    t.press("yyp:s/world/there/\r:2r !echo out of a shell\r", "out of a shell")
    t.press("GOlast\x1b:wq\r")
    t.end()
    print(open("new.txt").read())

def less():
    t = Terminal("less", "numbers.txt", LESS="")
    t.press("", "numbers.txt")
    t.press("/39\r", "39")
    t.press("G", "(END)")
    t.press("1G:p", "1")
    t.press("q")
    t.end()

def top():
    t = Terminal("top", "-d", "0.5", "-n", "3")
    t.press("", "Tasks:", "COMMAND", "top")
    t.end()
    t = Terminal("top")
    t.press("", "COMMAND")
    t.press("q")
    t.end()

def htop():
    t = Terminal("htop", "-d", "2", HOME=os.getcwd())
    t.press("", "Load average", "Command", "Quit")
    t.press("\x1b[B", "\x1b[")
    t.press("q")
    t.end()

def script():
    t = Terminal("script", "-q", "typescript", SHELL="/bin/sh")
    t.press("", "ready> ")
    t.press("echo sum=$((6 * 7)); tty > /dev/null && echo a terminal\r", "sum=42", "a terminal", "ready> ")
    t.press("exit 3\r")
    t.end()
    print("sum=42" in open("typescript").read())

def tmux():
    server = "t%d" % os.getpid()
    with open("conf", "w") as f:
        f.write("set -g default-command \"PS1='ready>' exec sh\"\n")
    t = Terminal("tmux", "-L", server, "-f", "conf", "new-session")
    t.press("", "ready>")
    t.press("echo sum=$((6 * 7))\r", "sum=42", "ready>")
    t.press("\x02%", "ready>")
    t.press("stty size\r", "23 39", "ready>")
    t.press("exit\r", "ready>")
    t.press("\x02d", "detached")
    t.end()
    os.system("tmux -L " + server + " list-sessions -F '#{session_windows}'")
    os.system("tmux -L " + server + " kill-server")

globals()[sys.argv[1]]()
