package ipctest

import (
	"encoding/binary"
	"math"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

func init() {
	register(map[string]func(*client){
		"EventfdReadTakesTheCounter": func(c *client) {
			h := c.eventfd(3, false)
			c.wantWrite(h, u64(4), 8, 0)
			c.wantRead(h, 8, u64(7), 0)
			c.wantRead(h, 8, "", linux.EWAIT)
			c.wantWait(h, linux.POLLIN)
		},
		"EventfdSemaphoreReadTakesOne": func(c *client) {
			h := c.eventfd(2, true)
			c.wantRead(h, 8, u64(1), 0)
			c.wantRead(h, 100, u64(1), 0)
			c.wantRead(h, 8, "", linux.EWAIT)
		},
		"EventfdSizes": func(c *client) {
			h := c.eventfd(1, false)
			c.wantRead(h, 7, "", linux.EINVAL)
			c.wantWrite(h, "1234567", 0, linux.EINVAL)
			c.wantWrite(h, u64(1)+"rest", 0, linux.EINVAL)
			c.wantRead(h, 20, u64(1), 0)
		},
		"EventfdAllOnesIsEINVAL": func(c *client) {
			h := c.eventfd(0, false)
			c.wantWrite(h, u64(math.MaxUint64), 0, linux.EINVAL)
			c.wantWrite(h, u64(math.MaxUint64-1), 8, 0)
		},
		"EventfdOverflowWaits": func(c *client) {
			h := c.eventfd(math.MaxUint64-2, false)
			c.wantLevel(h, linux.POLLIN|linux.POLLOUT)
			c.wantWrite(h, u64(2), 0, linux.EWAIT)
			is(c, "wait handle", c.wait.Handle, h)
			events := c.wait.Events
			var rep ipcapi.PollReply
			c.must("Poll", c.s.Poll(&ipcapi.PollRequest{Handle: h, Events: events}, &rep))
			if rep.Level&events != 0 {
				c.Errorf("level %#x says ready for %#x right after the refusal", rep.Level, events)
			}
			c.wantWrite(h, u64(1), 8, 0)
			c.wantLevel(h, linux.POLLIN)
			c.wantRead(h, 8, u64(math.MaxUint64-1), 0)
			c.wantReady(h, events)
			c.wantWrite(h, u64(2), 8, 0)
		},
		"EventfdSignalSaturates": func(c *client) {
			h := c.eventfd(math.MaxUint64-1, false)
			var rep ipcapi.WriteReply
			for range 2 {
				e := c.s.Write(&ipcapi.WriteRequest{Handle: h, Data: []byte(u64(1)), Signal: true}, &rep)
				is(c, "signal", e, 0)
			}
			c.wantLevel(h, linux.POLLIN|linux.POLLERR)
			c.wantRead(h, 8, u64(math.MaxUint64), 0)
			c.wantLevel(h, linux.POLLOUT)
		},
		"EventfdWaiterSeesReadInBetween": func(c *client) {
			h := c.eventfd(math.MaxUint64-2, true)
			c.wantWrite(h, u64(3), 0, linux.EWAIT)
			events := c.wait.Events
			c.wantRead(h, 8, u64(1), 0)
			c.wantRead(h, 8, u64(1), 0)
			var rep ipcapi.PollReply
			c.must("Poll", c.s.Poll(&ipcapi.PollRequest{Handle: h, Events: events}, &rep))
			if rep.Level&events == 0 {
				c.Errorf("level %#x lacks %#x after the reads", rep.Level, events)
			}
			c.wantWrite(h, u64(3), 8, 0)
		},
		"EventfdLevels": func(c *client) {
			h := c.eventfd(0, false)
			c.wantLevel(h, linux.POLLOUT)
			c.wantWrite(h, u64(1), 8, 0)
			c.wantReady(h, linux.POLLIN)
			c.wantLevel(h, linux.POLLIN|linux.POLLOUT)
			c.wantWrite(h, u64(math.MaxUint64-2), 8, 0)
			c.wantLevel(h, linux.POLLIN)
		},
		"EventfdWriteOfZeroIsAnEdge": func(c *client) {
			h := c.eventfd(0, false)
			_, g0 := c.poll(h)
			c.wantWrite(h, u64(0), 8, 0)
			_, g1 := c.poll(h)
			if g1 <= g0 {
				c.Errorf("generation %d after a write, was %d", g1, g0)
			}
			c.wantRead(h, 8, "", linux.EWAIT)
		},
		"EventfdIsNoPipeAndNoSocket": func(c *client) {
			h := c.eventfd(0, false)
			_, e := c.ioctl(h, linux.FIONREAD)
			is(c, "FIONREAD", e, linux.ENOTTY)
			is(c, "Listen", c.s.Listen(&ipcapi.ListenRequest{Handle: h}, &ipcapi.ListenReply{}), linux.ENOTSOCK)
			is(c, "mode", c.getattr(h).Mode, 0o600)
		},
	})
}

func (c *client) eventfd(value uint64, semaphore bool) uint64 {
	c.Helper()
	var rep ipcapi.OpenEventfdReply
	c.must("OpenEventfd", c.s.OpenEventfd(&ipcapi.OpenEventfdRequest{Value: value, Semaphore: semaphore}, &rep))
	return rep.Handle
}

func u64(v uint64) string { return string(binary.LittleEndian.AppendUint64(nil, v)) }
