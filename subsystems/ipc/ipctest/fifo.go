package ipctest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

const nodeA = 7

func init() {
	register(map[string]func(*client){
		"FifoReaderAndWriterWaitForEachOther": func(c *client) {
			p, e := c.fifo(nodeA, linux.O_RDONLY)
			is(c, "open(r)", e, linux.EWAIT)
			c.wantWait(p, linux.POLLIN)
			w, e := c.fifo(nodeA, linux.O_WRONLY)
			is(c, "open(w)", e, 0)
			c.wantReady(p, linux.POLLIN)
			r, e := c.resume(p, false)
			is(c, "open(r) again", e, 0)
			c.wantWrite(w, "x", 1, 0)
			c.wantRead(r, 1, "x", 0)
		},
		"FifoWriterWaitsForReader": func(c *client) {
			p, e := c.fifo(nodeA, linux.O_WRONLY)
			is(c, "open(w)", e, linux.EWAIT)
			_, e = c.resume(p, false)
			is(c, "open(w) again", e, linux.EWAIT)
			c.wantWait(p, linux.POLLIN)
			r, e := c.fifo(nodeA, linux.O_RDONLY)
			is(c, "open(r)", e, 0)
			c.wantReady(p, linux.POLLIN)
			c.wantRead(r, 1, "", linux.EWAIT) // the waiting writer counts
			w, e := c.resume(p, false)
			is(c, "open(w) at last", e, 0)
			c.wantWrite(w, "x", 1, 0)
			c.wantRead(r, 1, "x", 0)
		},
		"FifoOpenEndsThoughThePartnerLeft": func(c *client) {
			p, _ := c.fifo(nodeA, linux.O_RDONLY)
			w, _ := c.fifo(nodeA, linux.O_WRONLY)
			c.wantWrite(w, "bye", 3, 0)
			c.close(w)
			r, e := c.resume(p, false)
			is(c, "open(r)", e, 0)
			c.wantRead(r, 10, "bye", 0)
			c.wantRead(r, 10, "", 0)
		},
		"FifoNonblockingWriterNeedsReader": func(c *client) {
			_, e := c.fifo(nodeA, linux.O_WRONLY|linux.O_NONBLOCK)
			is(c, "open(w, NONBLOCK)", e, linux.ENXIO)
			c.fifo(nodeA, linux.O_RDONLY|linux.O_NONBLOCK)
			_, e = c.fifo(nodeA, linux.O_WRONLY|linux.O_NONBLOCK)
			is(c, "open(w, NONBLOCK) with reader", e, 0)
		},
		"FifoWaitingReaderCountsForNonblockingWriter": func(c *client) {
			c.fifo(nodeA, linux.O_RDONLY)
			_, e := c.fifo(nodeA, linux.O_WRONLY|linux.O_NONBLOCK)
			is(c, "open(w, NONBLOCK)", e, 0)
		},
		"FifoNonblockingReaderOpensAlone": func(c *client) {
			r, e := c.fifo(nodeA, linux.O_RDONLY|linux.O_NONBLOCK)
			is(c, "open(r, NONBLOCK)", e, 0)
			c.wantRead(r, 1, "", 0)
			c.wantLevel(r, 0) // no POLLHUP before a writer was seen
			w, _ := c.fifo(nodeA, linux.O_WRONLY)
			c.wantLevel(r, 0)
			c.wantRead(r, 1, "", linux.EWAIT)
			c.close(w)
			c.wantReady(r, hup)
			c.wantLevel(r, hup)
		},
		"FifoReadWriteNeverWaits": func(c *client) {
			h, e := c.fifo(nodeA, linux.O_RDWR)
			is(c, "open(rw)", e, 0)
			c.wantLevel(h, out)
			c.wantWrite(h, "self", 4, 0)
			c.wantReady(h, in|out)
			c.wantRead(h, 10, "self", 0)
			c.wantRead(h, 10, "", linux.EWAIT)
		},
		"FifoReadWriteFreesWaitingOpens": func(c *client) {
			r, _ := c.fifo(nodeA, linux.O_RDONLY)
			h, _ := c.fifo(nodeA, linux.O_RDWR)
			c.wantReady(r, linux.POLLIN)
			c.close(h)
			_, e := c.resume(r, false)
			is(c, "open(r)", e, 0)
		},
		"FifoCancelGivesUp": func(c *client) {
			p, _ := c.fifo(nodeA, linux.O_RDONLY)
			_, e := c.resume(p, true)
			is(c, "cancel", e, 0)
			_, e = c.resume(p, false)
			is(c, "resume after cancel", e, linux.EBADF)
			_, e = c.fifo(nodeA, linux.O_WRONLY|linux.O_NONBLOCK)
			is(c, "open(w, NONBLOCK) after cancel", e, linux.ENXIO)
		},
		"FifoPendingHandleIsNoFile": func(c *client) {
			p, _ := c.fifo(nodeA, linux.O_RDONLY)
			c.wantRead(p, 1, "", linux.EBADF)
			_, e := c.pipeSize(p, 0, false)
			is(c, "PipeSize", e, linux.EBADF)
			r, w := c.pipe(0)
			_, e = c.resume(r, false)
			is(c, "resume of a pipe", e, linux.EBADF)
			_, e = c.resume(w, true)
			is(c, "cancel of a pipe", e, linux.EBADF)
		},
		"PipeOpensOnceMore": func(c *client) {
			r, w := c.pipe(0)
			var rep ipcapi.OpenFifoReply
			is(c, "open(w again)", c.s.OpenFifo(&ipcapi.OpenFifoRequest{Handle: r, Flags: linux.O_WRONLY}, &rep), 0)
			c.wantWrite(rep.Handle, "once", 4, 0)
			c.close(w)
			c.wantRead(r, 10, "once", 0)
			c.wantRead(r, 1, "", linux.EWAIT) // a writer is left
			c.close(rep.Handle)
			c.wantRead(r, 1, "", 0)
			is(c, "open(no pipe)", c.s.OpenFifo(&ipcapi.OpenFifoRequest{Handle: 1 << 40}, &rep), linux.EBADF)
		},
		"FifoTwoReadersShare": func(c *client) {
			a, _ := c.fifo(nodeA, linux.O_RDONLY|linux.O_NONBLOCK)
			b, _ := c.fifo(nodeA, linux.O_RDONLY|linux.O_NONBLOCK)
			w, _ := c.fifo(nodeA, linux.O_WRONLY)
			c.wantWrite(w, "xy", 2, 0)
			c.wantReady(a, in)
			c.wantReady(b, in)
			c.wantRead(a, 1, "x", 0)
			c.wantRead(b, 1, "y", 0)
			c.close(a)
			c.wantWrite(w, "z", 1, 0)
			c.close(b)
			c.wantWrite(w, "z", 0, linux.EPIPE)
		},
		"FifoContentIsLostWithTheLastEnd": func(c *client) {
			h, _ := c.fifo(nodeA, linux.O_RDWR)
			c.wantWrite(h, "old", 3, 0)
			c.close(h)
			h, _ = c.fifo(nodeA, linux.O_RDWR)
			c.wantRead(h, 10, "", linux.EWAIT)
		},
		"FifoContentStaysWhileAnEndIsOpen": func(c *client) {
			r, _ := c.fifo(nodeA, linux.O_RDONLY|linux.O_NONBLOCK)
			w, _ := c.fifo(nodeA, linux.O_WRONLY)
			c.wantWrite(w, "kept", 4, 0)
			c.close(w)
			w, _ = c.fifo(nodeA, linux.O_WRONLY)
			c.wantWrite(w, "!", 1, 0)
			c.wantRead(r, 10, "kept!", 0)
		},
		"FifoNodesAreApart": func(c *client) {
			a, _ := c.fifo(nodeA, linux.O_RDWR)
			b, _ := c.fifo(nodeA+1, linux.O_RDWR)
			c.wantWrite(a, "a", 1, 0)
			c.wantRead(b, 1, "", linux.EWAIT)
		},
		"FifoAccessModeThreeIsEINVAL": func(c *client) {
			_, e := c.fifo(nodeA, linux.O_ACCMODE)
			is(c, "open(3)", e, linux.EINVAL)
		},
		"PipeOpensOnceMoreByHandle": func(c *client) {
			r, w := c.pipe(0)
			open := func(h uint64, flags uint32) (uint64, linux.Errno) {
				var rep ipcapi.OpenFifoReply
				e := c.s.OpenFifo(&ipcapi.OpenFifoRequest{Handle: h, Flags: flags, Cred: cred}, &rep)
				return rep.Handle, e
			}
			w2, e := open(r, linux.O_WRONLY)
			is(c, "open for writing", e, 0)
			c.close(w)
			c.wantWrite(w2, "x", 1, 0)
			c.wantRead(r, 9, "x", 0)
			is(c, "inode", c.getattr(w2).Ino, c.getattr(r).Ino)
			c.close(w2)
			c.wantRead(r, 9, "", 0)
			r2, e := open(r, linux.O_RDONLY) // no writer, and it does not wait
			is(c, "open for reading", e, 0)
			c.close(r)
			c.wantLevel(r2, hup)
			_, e = open(c.eventfd(0, false), linux.O_RDONLY)
			is(c, "open of an eventfd", e, linux.EBADF)
			_, e = open(r, linux.O_RDONLY)
			is(c, "open of a closed end", e, linux.EBADF)
		},
		"FifoWaitingWriterBlocksEndOfFile": func(c *client) {
			p, _ := c.fifo(nodeA, linux.O_WRONLY)
			r, _ := c.fifo(nodeA, linux.O_RDONLY)
			c.wantRead(r, 1, "", linux.EWAIT)
			c.resume(p, true)
			c.wantReady(r, hup)
			c.wantRead(r, 1, "", 0)
		},
	})
}

func (c *client) fifo(node uint64, flags uint32) (uint64, linux.Errno) {
	var rep ipcapi.OpenFifoReply
	e := c.s.OpenFifo(&ipcapi.OpenFifoRequest{Node: node, Flags: flags, Cred: cred}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return max(rep.Handle, rep.Pending), e
}

func (c *client) resume(pending uint64, cancel bool) (uint64, linux.Errno) {
	var rep ipcapi.OpenFifoReply
	e := c.s.OpenFifo(&ipcapi.OpenFifoRequest{Pending: pending, Cancel: cancel, Cred: cred}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return rep.Handle, e
}
