package ipctest

import (
	"slices"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// collect names sockets that only travel, by token and handle in turn.
func (c *client) collect(only ...uint64) []uint64 {
	c.Helper()
	var q ipcapi.CollectRequest
	for i := 0; i+1 < len(only); i += 2 {
		q.Only = append(q.Only, ipcapi.Travelling{Token: only[i], Handle: only[i+1]})
	}
	var rep ipcapi.CollectReply
	c.must("Collect", c.s.Collect(&q, &rep))
	slices.Sort(rep.Tokens)
	return rep.Tokens
}

func init() {
	register(map[string]func(*client){
		"CollectFreesWhatReachesOnlyItself": func(c *client) {
			a, b := c.pair(stream)
			x, y := c.pair(stream)
			c.wantSend(a, "m", 0, 1, 0, 71) // y, into b
			c.wantSend(x, "m", 0, 1, 0, 72) // b, into y
			c.wantSend(x, "m", 0, 1, 0, 73) // something else, into y
			is(c, "tokens", len(c.collect(71, y)), 0)
			got := c.collect(71, y, 72, b)
			is(c, "tokens", slices.Equal(got, []uint64{71, 72, 73}), true)
			is(c, "tokens", len(c.collect(71, y, 72, b)), 0)
		},
		"CollectKeepsWhatCanBeReceived": func(c *client) {
			a, b := c.pair(stream)
			x, y := c.pair(dgram)
			c.wantSend(a, "m", 0, 1, 0, 71) // y, into b
			c.wantSend(x, "m", 0, 1, 0, 72) // x, into y
			is(c, "tokens", len(c.collect(71, y, 72, x)), 0)
			c.wantRecv(b, 9, 0, "m", 0, 71)
			c.wantRecv(y, 9, 0, "m", 0, 72)
		},
		"CollectLooksIntoBacklogs": func(c *client) {
			l := c.server(stream, "/s", 5)
			a := c.socket(stream)
			is(c, "connect", c.connect(a, "/s", false), 0)
			c.wantSend(a, "m", 0, 1, 0, 71)
			x, y := c.pair(stream)
			c.wantSend(x, "m", 0, 1, 0, 72)
			is(c, "tokens", len(c.collect(71, y, 72, y)), 0)
			is(c, "tokens", slices.Equal(c.collect(71, l), []uint64{71}), true)
			is(c, "tokens of no handle", len(c.collect(75, 999)), 0)
			is(c, "of a pipe", len(c.collect(75, c.eventfd(0, false))), 0)
			c.wantRecv(y, 9, linux.MSG_DONTWAIT, "m", 0, 72)
		},
	})
}
