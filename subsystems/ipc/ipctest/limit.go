package ipctest

import (
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

func (c *client) text(name string) string {
	c.Helper()
	var rep ipcapi.TextReply
	c.must("Text", c.s.Text(&ipcapi.TextRequest{Name: name}, &rep))
	return string(rep.Data)
}

func (c *client) setText(name, data string) linux.Errno {
	return c.s.SetText(&ipcapi.SetTextRequest{Name: name, Data: []byte(data)}, &ipcapi.SetTextReply{})
}

func init() {
	register(map[string]func(*client){
		"LimitsReadBack": func(c *client) {
			is(c, "sem", c.text("sys/kernel/sem"), "32000\t1024000000\t500\t32000\n")
			is(c, "set", c.setText("sys/kernel/sem", "100 200\n"), 0)
			is(c, "sem", c.text("sys/kernel/sem"), "100\t200\t500\t32000\n")
			is(c, "too many", c.setText("sys/kernel/sem", "1 2 3 4 5"), linux.EINVAL)
			is(c, "no number", c.setText("sys/kernel/msgmax", "x"), linux.EINVAL)
			is(c, "out of range", c.setText("sys/fs/mqueue/msgsize_max", "127"), linux.EINVAL)
			is(c, "another file", c.setText("sys/kernel/hostname", "x"), linux.ENOENT)
			is(c, "unknown", c.s.Text(&ipcapi.TextRequest{Name: "x"}, &ipcapi.TextReply{}), linux.ENOENT)
		},
		"LimitsHold": func(c *client) {
			shmget := func(size uint64) linux.Errno {
				return c.s.ShmGet(&ipcapi.ShmGetRequest{Size: size, Cred: cred}, &ipcapi.ShmGetReply{})
			}
			is(c, "shmmax", c.setText("sys/kernel/shmmax", "8192"), 0)
			is(c, "segment", shmget(8193), linux.EINVAL)
			is(c, "shmall", c.setText("sys/kernel/shmall", "1"), 0)
			is(c, "segment", shmget(8192), linux.ENOSPC)
			is(c, "segment", shmget(4096), 0)
			is(c, "segment", shmget(1), linux.ENOSPC)
			is(c, "msgmni", c.setText("sys/kernel/msgmni", "1"), 0)
			c.msgget(5, linux.IPC_CREAT|0o600)
			e := c.s.MsgGet(&ipcapi.MsgGetRequest{Key: 6, Flags: linux.IPC_CREAT, Cred: cred}, &ipcapi.MsgGetReply{})
			is(c, "queue", e, linux.ENOSPC)
			is(c, "semmns", c.setText("sys/kernel/sem", "10 12 1"), 0)
			id := c.semget(5, 10, linux.IPC_CREAT|0o600)
			e = c.s.SemGet(&ipcapi.SemGetRequest{Key: 6, Count: 3, Flags: linux.IPC_CREAT, Cred: cred}, &ipcapi.SemGetReply{})
			is(c, "set", e, linux.ENOSPC)
			_, e = c.semop(id, op(0, 1, 0), op(1, 1, 0))
			is(c, "semop", e, linux.E2BIG)
			is(c, "queues_max", c.setText("sys/fs/mqueue/queues_max", "0"), 0)
			_, e = c.mqOpen("q", linux.O_CREAT|linux.O_RDWR, 1, 1, cred)
			is(c, "POSIX queue", e, linux.ENOSPC)
		},
		"SysvTextsListAll": func(c *client) {
			c.msgget(5, linux.IPC_CREAT|0o600)
			c.semget(6, 3, linux.IPC_CREAT|0o640)
			for name, want := range map[string]string{"msg": "         5          0   600           0          0", "sem": "         6          0   640          3"} {
				lines := strings.Split(c.text("sysvipc/"+name), "\n")
				if len(lines) != 3 || !strings.HasPrefix(lines[1], want) {
					c.Errorf("sysvipc/%s = %q, want a line that begins with %q", name, lines, want)
				}
			}
		},
	})
}
