package ipc

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// Splice implements ipcapi.IPC: splice_pipe_to_pipe and link_pipe (tee) of
// fs/splice.c. Whole pages move as they are, so a full target may take less
// bytes than it has room for. Errors: EBADF (access mode), EINVAL (not pipes, or
// the same one), EPIPE.
func (s *IPC) Splice(req *ipcapi.SpliceRequest, rep *ipcapi.SpliceReply) linux.Errno {
	if req.Count == 0 {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to := s.files.get(req.From), s.files.get(req.To)
	if from == nil || to == nil {
		return linux.EBADF
	}
	in, ok1 := from.(*pipeEnd)
	out, ok2 := to.(*pipeEnd)
	if !ok1 || !ok2 {
		return linux.EINVAL
	}
	if !in.read_ || !out.write_ || in.pending || out.pending {
		return linux.EBADF
	}
	if in.p == out.p {
		return linux.EINVAL
	}
	// ipipe_prep, then opipe_prep: what the input lacks is looked at first.
	if in.p.used == 0 && in.p.writers != 0 {
		rep.Wait = ipcapi.Wait{Handle: in.handle, Events: linux.POLLIN}
		return linux.EWAIT
	}
	if out.p.readers == 0 {
		return linux.EPIPE
	}
	if out.p.full() {
		rep.Wait = ipcapi.Wait{Handle: out.handle, Events: linux.POLLOUT}
		return linux.EWAIT
	}
	if req.Keep {
		rep.Count = s.tee(in.p, out.p, req.Count)
	} else {
		var freed bool
		rep.Count, freed = s.movePages(in.p, out.p, req.Count)
		if freed {
			in.p.wakeWriters(&rep.Ready)
		}
	}
	if rep.Count > 0 {
		out.p.wakeReaders(&rep.Ready)
	}
	return 0
}

// tee copies up to count bytes. A page that two pipes hold takes no more bytes
// by merging in the copy.
func (s *IPC) tee(in, out *pipe, count uint32) uint32 {
	done := uint32(0)
	for i := 0; i < in.used && !out.full() && done < count; i++ {
		b := *in.at(i)
		b.len = uint16(min(uint32(b.len), count-done))
		b.flags &^= slotMerge
		out.data.Move(&s.pool, &in.data, in.offset(i), int(b.len))
		out.push(b)
		done += uint32(b.len)
	}
	return done
}

// take puts pages of a file or of memory into the pipe, as many as it has slots
// for: splice_to_pipe of fs/splice.c. Nothing is merged with them.
func (e *pipeEnd) take(s *IPC, req *ipcapi.WriteRequest, rep *ipcapi.WriteReply) linux.Errno {
	p, data := e.p, req.Data
	if req.PageOffset >= pageSize {
		return linux.EINVAL
	}
	if p.full() {
		rep.Wait = ipcapi.Wait{Handle: e.handle, Events: linux.POLLOUT}
		return linux.EWAIT
	}
	off := int(req.PageOffset)
	for len(data) > 0 && !p.full() {
		n := min(len(data), pageSize-off)
		p.data.Append(&s.pool, data[:n])
		p.push(slot{off: uint16(off), len: uint16(n)})
		data, off = data[n:], 0
	}
	rep.Count = uint32(len(req.Data) - len(data))
	p.wakeReaders(&rep.Ready)
	return 0
}

// offset returns where the bytes of slot i begin.
func (p *pipe) offset(i int) int {
	n := 0
	for j := range i {
		n += int(p.at(j).len)
	}
	return n
}

// movePages moves up to count bytes, and reports whether it freed a page.
func (s *IPC) movePages(in, out *pipe, count uint32) (done uint32, freed bool) {
	for in.used > 0 && !out.full() && done < count {
		b := in.at(0)
		moved := *b
		if left := count - done; left < uint32(b.len) {
			moved.len = uint16(left)
			moved.flags &^= slotMerge
		}
		out.data.Move(&s.pool, &in.data, 0, int(moved.len))
		in.data.Discard(int(moved.len))
		in.taken, in.takenRest = in.taken[:0], false
		b.off += moved.len
		b.len -= moved.len
		if b.len == 0 {
			in.pop()
			freed = true
		}
		out.push(moved)
		done += uint32(moved.len)
	}
	return done, freed
}
