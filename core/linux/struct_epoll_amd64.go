package linux

// EpollEvent is struct epoll_event, packed on amd64 and nowhere else.
type EpollEvent struct {
	Events uint32 // EPOLL*
	Data   uint64
}

// SizeofEpollEvent is the size of EpollEvent in bytes.
const SizeofEpollEvent = 12

// Encode writes e to the first SizeofEpollEvent bytes of b.
func (e *EpollEvent) Encode(b []byte) {
	_ = b[SizeofEpollEvent-1]
	le.PutUint32(b, e.Events)
	le.PutUint64(b[4:], e.Data)
}

// Decode reads e from the first SizeofEpollEvent bytes of b.
func (e *EpollEvent) Decode(b []byte) {
	_ = b[SizeofEpollEvent-1]
	e.Events = le.Uint32(b)
	e.Data = le.Uint64(b[4:])
}
