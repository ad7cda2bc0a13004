package hostfs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs/internal/outside"
)

// extentSize is the unit that data is fetched and kept in, in bytes.
const extentSize = 64 << 10

// maxOpen is how many host files are kept open at most, not counting those
// whose descriptor was handed out.
const maxOpen = 4096

// extent is a span of a host file that is kept. Short data is the end of file.
type extent struct {
	node  *Node
	index int64
	data  []byte
	used  bool // since the hand of the clock came by
}

// cache bounds what is kept of all files.
type cache struct {
	max  int // extents
	ring []*extent
	hand int
}

// add keeps an extent, in place of one that was not used lately when full.
func (c *cache) add(x *extent) {
	if len(c.ring) < c.max {
		c.ring = append(c.ring, x)
		return
	}
	for {
		if c.hand >= len(c.ring) {
			c.hand = 0
		}
		old := c.ring[c.hand]
		if !old.used {
			if old.node.extents[old.index] == old {
				delete(old.node.extents, old.index)
			}
			c.ring[c.hand] = x
			c.hand++
			return
		}
		old.used = false
		c.hand++
	}
}

// ReadBase implements pages.Base.
func (n *Node) ReadBase(op *outside.Op, p []byte, off int64) linux.Errno {
	if e, ok := op.Fact(n).(linux.Errno); ok {
		return e
	}
	start := off
	for len(p) > 0 {
		data, ok := n.extent(op, off/extentSize)
		if !ok {
			return n.miss(op, start, off, len(p))
		}
		within := int(off % extentSize)
		want := min(len(p), extentSize-within)
		got := 0
		if within < len(data) {
			got = copy(p[:want], data[within:])
		}
		// The host's file may have shrunk since it was listed.
		clear(p[got:want])
		p = p[want:]
		off += int64(want)
	}
	n.next = off
	return 0
}

// fresh is the key of an extent that only the operation which asked for it may
// use: the bytes changed meanwhile.
type fresh struct {
	node  *Node
	index int64
}

// extent gives what is kept of a span.
func (n *Node) extent(op *outside.Op, i int64) (data []byte, ok bool) {
	if x := n.extents[i]; x != nil && !n.mapped {
		x.used = true
		return x.data, true
	}
	if op.HasFacts() {
		data, ok = op.Fact(fresh{n, i}).([]byte)
	}
	return data, ok
}

// miss asks for the extents from off on that a read of count more bytes needs
// and, when the file is read from front to back, for some more.
func (n *Node) miss(op *outside.Op, start, off int64, count int) linux.Errno {
	if start == n.next && start > 0 {
		n.window = min(max(2*n.window, 4*extentSize), n.tree.host.MaxData)
	} else if start != n.next {
		n.window = 0
	}
	if n.tree.through {
		// One at a time: an answer to an equal request of another operation may
		// be older than a write that this one must see.
		if e := n.reading.Take(op); e != 0 {
			return e
		}
	}
	most := n.tree.host.MaxData / extentSize
	last := (off + int64(max(count, n.window)) - 1) / extentSize
	if !n.opened {
		return op.Miss(n.ensureOpen())
	}
	call := &readCall{node: n, gen: n.gen}
	for i := off / extentSize; i <= last && len(call.req.Extents) < most; i++ {
		at := i * extentSize
		length := min(extentSize, n.size-at)
		if _, have := n.extent(op, i); length > 0 && !have {
			call.req.Extents = append(call.req.Extents, hostapi.Extent{Handle: n.handle, Offset: at, Length: uint32(length)})
		}
	}
	return op.Miss(call)
}

// ensureOpen makes a call that opens the host file.
func (n *Node) ensureOpen() *openCall {
	if n.handle == 0 {
		n.handle = n.tree.host.Calls.NewHandle()
	}
	flags := uint32(linux.O_RDONLY)
	if n.writable {
		flags = linux.O_RDWR
	}
	return &openCall{node: n, victims: n.tree.host.victims(),
		req: hostapi.FileOpenRequest{Root: n.tree.root, Path: n.path(), Flags: flags, Handle: n.handle}}
}

// Changes implements outside.Step.
func (r *readCall) Changes() bool { return false }

