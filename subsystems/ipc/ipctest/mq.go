package ipctest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

const plenty = 819200 // the usual RLIMIT_MSGQUEUE

func (c *client) mqOpen(name string, flags uint32, most, size int64, who ipcapi.Cred) (uint64, linux.Errno) {
	var rep ipcapi.MqOpenReply
	e := c.s.MqOpen(&ipcapi.MqOpenRequest{
		Name: name, Flags: flags, Mode: 0o600, Attributes: most != 0, MaxMessages: most, MessageSize: size,
		Limit: plenty, Cred: who,
	}, &rep)
	return rep.Handle, e
}

func (c *client) mq(most, size int64) uint64 {
	c.Helper()
	h, e := c.mqOpen("q", linux.O_CREAT|linux.O_RDWR, most, size, cred)
	c.must("MqOpen", e)
	return h
}

func (c *client) mqSend(h uint64, data string, priority uint32) (ipcapi.MqSendReply, linux.Errno) {
	var rep ipcapi.MqSendReply
	e := c.s.MqSend(&ipcapi.MqSendRequest{Handle: h, Data: []byte(data), Priority: priority, Cred: cred}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return rep, e
}

func (c *client) mqReceive(h, size, pending uint64, cancel bool) (string, uint64, linux.Errno) {
	var rep ipcapi.MqReceiveReply
	e := c.s.MqReceive(&ipcapi.MqReceiveRequest{Handle: h, Size: size, Pending: pending, Cancel: cancel}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	if e == 0 {
		return itoa(int(rep.Priority)) + ":" + string(rep.Data), 0, 0
	}
	return "", rep.Pending, e
}

func init() {
	register(map[string]func(*client){
		"MqOrdersByPriority": func(c *client) {
			h := c.mq(10, 100)
			for i, m := range []string{"a", "b", "c", "d"} {
				_, e := c.mqSend(h, m, []uint32{1, 3, 3, 0}[i])
				is(c, "send", e, 0)
			}
			for _, want := range []string{"3:b", "3:c", "1:a", "0:d"} {
				got, _, _ := c.mqReceive(h, 100, 0, false)
				is(c, "receive", got, want)
			}
		},
		"MqOpenRules": func(c *client) {
			_, e := c.mqOpen("q", linux.O_RDWR, 0, 0, cred)
			is(c, "open of nothing", e, linux.ENOENT)
			_, e = c.mqOpen("q", linux.O_RDWR|linux.O_CREAT, 11, 10, cred)
			is(c, "too many messages", e, linux.EINVAL)
			_, e = c.mqOpen("q", linux.O_RDWR|linux.O_CREAT, 10, 8193, cred)
			is(c, "messages too large", e, linux.EINVAL)
			_, e = c.mqOpen("q", linux.O_RDWR|linux.O_CREAT, -1, 10, cred)
			is(c, "negative", e, linux.EINVAL)
			_, e = c.mqOpen("a/b", linux.O_RDWR|linux.O_CREAT, 0, 0, cred)
			is(c, "a slash", e, linux.EACCES)
			_, e = c.mqOpen("", linux.O_RDWR|linux.O_CREAT, 0, 0, cred)
			is(c, "no name", e, linux.EACCES)
			_, e = c.mqOpen(text(256), linux.O_RDWR|linux.O_CREAT, 0, 0, cred)
			is(c, "long name", e, linux.ENAMETOOLONG)
			h, e := c.mqOpen("q", linux.O_RDWR|linux.O_CREAT, 0, 0, cred)
			is(c, "create", e, 0)
			var a ipcapi.MqAttributesReply
			c.must("MqAttributes", c.s.MqAttributes(&ipcapi.MqAttributesRequest{Handle: h}, &a))
			is(c, "default messages", a.MaxMessages, 10)
			is(c, "default size", a.MessageSize, 8192)
			_, e = c.mqOpen("q", linux.O_RDWR|linux.O_CREAT|linux.O_EXCL, 0, 0, cred)
			is(c, "create again", e, linux.EEXIST)
			_, e = c.mqOpen("q", linux.O_RDONLY, 0, 0, other)
			is(c, "open by another", e, linux.EACCES)
			_, e = c.mqOpen("q", linux.O_RDONLY, 0, 0, root)
			is(c, "open by root", e, 0)
			_, e = c.mqOpen("big", linux.O_RDWR|linux.O_CREAT, 65536, 8193, root)
			is(c, "above RLIMIT_MSGQUEUE", e, linux.EMFILE)
		},
		"MqAccessModes": func(c *client) {
			w := c.mq(1, 10)
			r, _ := c.mqOpen("q", linux.O_RDONLY, 0, 0, cred)
			_, e := c.mqSend(r, "x", 0)
			is(c, "send on a reader", e, linux.EBADF)
			o, _ := c.mqOpen("q", linux.O_WRONLY, 0, 0, cred)
			_, _, e = c.mqReceive(o, 100, 0, false)
			is(c, "receive on a writer", e, linux.EBADF)
			_, e = c.mqSend(o, "x", 0)
			is(c, "send", e, 0)
			c.wantReady(r, in)
			c.wantReady(w, in)
			c.wantLevel(w, in)
			_, e = c.mqSend(w, "x", 0)
			is(c, "send to a full one", e, linux.EWAIT)
			c.wantWait(w, linux.POLLOUT)
			c.mqReceive(r, 10, 0, false)
			c.wantReady(w, out)
			c.wantLevel(w, out)
			p, _ := c.pipe(0)
			_, e = c.mqSend(p, "x", 0)
			is(c, "send to a pipe", e, linux.EBADF)
		},
		"MqSizes": func(c *client) {
			h := c.mq(1, 10)
			_, e := c.mqSend(h, text(11), 0)
			is(c, "send of too much", e, linux.EMSGSIZE)
			_, e = c.mqSend(h, "x", 32768)
			is(c, "priority too high", e, linux.EINVAL)
			_, _, e = c.mqReceive(h, 9, 0, false)
			is(c, "receive into too little", e, linux.EMSGSIZE)
		},
		"MqReceiverSleeps": func(c *client) {
			h := c.mq(1, 10)
			_, p, e := c.mqReceive(h, 10, 0, false)
			is(c, "receive", e, linux.EWAIT)
			c.wantWait(p, linux.POLLIN)
			c.mqSend(h, "mine", 2)
			c.wantReady(p, linux.POLLIN)
			c.wantLevel(h, out) // it went to the sleeper
			got, _, e := c.mqReceive(h, 10, p, false)
			is(c, "receive errno", e, 0)
			is(c, "receive", got, "2:mine")
			_, p, _ = c.mqReceive(h, 10, 0, false)
			_, _, e = c.mqReceive(h, 10, p, true)
			is(c, "cancel", e, linux.EINTR)
			c.mqSend(h, "kept", 0)
			c.wantLevel(h, in)
		},
		"MqNotifiesOnce": func(c *client) {
			h := c.mq(5, 10)
			ask := func(pid int32, remove bool) linux.Errno {
				return c.s.MqNotify(&ipcapi.MqNotifyRequest{
					Handle: h, Pid: pid, Remove: remove, Kind: linux.SIGEV_SIGNAL, Signo: linux.SIGUSR1, Value: 9,
				}, &ipcapi.MqNotifyReply{})
			}
			is(c, "notify", ask(42, false), 0)
			is(c, "notify of another", ask(43, false), linux.EBUSY)
			_, p, _ := c.mqReceive(h, 10, 0, false)
			rep, _ := c.mqSend(h, "for the sleeper", 0)
			is(c, "send of too much", len(rep.Notify), 0)
			rep, _ = c.mqSend(h, "sleeper", 0)
			is(c, "notifications", len(rep.Notify), 0)
			c.mqReceive(h, 10, p, false)
			rep, _ = c.mqSend(h, "x", 0)
			if len(rep.Notify) != 1 || rep.Notify[0].Pid != 42 || rep.Notify[0].Signo != linux.SIGUSR1 || rep.Notify[0].Value != 9 {
				c.Errorf("notify = %+v", rep.Notify)
			}
			rep, _ = c.mqSend(h, "y", 0)
			is(c, "notifications of the second", len(rep.Notify), 0)
			is(c, "notify again", ask(43, false), 0)
			is(c, "removal by another", ask(42, true), 0)
			is(c, "still taken", ask(42, false), linux.EBUSY)
			is(c, "removal", ask(43, true), 0)
			is(c, "free", ask(42, false), 0)
			e := c.s.MqNotify(&ipcapi.MqNotifyRequest{Handle: h, Kind: linux.SIGEV_SIGNAL, Signo: 65}, &ipcapi.MqNotifyReply{})
			is(c, "signal 65", e, linux.EINVAL)
		},
		"MqNotifiesByNetlink": func(c *client) {
			h, nl := c.mq(5, 10), c.inet(linux.AF_NETLINK, linux.SOCK_RAW)
			cookie := append(make([]byte, 31), 9)
			ask := func(socket uint64, cookie []byte) linux.Errno {
				return c.s.MqNotify(&ipcapi.MqNotifyRequest{Handle: h, Pid: 42, Kind: linux.SIGEV_THREAD, Socket: socket, Cookie: cookie}, &ipcapi.MqNotifyReply{})
			}
			is(c, "no socket", ask(h, cookie), linux.EINVAL)
			is(c, "short cookie", ask(nl, cookie[1:]), linux.EINVAL)
			is(c, "notify", ask(nl, cookie), 0)
			c.mqSend(h, "x", 0)
			c.wantReady(nl, in|out)
			c.wantRead(nl, 100, string(append(make([]byte, 31), 1)), 0)
			c.mqReceive(h, 10, 0, false)
			is(c, "notify again", ask(nl, cookie), 0)
			var rep ipcapi.MqNotifyReply
			is(c, "removal", c.s.MqNotify(&ipcapi.MqNotifyRequest{Handle: h, Pid: 42, Remove: true}, &rep), 0)
			c.wantRead(nl, 100, string(append(make([]byte, 31), 2)), 0)
		},
		"MqUnlinkedLivesWhileOpen": func(c *client) {
			h := c.mq(1, 10)
			unlink := func(who ipcapi.Cred) linux.Errno {
				return c.s.MqUnlink(&ipcapi.MqUnlinkRequest{Name: "q", Cred: who}, &ipcapi.MqUnlinkReply{})
			}
			is(c, "unlink by another", unlink(other), linux.EPERM)
			is(c, "unlink", unlink(cred), 0)
			is(c, "unlink again", unlink(cred), linux.ENOENT)
			_, e := c.mqSend(h, "x", 0)
			is(c, "send", e, 0)
			c.close(h)
			h, e = c.mqOpen("q", linux.O_RDWR|linux.O_CREAT, 1, 10, cred)
			is(c, "create anew", e, 0)
			c.wantLevel(h, out)
		},
		"MqStatusText": func(c *client) {
			h := c.mq(1, 10)
			c.mqSend(h, "abc", 0)
			c.wantRead(h, 12, "QSIZE:3     ", 0)
			got, _ := c.read(h, 200)
			is(c, "rest", got, "     NOTIFY:0     SIGNO:0     NOTIFY_PID:0     \n")
			c.wantRead(h, 200, "", 0)
			c.wantWrite(h, "x", 0, linux.EINVAL)
			is(c, "mode", c.getattr(h).Mode, linux.S_IFREG|0o600)
		},
	})
}
