package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// An urgent byte of an AF_UNIX stream is a message of its own, which stays in
// its place: reads in order end before it, and pass over it when they begin
// there (manage_oob of net/unix/af_unix.c).

// markUrgent makes the last message the urgent one. An older one that was not
// read becomes part of the stream.
func (k *unixSock) markUrgent(ready *[]ipcapi.Ready) {
	for i := 0; k.hasUrgent && i < k.msgs.n; i++ {
		if m := k.msgs.at(i); m.urgent == urgentThere {
			m.urgent = noUrgent
		}
	}
	k.msgs.at(k.msgs.n-1).urgent, k.hasUrgent = urgentThere, true
	wake(k, ready)
}

func (k *unixSock) inline() bool { return k.opt.flags>>linux.SO_OOBINLINE&1 != 0 }

// atMark is SIOCATMARK.
func (k *unixSock) atMark() bool {
	if k.msgs.n == 0 {
		return false
	}
	switch k.msgs.at(0).urgent {
	case urgentThere:
		return true
	case urgentRead:
		return !k.hasUrgent || k.msgs.n > 1 && k.msgs.at(1).urgent == urgentThere
	}
	return false
}

// receiveUrgent is unix_stream_recv_urg.
func (k *unixSock) receiveUrgent(r *receiver) linux.Errno {
	if k.inline() || !k.hasUrgent {
		return linux.EINVAL
	}
	at := 0
	for i := 0; i < k.msgs.n; i++ {
		m := k.msgs.at(i)
		if m.urgent != urgentThere {
			at += m.n
			continue
		}
		if r.count > 0 {
			*r.data = k.data.Peek(*r.data, at, 1)
		}
		if !r.peek() {
			m.urgent, k.hasUrgent = urgentRead, false
		}
		break
	}
	if r.rep != nil {
		r.rep.Flags |= linux.MSG_OOB
		r.rep.Full = 1
	}
	return 0
}

// passUrgent looks at message i before a read in order takes it. It says to
// stop, or to look at message i once more: a peek steps over with over.
func (k *unixSock) passUrgent(r *receiver, m *message, copied int, over func()) (stop, again bool) {
	drop := func() {
		if r.peek() {
			over()
		} else {
			k.dequeue(r.ready)
		}
	}
	switch {
	case m.urgent == urgentRead && copied > 0 && !k.hasUrgent, m.urgent == urgentThere && copied > 0:
		return true, false
	case m.urgent == urgentRead:
		drop()
		return false, true
	case m.urgent == urgentThere && !k.inline():
		if !r.peek() {
			k.hasUrgent = false
		}
		drop()
		return false, true
	case m.urgent == urgentThere && !r.peek():
		m.urgent, k.hasUrgent = noUrgent, false
	}
	return false, false
}
