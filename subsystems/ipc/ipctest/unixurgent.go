package ipctest

import "adyton.dev/adyton/core/linux"

func init() {
	register(map[string]func(*client){
		"UrgentByteIsReadApart": func(c *client) {
			a, b := c.pair(stream)
			c.wantRecv(b, 1, linux.MSG_OOB, "", linux.EINVAL)
			c.wantSend(a, "", linux.MSG_OOB, 0, linux.EOPNOTSUPP)
			c.wantSend(a, "abX", linux.MSG_OOB, 3, 0)
			c.wantSend(a, "cd", 0, 2, 0)
			c.wantLevel(b, in|out|linux.POLLWRBAND|linux.POLLPRI)
			c.wantRecv(b, 1, linux.MSG_OOB|linux.MSG_PEEK, "X", 0)
			c.wantRecv(b, 1, linux.MSG_OOB, "X", 0)
			c.wantRecv(b, 1, linux.MSG_OOB, "", linux.EINVAL)
			c.wantLevel(b, in|out|linux.POLLWRBAND)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "ab", 0) // up to the mark
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "cd", 0)
		},
		"UrgentByteEndsARead": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "abX", linux.MSG_OOB, 3, 0)
			c.wantSend(a, "cd", 0, 2, 0)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "ab", 0)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT|linux.MSG_PEEK, "cd", 0)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "cd", 0) // passed over: it is gone
			c.wantRecv(b, 1, linux.MSG_OOB, "", linux.EINVAL)
		},
		"UrgentByteIsReplaced": func(c *client) {
			a, b := c.pair(stream)
			c.wantSend(a, "aX", linux.MSG_OOB, 2, 0)
			c.wantSend(a, "bY", linux.MSG_OOB, 2, 0)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "aXb", 0)
			c.wantRecv(b, 1, linux.MSG_OOB, "Y", 0)
		},
		"UrgentByteInline": func(c *client) {
			a, b := c.pair(stream)
			is(c, "SO_OOBINLINE", c.setint(b, linux.SO_OOBINLINE, 1), 0)
			c.wantSend(a, "abX", linux.MSG_OOB, 3, 0)
			c.wantSend(a, "cd", 0, 2, 0)
			c.wantRecv(b, 1, linux.MSG_OOB, "", linux.EINVAL)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "ab", 0)
			c.wantRecv(b, 9, linux.MSG_DONTWAIT, "Xcd", 0)
		},
		"UrgentNotOfDatagrams": func(c *client) {
			a, b := c.pair(dgram)
			c.wantSend(a, "x", linux.MSG_OOB, 0, linux.EOPNOTSUPP)
			c.wantRecv(b, 1, linux.MSG_OOB, "", linux.EOPNOTSUPP)
		},
	})
}
