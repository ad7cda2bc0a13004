package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Collect implements ipcapi.IPC: net/unix/garbage.c. A socket that only
// travels is alive when its message is in the queue of one that is alive; the
// others are emptied, and with the messages their last references go.
func (s *IPC) Collect(req *ipcapi.CollectRequest, rep *ipcapi.CollectReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	only := make(map[uint64]*unixSock, len(req.Only)) // by token
	dead := make(map[*unixSock]bool, len(req.Only))
	for _, t := range req.Only {
		if k, ok := s.files.get(t.Handle).(*unixSock); ok {
			only[t.Token] = k
			dead[k] = true
		}
	}
	var alive []*unixSock
	for i := range s.files.slots {
		if k, ok := s.files.slots[i].file.(*unixSock); ok && !dead[k] {
			alive = append(alive, k)
		}
	}
	for len(alive) > 0 {
		k := alive[len(alive)-1]
		alive = append(alive[:len(alive)-1], k.queue...)
		for i := range k.msgs.n {
			for _, t := range k.msgs.at(i).tokens {
				if o := only[t]; o != nil && dead[o] {
					delete(dead, o)
					alive = append(alive, o)
				}
			}
		}
	}
	for k := range dead {
		k.purge(&s.pool, &rep.Ready, &rep.Tokens)
		for _, c := range k.queue {
			c.purge(&s.pool, &rep.Ready, &rep.Tokens)
		}
	}
	return 0
}
