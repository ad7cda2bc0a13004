package ipctest

import (
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

func init() {
	register(map[string]func(*client){
		"PipeCarriesBytesInOrder": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, "hello ", 6, 0)
			c.wantWrite(w, "world", 5, 0)
			c.wantRead(r, 8, "hello wo", 0)
			c.wantRead(r, 100, "rld", 0)
		},
		"PipeReadOfNothingWaitsForPollin": func(c *client) {
			r, _ := c.pipe(0)
			c.wantRead(r, 1, "", linux.EWAIT)
			c.wantWait(r, linux.POLLIN)
		},
		"PipeReadOfZeroBytesSucceeds": func(c *client) {
			r, w := c.pipe(0)
			c.wantRead(r, 0, "", 0)
			c.close(w)
			c.wantRead(r, 0, "", 0)
		},
		"PipeWriteOfZeroBytesSucceedsWithoutReaders": func(c *client) {
			r, w := c.pipe(0)
			c.close(r)
			c.wantWrite(w, "", 0, 0)
		},
		"PipeEndsHaveOneDirection": func(c *client) {
			r, w := c.pipe(0)
			c.wantRead(w, 1, "", linux.EBADF)
			c.wantWrite(r, "x", 0, linux.EBADF)
		},
		"PipeEndOfFileAfterLastWriter": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, "x", 1, 0)
			c.close(w)
			c.wantReady(r, in|hup)
			c.wantRead(r, 10, "x", 0)
			c.wantRead(r, 10, "", 0)
			c.wantLevel(r, hup)
		},
		"PipeWriteWithoutReadersIsEPIPE": func(c *client) {
			r, w := c.pipe(0)
			c.close(r)
			c.wantReady(w, linux.POLLERR)
			c.wantWrite(w, "x", 0, linux.EPIPE)
			c.wantLevel(w, out|linux.POLLERR)
		},
		"PipeLevels": func(c *client) {
			r, w := c.pipe(0)
			c.wantLevel(r, 0)
			c.wantLevel(w, out)
			c.wantWrite(w, text(65536), 65536, 0)
			c.wantLevel(r, in)
			c.wantLevel(w, 0)
		},
		"PipeHolds64KiB": func(c *client) {
			r, w := c.pipe(0)
			want := text(65536)
			c.wantWrite(w, want+"more", 65536, 0)
			c.wantWrite(w, "x", 0, linux.EWAIT)
			c.wantWait(w, linux.POLLOUT)
			c.wantRead(r, 100000, want, 0)
			c.wantReady(w, linux.POLLOUT)
		},
		"PipeLargeWriteGoesInParts": func(c *client) {
			r, w := c.pipe(0)
			data := text(100_000)
			sent, got := 0, ""
			for got != data && len(got) <= len(data) {
				if sent < len(data) {
					n, e := c.write(w, data[sent:])
					if e != 0 && e != linux.EWAIT {
						c.Fatalf("write = %v", e)
					}
					sent += n
				}
				part, e := c.read(r, 30_000)
				if e != 0 || part == "" {
					c.Fatalf("read = %q, %v after %d bytes", part, e, len(got))
				}
				got += part
			}
			if got != data {
				c.Errorf("the bytes changed on the way")
			}
		},
		"PipeSmallWriteIsWholeOrNothing": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, text(15*4096+1), 15*4096+1, 0)
			// One slot is used by a single byte: 4096 do not merge with it.
			c.wantWrite(w, text(4096), 0, linux.EWAIT)
			c.wantWrite(w, text(4095), 4095, 0)
			c.wantRead(r, 4096, text(15*4096 + 1)[:4096], 0)
			c.wantWrite(w, text(4096), 4096, 0)
		},
		"PipeFullBySlotsNotBytes": func(c *client) {
			r, w := c.pipe(0)
			for range 16 {
				c.wantWrite(w, text(2049), 2049, 0)
			}
			// No two of them share a page.
			c.wantLevel(w, 0)
			c.wantWrite(w, text(2049), 0, linux.EWAIT)
			// But small ones still merge into the last.
			c.wantWrite(w, "tail", 4, 0)
			n, e := c.ioctl(r, linux.FIONREAD)
			is(c, "FIONREAD errno", e, 0)
			is(c, "FIONREAD", n, 16*2049+4)
		},
		"PipeReadFreesSlotOnlyWhenEmpty": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, text(65536), 65536, 0)
			c.poll(w)
			c.wantRead(r, 4095, text(65536)[:4095], 0)
			c.wantQuiet(w)
			c.wantLevel(w, 0)
			c.wantRead(r, 1, text(65536)[4095:4096], 0)
			c.wantReady(w, linux.POLLOUT)
			c.wantLevel(w, out)
		},
		"PipeFirstWriteWakesReader": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, "a", 1, 0)
			c.wantReady(r, in)
			c.wantWrite(w, "b", 1, 0)
			c.wantQuiet(r) // not empty, and nobody polled
		},
		"PipeEachWriteIsAnEdgeOncePolled": func(c *client) {
			r, w := c.pipe(0)
			_, g0 := c.poll(r)
			c.wantWrite(w, "a", 1, 0)
			_, g1 := c.poll(r)
			c.wantWrite(w, "b", 1, 0)
			c.wantReady(r, in)
			_, g2 := c.poll(r)
			if !(g0 < g1 && g1 < g2) {
				c.Errorf("generations %d, %d, %d do not grow", g0, g1, g2)
			}
			c.wantRead(r, 1, "a", 0)
			if _, g := c.poll(r); g != g2 {
				c.Errorf("generation grew from %d to %d by a read", g2, g)
			}
		},
		"PipePacketsKeepTheirEnds": func(c *client) {
			r, w := c.pipe(linux.O_DIRECT)
			c.wantWrite(w, "one", 3, 0)
			c.wantWrite(w, "two", 3, 0)
			c.wantRead(r, 100, "one", 0)
			c.wantRead(r, 2, "tw", 0) // the rest is lost
			c.wantRead(r, 100, "", linux.EWAIT)
		},
		"PipePacketsSplitAtPipeBuf": func(c *client) {
			r, w := c.pipe(linux.O_DIRECT)
			data := text(5000)
			c.wantWrite(w, data, 5000, 0)
			c.wantRead(r, 9000, data[:4096], 0)
			c.wantRead(r, 9000, data[4096:], 0)
		},
		"PipeHoldsSixteenPackets": func(c *client) {
			_, w := c.pipe(linux.O_DIRECT)
			for range 16 {
				c.wantWrite(w, "p", 1, 0)
			}
			c.wantWrite(w, "p", 0, linux.EWAIT)
		},
		"PipeUnknownFlagsAreEINVAL": func(c *client) {
			var rep ipcapi.OpenPipeReply
			is(c, "OpenPipe(O_APPEND)", c.s.OpenPipe(&ipcapi.OpenPipeRequest{Flags: linux.O_APPEND}, &rep), linux.EINVAL)
		},
		"PipeSizeRoundsUpToPowerOfTwoPages": func(c *client) {
			r, w := c.pipe(0)
			for _, v := range []struct{ ask, want uint32 }{
				{0, 65536}, {1, 4096}, {4096, 4096}, {4097, 8192}, {70000, 131072}, {1 << 20, 1 << 20},
			} {
				got, e := c.pipeSize(w, v.ask, false)
				is(c, "PipeSize errno", e, 0)
				is(c, "PipeSize", got, v.want)
				got, _ = c.pipeSize(r, 0, false)
				is(c, "PipeSize of the other end", got, v.want)
			}
		},
		"PipeSizeAboveLimitNeedsPrivilege": func(c *client) {
			_, w := c.pipe(0)
			_, e := c.pipeSize(w, 1<<20+1, false)
			is(c, "PipeSize(1M+1)", e, linux.EPERM)
			got, e := c.pipeSize(w, 1<<20+1, true)
			is(c, "privileged PipeSize(1M+1)", e, 0)
			is(c, "PipeSize", got, 2<<20)
			_, e = c.pipeSize(w, 1<<31+1, true)
			is(c, "PipeSize(2G+1)", e, linux.EINVAL)
		},
		"PipeSizeBelowContentIsEBUSY": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, text(8193), 8193, 0)
			_, e := c.pipeSize(w, 8192, false)
			is(c, "PipeSize(8192) of 3 pages", e, linux.EBUSY)
			got, _ := c.pipeSize(w, 0, false)
			is(c, "PipeSize after EBUSY", got, 65536)
			_, e = c.pipeSize(w, 16384, false)
			is(c, "PipeSize(16384)", e, 0)
			c.wantRead(r, 10000, text(8193), 0)
		},
		"PipeSizeKeepsContent": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, text(60000), 60000, 0)
			c.wantRead(r, 50000, text(60000)[:50000], 0)
			c.wantWrite(w, text(40000), 40000, 0)
			c.pipeSize(w, 1<<20, false)
			c.wantWrite(w, text(200000), 200000, 0)
			c.wantRead(r, 1<<20, text(60000)[50000:]+text(40000)+text(200000), 0)
		},
		"PipeSizeGrownWakesWriter": func(c *client) {
			_, w := c.pipe(0)
			c.wantWrite(w, text(65536), 65536, 0)
			c.pipeSize(w, 131072, false)
			c.wantReady(w, linux.POLLOUT)
			c.wantWrite(w, text(65536), 65536, 0)
		},
		"PipeSizeOfAnotherFileIsEBADF": func(c *client) {
			h := c.eventfd(0, false)
			_, e := c.pipeSize(h, 4096, false)
			is(c, "PipeSize of an eventfd", e, linux.EBADF)
		},
		"PipeUserLimitGivesTwoPages": func(c *client) {
			for range 16 {
				_, w := c.pipe(0)
				c.pipeSize(w, 1<<20, false)
			}
			for range 1024 - 256 {
				c.pipe(0)
			}
			_, w := c.pipe(0)
			got, _ := c.pipeSize(w, 0, false)
			is(c, "size of the pipe past the limit", got, 8192)
			_, e := c.pipeSize(w, 16384, false)
			is(c, "PipeSize past the limit", e, linux.EPERM)
			var rep ipcapi.OpenPipeReply
			c.must("OpenPipe", c.s.OpenPipe(&ipcapi.OpenPipeRequest{Cred: root}, &rep))
			got, _ = c.pipeSize(rep.WriteHandle, 0, false)
			is(c, "size of root's pipe", got, 65536)
		},
		"PipeFionreadCounts": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, text(5000), 5000, 0)
			for _, h := range []uint64{r, w} {
				n, e := c.ioctl(h, linux.FIONREAD)
				is(c, "FIONREAD errno", e, 0)
				is(c, "FIONREAD", n, 5000)
			}
			_, e := c.ioctl(r, linux.TIOCOUTQ)
			is(c, "TIOCOUTQ", e, linux.ENOTTY)
		},
		"PipeGetattr": func(c *client) {
			r, w := c.pipe(0)
			r2, _ := c.pipe(0)
			a, b, o := c.getattr(r), c.getattr(w), c.getattr(r2)
			is(c, "mode", a.Mode, linux.S_IFIFO|0o600)
			is(c, "uid", a.Uid, 1000)
			is(c, "gid", a.Gid, 100)
			is(c, "inode of the other end", b.Ino, a.Ino)
			if a.Ino == 0 || o.Ino == a.Ino {
				c.Errorf("inodes %d and %d of two pipes", a.Ino, o.Ino)
			}
		},
		"PipeClosedHandleIsEBADF": func(c *client) {
			r, w := c.pipe(0)
			c.close(r)
			c.wantRead(r, 1, "", linux.EBADF)
			c.close(w)
			c.wantWrite(w, "x", 0, linux.EBADF)
			is(c, "Close again", c.s.Close(&ipcapi.CloseRequest{Handle: w}, &ipcapi.CloseReply{}), linux.EBADF)
			r2, w2 := c.pipe(0)
			if r2 == r || r2 == w || w2 == r || w2 == w {
				c.Errorf("handles %d, %d are used again at once", r2, w2)
			}
			c.wantRead(r, 1, "", linux.EBADF)
		},
		"UnknownHandleIsEBADF": func(c *client) {
			for _, h := range []uint64{0, 1, 77, 1 << 32, 1 << 63} {
				c.wantRead(h, 1, "", linux.EBADF)
				c.wantWrite(h, "x", 0, linux.EBADF)
				is(c, "Poll", c.s.Poll(&ipcapi.PollRequest{Handle: h}, &ipcapi.PollReply{}), linux.EBADF)
				is(c, "Getattr", c.s.Getattr(&ipcapi.GetattrRequest{Handle: h}, &ipcapi.GetattrReply{}), linux.EBADF)
				_, e := c.ioctl(h, linux.FIONREAD)
				is(c, "Ioctl", e, linux.EBADF)
			}
		},
		"ReadAppendsToTheCallersBuffer": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, "world", 5, 0)
			rep := ipcapi.ReadReply{Data: append(make([]byte, 0, 64), "hello "...)}
			c.must("Read", c.s.Read(&ipcapi.ReadRequest{Handle: r, Count: 64}, &rep))
			is(c, "data", string(rep.Data), "hello world")
		},
		"PipePeekLeavesAndDropTakes": func(c *client) {
			r, w := c.pipe(0)
			c.wantWrite(w, "hello", 5, 0)
			var rep ipcapi.ReadReply
			c.must("peek", c.s.Read(&ipcapi.ReadRequest{Handle: r, Count: 3, Mode: ipcapi.ReadModePeek}, &rep))
			is(c, "peeked", string(rep.Data), "hel")
			rep = ipcapi.ReadReply{}
			c.must("drop", c.s.Read(&ipcapi.ReadRequest{Handle: r, Count: 2, Mode: ipcapi.ReadModeDrop}, &rep))
			is(c, "dropped", string(rep.Data), "")
			c.wantRead(r, 9, "llo", 0)
			e := c.s.Read(&ipcapi.ReadRequest{Handle: r, Count: 3, Mode: ipcapi.ReadModePeek}, &rep)
			is(c, "peek at nothing", e, linux.EWAIT)
		},
		"PipeSplicedPagesDoNotMerge": func(c *client) {
			r, w := c.pipe(0)
			put := func(data string, off uint32, want uint32, wantErr linux.Errno) {
				var rep ipcapi.WriteReply
				e := c.s.Write(&ipcapi.WriteRequest{Handle: w, Data: []byte(data), Spliced: true, PageOffset: off}, &rep)
				is(c, "spliced write", e, wantErr)
				is(c, "spliced write", rep.Count, want)
			}
			put("ab", 4095, 2, 0) // two pages
			put("c", 0, 1, 0)
			put("d", 4096, 0, linux.EINVAL)
			got, e := c.room(w)
			is(c, "room errno", e, 0)
			is(c, "room", got, 13*4096)
			put(text(14*4096), 0, 13*4096, 0)
			put("x", 0, 0, linux.EWAIT)
			c.wantRead(r, 3, "abc", 0)
		},
		"SpliceMovesBytes": func(c *client) {
			r1, w1 := c.pipe(0)
			r2, w2 := c.pipe(0)
			c.wantWrite(w1, text(10000), 10000, 0)
			n, e := c.splice(r1, w2, 9000, false)
			is(c, "splice errno", e, 0)
			is(c, "splice", n, 9000)
			c.wantReady(r2, in)
			c.wantRead(r2, 20000, text(10000)[:9000], 0)
			c.wantRead(r1, 20000, text(10000)[9000:], 0)
		},
		"TeeCopiesBytes": func(c *client) {
			r1, w1 := c.pipe(0)
			r2, w2 := c.pipe(0)
			c.wantWrite(w1, text(10000), 10000, 0)
			n, e := c.splice(r1, w2, 5000, true)
			is(c, "tee errno", e, 0)
			is(c, "tee", n, 5000)
			c.wantRead(r2, 20000, text(5000), 0)
			c.wantRead(r1, 20000, text(10000), 0)
		},
		"TeeOfAPageDoesNotMerge": func(c *client) {
			r1, w1 := c.pipe(0)
			_, w2 := c.pipe(0)
			c.wantWrite(w1, "x", 1, 0)
			for range 16 {
				n, _ := c.splice(r1, w2, 1, true)
				is(c, "tee", n, 1)
			}
			c.wantWrite(w2, "y", 0, linux.EWAIT)
			n, e := c.splice(r1, w2, 1, true)
			is(c, "tee to a full pipe", n, 0)
			is(c, "tee to a full pipe", e, linux.EWAIT)
			c.wantWait(w2, linux.POLLOUT)
		},
		"SpliceWaitsForInputFirst": func(c *client) {
			r1, w1 := c.pipe(0)
			r2, w2 := c.pipe(0)
			_, e := c.splice(r1, w2, 1, false)
			is(c, "splice of nothing", e, linux.EWAIT)
			c.wantWait(r1, linux.POLLIN)
			c.close(r2)
			_, e = c.splice(r1, w2, 1, false)
			is(c, "splice of nothing to nobody", e, linux.EWAIT)
			c.wantWrite(w1, "x", 1, 0)
			_, e = c.splice(r1, w2, 1, false)
			is(c, "splice to nobody", e, linux.EPIPE)
		},
		"SpliceAtEndOfFileGivesZero": func(c *client) {
			r1, w1 := c.pipe(0)
			_, w2 := c.pipe(0)
			c.close(w1)
			n, e := c.splice(r1, w2, 1, false)
			is(c, "splice errno", e, 0)
			is(c, "splice", n, 0)
			n, e = c.splice(r1, w2, 1, true)
			is(c, "tee errno", e, 0)
			is(c, "tee", n, 0)
		},
		"SpliceWantsTwoPipes": func(c *client) {
			r, w := c.pipe(0)
			h := c.eventfd(0, false)
			_, e := c.splice(r, w, 1, false)
			is(c, "splice to itself", e, linux.EINVAL)
			_, e = c.splice(r, h, 1, false)
			is(c, "splice to an eventfd", e, linux.EINVAL)
			_, e = c.splice(w, r, 1, false)
			is(c, "splice backwards", e, linux.EBADF)
			n, e := c.splice(w, r, 0, false)
			is(c, "splice of no bytes", e, 0)
			is(c, "splice of no bytes", n, 0)
		},
		"SpliceWakesTheInputsWriter": func(c *client) {
			r1, w1 := c.pipe(0)
			_, w2 := c.pipe(0)
			c.wantWrite(w1, text(65536), 65536, 0)
			n, _ := c.splice(r1, w2, 4096, false)
			is(c, "splice", n, 4096)
			c.wantReady(w1, linux.POLLOUT)
			n, _ = c.splice(r1, w2, 1<<20, false)
			is(c, "splice", n, 60*1024)
		},
		"SplicedPacketsStayPackets": func(c *client) {
			r1, w1 := c.pipe(linux.O_DIRECT)
			r2, w2 := c.pipe(0)
			c.wantWrite(w1, "one", 3, 0)
			c.wantWrite(w1, "two", 3, 0)
			c.splice(r1, w2, 100, false)
			c.wantRead(r2, 100, "one", 0)
			c.wantRead(r2, 100, "two", 0)
		},
		"SpliceHalfAPageKeepsTheRest": func(c *client) {
			r1, w1 := c.pipe(0)
			r2, w2 := c.pipe(0)
			c.wantWrite(w1, "abcdef", 6, 0)
			c.splice(r1, w2, 2, false)
			c.wantWrite(w1, "gh", 2, 0)
			c.wantWrite(w2, "-", 1, 0)
			c.wantRead(r2, 10, "ab-", 0)
			c.wantRead(r1, 10, "cdefgh", 0)
		},
		"PipeOfOnlySmallReadsKeepsOrder": func(c *client) {
			r, w := c.pipe(0)
			data := text(20000)
			c.wantWrite(w, data, len(data), 0)
			var b strings.Builder
			for n := 1; b.Len() < len(data); n++ {
				part, e := c.read(r, n)
				if e != 0 || part == "" {
					c.Fatalf("read(%d) = %q, %v", n, part, e)
				}
				b.WriteString(part)
			}
			if b.String() != data {
				c.Errorf("the bytes changed on the way")
			}
		},
	})
}