// Alone implements outside.Loner: what was read may be for this operation only.
func (r *readCall) Alone() bool { return r.node.tree.through }

// count enters the node among those with an open host file.
func (n *Node) count() {
	if !n.counted {
		n.counted = true
		n.tree.host.open = append(n.tree.host.open, n)
	}
}

// Released implements vfs.Releaser.
func (n *Node) Released() {
	h := n.tree.host
	h.garbage = append(h.garbage, n.old...)
	if n.opened {
		h.garbage = append(h.garbage, n.handle)
	}
	n.old, n.opened, n.handle, n.pinned, n.extents = nil, false, 0, false, nil
	if n.shared {
		delete(n.tree.links, n.id)
	}
}

// victims picks host files to close when too many are open.
func (h *Host) victims() []uint64 {
	if len(h.open) < maxOpen {
		return nil
	}
	var out []uint64
	kept := h.open[:0]
	for i, n := range h.open {
		if i < maxOpen/4 && !n.pinned && n.opened {
			out = append(out, n.handle)
			n.opened, n.handle, n.counted = false, 0, false
			continue
		}
		if n.pinned || !n.opened {
			n.counted = false
			continue
		}
		kept = append(kept, n)
	}
	h.open = kept
	return out
}

// openCall opens the host file, and closes others in its place.
type openCall struct {
	node    *Node
	victims []uint64
	req     hostapi.FileOpenRequest
	rep     hostapi.FileOpenReply
}

// Fetch implements outside.Call.
func (o *openCall) Fetch() (uint64, linux.Errno) {
	h := o.node.tree.host.Calls
	if len(o.victims) > 0 {
		h.Close(&hostapi.CloseRequest{Handles: o.victims}, &hostapi.CloseReply{})
		o.victims = nil
	}
	ticket, e := h.FileOpen(&o.req, &o.rep)
	if e == linux.EEXIST {
		e = 0 // another operation has opened it under this very number
	}
	return ticket, e
}

// Store implements outside.Call.
func (o *openCall) Store(op *outside.Op, e linux.Errno) {
	n := o.node
	if e != 0 {
		op.Know(n, e)
		return
	}
	if n.handle != o.req.Handle { // it was opened anew meanwhile, to be written
		n.tree.host.garbage = append(n.tree.host.garbage, o.req.Handle)
		return
	}
	n.opened = true
	n.count()
}

// Changes implements outside.Step.
func (o *openCall) Changes() bool { return false }

// readCall reads extents.
type readCall struct {
	node *Node
	gen  uint64 // of the node, when it was made
	req  hostapi.FileReadRequest
	rep  hostapi.FileReadReply
}

// Fetch implements outside.Call.
func (r *readCall) Fetch() (uint64, linux.Errno) {
	return r.node.tree.host.Calls.FileRead(&r.req, &r.rep)
}

// Store implements outside.Call.
func (r *readCall) Store(op *outside.Op, e linux.Errno) {
	n := r.node
	if e == linux.EBADF && len(r.req.Extents) > 0 && r.req.Extents[0].Handle != n.handle {
		return // the file was opened anew meanwhile: once more
	}
	if e != 0 {
		op.Know(n, e)
		return
	}
	if n.extents == nil {
		n.extents = make(map[int64]*extent)
	}
	data := r.rep.Data
	for i, length := range r.rep.Lengths {
		index := r.req.Extents[i].Offset / extentSize
		switch {
		case n.gen != r.gen || n.mapped:
			op.Know(fresh{n, index}, data[:length:length])
		case n.extents[index] == nil:
			x := &extent{node: n, index: index, data: data[:length:length], used: true}
			n.extents[index] = x
			n.tree.host.cache.add(x)
		}
		data = data[length:]
	}
}

// Descriptor gives the host's read-only descriptor of the file, which stays
// valid, if the host has one to give.
func (n *Node) Descriptor(op *outside.Op) (fd int, ok bool, e linux.Errno) {
	if e, ok := op.Fact(n).(linux.Errno); ok {
		return -1, false, e
	}
	if !n.opened {
		return -1, false, op.Miss(n.ensureOpen())
	}
	fd, ok = n.tree.host.Calls.Descriptor(n.handle, false)
	if ok {
		n.pinned = true
	}
	return fd, ok, 0
}
