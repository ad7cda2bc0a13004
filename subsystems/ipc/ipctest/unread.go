package ipctest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

func (c *client) wantUnread(h uint64, data string, arrived, want int, wantErr linux.Errno, tokens ...uint64) []uint64 {
	c.Helper()
	var rep ipcapi.UnreadReply
	e := c.s.Unread(&ipcapi.UnreadRequest{Handle: h, Data: []byte(data), Arrived: uint32(arrived), Tokens: tokens}, &rep)
	c.ready = rep.Ready
	if e != wantErr || int(rep.Count) != want {
		c.Errorf("unread(%d, %s, %d) = %d, %v, want %d, %v", h, brief(data), arrived, rep.Count, e, want, wantErr)
	}
	return rep.Tokens
}

func init() {
	register(map[string]func(*client){
		"PipeUnreadPutsPagesBack": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, text(10000), 10000, 0)
			c.wantRead(r, 9000, text(9000), 0)
			c.wantUnread(r, text(9000), 5000, 4096, 0)
			c.wantReady(r, in)
			c.wantRead(r, 20000, text(10000)[4096:], 0)
			c.wantWrite(w, "abc", 3, 0)
			c.wantRead(r, 3, "abc", 0)
			c.wantLevel(r, 0)
			c.wantUnread(r, "abc", 2, 0, 0)
			c.wantWrite(w, "def", 3, 0)
			c.wantRead(r, 9, "abcdef", 0)
			c.wantUnread(r, "abcdef", 6, 6, 0)
			c.wantRead(r, 9, "", linux.EWAIT)
		},
		"PipeUnreadOfAFullPipe": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, text(65536), 65536, 0)
			c.wantRead(r, 4096, text(4096), 0)
			c.wantWrite(w, "x", 1, 0)
			c.wantUnread(r, text(4096), 0, 0, 0)
			c.wantLevel(w, out)
			c.wantRead(r, 70000, text(65536)+"x", 0)
		},
		"StreamUnreadPutsMessagesBack": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "abc", 0, 3, 0)
			c.wantSend(a, "defg", 0, 4, 0)
			size, _ := c.ioctl(a, linux.SIOCOUTQ)
			c.wantRecv(b, 5, 0, "abcde", 0)
			c.wantUnread(b, "abcde", 4, 3, 0)
			c.wantReady(b, in)
			c.wantRecv(b, 2, 0, "de", 0)
			c.wantUnread(b, "de", 0, 0, 0)
			c.wantRecv(b, 9, 0, "defg", 0)
			c.wantUnread(b, "defg", 3, 0, 0)
			left, _ := c.ioctl(a, linux.SIOCOUTQ)
			is(c, "half of what is out", left, size/2)
			c.wantSend(a, "h", 0, 1, 0)
			c.wantRecv(b, 9, 0, "defgh", 0)
		},
		"StreamUnreadKeepsDescriptors": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "ab", 0, 2, 0)
			c.wantSend(a, "cd", 0, 2, 0, 71)
			c.wantRecv(b, 9, 0, "abcd", 0, 71)
			is(c, "tokens that came back", len(c.wantUnread(b, "abcd", 2, 2, 0, 71)), 0)
			c.wantRecv(b, 9, 0, "cd", 0, 71)
			is(c, "tokens that came back", len(c.wantUnread(b, "cd", 2, 2, 0, 71)), 1)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "", linux.EAGAIN)
		},
		"TCPUnreadPutsBytesBack": func(c *client) {
			a, b := c.conn()
			c.wantWrite(a, "abcdef", 6, 0)
			c.wantRead(b, 4, "abcd", 0)
			c.wantUnread(b, "abcd", 3, 0, 0)
			c.wantReady(b, in)
			c.wantRead(b, 9, "abcdef", 0)
			c.wantUnread(b, "abcdef", 6, 6, 0)
			c.wantRead(b, 9, "", linux.EWAIT)
		},
		"DgramUnreadIsEINVAL": func(c *client) {
			a, b := c.pair(dgram)
			c.wantSend(a, "abc", 0, 3, 0)
			c.wantRecv(b, 9, 0, "abc", 0)
			c.wantUnread(b, "abc", 1, 0, linux.EINVAL)
			e := c.eventfd(1, false)
			got, _ := c.read(e, 8)
			c.wantUnread(e, got, 0, 0, linux.EINVAL)
		},
		"UnreadAfterAnotherReadIsEINVAL": func(c *client) {
			r, w := c.pipe(0)
			c.wantUnread(r, "a", 0, 0, linux.EINVAL)
			c.wantWrite(w, "abc", 3, 0)
			c.wantRead(r, 2, "ab", 0)
			c.wantUnread(w, "ab", 0, 0, linux.EINVAL)
			c.wantRead(r, 1, "c", 0)
			c.wantUnread(r, "ab", 0, 0, linux.EINVAL)
			c.wantUnread(r, "c", 2, 0, linux.EINVAL)
			c.wantUnread(99, "c", 0, 0, linux.EBADF)
		},
	})
}