func (c *client) pipeSize(h uint64, size uint32, privileged bool) (uint32, linux.Errno) {
	var rep ipcapi.PipeSizeReply
	e := c.s.PipeSize(&ipcapi.PipeSizeRequest{Handle: h, Size: size, Privileged: privileged}, &rep)
	c.ready = rep.Ready
	return rep.Size, e
}

// room gives the bytes of the free pages of a pipe.
func (c *client) room(h uint64) (uint32, linux.Errno) {
	var rep ipcapi.PipeSizeReply
	e := c.s.PipeSize(&ipcapi.PipeSizeRequest{Handle: h}, &rep)
	return rep.Room, e
}

func (c *client) splice(from, to uint64, n int, keep bool) (int, linux.Errno) {
	var rep ipcapi.SpliceReply
	e := c.s.Splice(&ipcapi.SpliceRequest{From: from, To: to, Count: uint32(n), Keep: keep}, &rep)
	c.ready, c.wait = rep.Ready, rep.Wait
	return int(rep.Count), e
}

func (c *client) getattr(h uint64) ipcapi.GetattrReply {
	c.Helper()
	var rep ipcapi.GetattrReply
	c.must("Getattr", c.s.Getattr(&ipcapi.GetattrRequest{Handle: h}, &rep))
	return rep
}
