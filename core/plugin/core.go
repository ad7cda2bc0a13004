package plugin

import (
	"sync"

	goplugin "github.com/hashicorp/go-plugin"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/corewire"
)

// posted answers a plugin's questions with the leader's token.
type posted struct {
	p    *Plugin
	core coreapi.Core
}

func (s *posted) do(f func() linux.Errno) linux.Errno {
	l := s.p.leader.Load()
	if l == nil {
		return linux.ESRCH
	}
	done := make(chan linux.Errno, 1)
	l.Post(func() { done <- f() })
	return <-done
}

func (s *posted) Processes(q *coreapi.ProcessesRequest, r *coreapi.ProcessesReply) linux.Errno {
	return s.do(func() linux.Errno { return s.core.Processes(q, r) })
}

func (s *posted) Process(q *coreapi.ProcessRequest, r *coreapi.ProcessReply) linux.Errno {
	return s.do(func() linux.Errno { return s.core.Process(q, r) })
}

func (s *posted) Text(q *coreapi.TextRequest, r *coreapi.TextReply) linux.Errno {
	return s.do(func() linux.Errno { return s.core.Text(q, r) })
}

func (s *posted) SetText(q *coreapi.SetTextRequest, r *coreapi.SetTextReply) linux.Errno {
	return s.do(func() linux.Errno { return s.core.SetText(q, r) })
}

func (s *posted) Memory(q *coreapi.MemoryRequest, r *coreapi.MemoryReply) linux.Errno {
	return s.do(func() linux.Errno { return s.core.Memory(q, r) })
}

func (s *posted) Descriptors(q *coreapi.DescriptorsRequest, r *coreapi.DescriptorsReply) linux.Errno {
	return s.do(func() linux.Errno { return s.core.Descriptors(q, r) })
}

// lateCore is the core as a plugin sees it: it connects at the first question.
type lateCore struct {
	broker *goplugin.GRPCBroker
	once   sync.Once
	core   coreapi.Core
}

func (c *lateCore) get() coreapi.Core {
	c.once.Do(func() {
		c.core = coreapi.Unimplemented{}
		if conn, err := c.broker.Dial(coreBroker); err == nil {
			c.core = corewire.NewClient(conn, corewire.ClientOptions{Timeout: Timeout})
		}
	})
	return c.core
}

func (c *lateCore) Processes(q *coreapi.ProcessesRequest, r *coreapi.ProcessesReply) linux.Errno {
	return c.get().Processes(q, r)
}

func (c *lateCore) Process(q *coreapi.ProcessRequest, r *coreapi.ProcessReply) linux.Errno {
	return c.get().Process(q, r)
}

func (c *lateCore) Text(q *coreapi.TextRequest, r *coreapi.TextReply) linux.Errno {
	return c.get().Text(q, r)
}

func (c *lateCore) SetText(q *coreapi.SetTextRequest, r *coreapi.SetTextReply) linux.Errno {
	return c.get().SetText(q, r)
}

func (c *lateCore) Memory(q *coreapi.MemoryRequest, r *coreapi.MemoryReply) linux.Errno {
	return c.get().Memory(q, r)
}

func (c *lateCore) Descriptors(q *coreapi.DescriptorsRequest, r *coreapi.DescriptorsReply) linux.Errno {
	return c.get().Descriptors(q, r)
}
