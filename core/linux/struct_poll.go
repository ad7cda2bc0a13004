package linux

// PollFd is struct pollfd.
type PollFd struct {
	Fd      int32
	Events  uint16 // POLL*
	Revents uint16
}

// SizeofPollFd is the size of PollFd in bytes.
const SizeofPollFd = 8

// Encode writes p to the first SizeofPollFd bytes of b.
func (p *PollFd) Encode(b []byte) {
	_ = b[SizeofPollFd-1]
	le.PutUint32(b, uint32(p.Fd))
	le.PutUint16(b[4:], p.Events)
	le.PutUint16(b[6:], p.Revents)
}

// Decode reads p from the first SizeofPollFd bytes of b.
func (p *PollFd) Decode(b []byte) {
	_ = b[SizeofPollFd-1]
	p.Fd = int32(le.Uint32(b))
	p.Events = le.Uint16(b[4:])
	p.Revents = le.Uint16(b[6:])
}

// InotifyEventSize returns the bytes that AppendInotifyEvent adds for name.
func InotifyEventSize(name string) int {
	if name == "" {
		return SizeofInotifyEvent
	}
	// The name's room is its NUL and then a multiple of the header
	// (round_event_name_len in fs/notify/inotify/inotify_user.c).
	return SizeofInotifyEvent + (len(name)+SizeofInotifyEvent)/SizeofInotifyEvent*SizeofInotifyEvent
}

// SizeofInotifyEvent is the size of struct inotify_event without a name.
const SizeofInotifyEvent = 16

// AppendInotifyEvent appends struct inotify_event with its name, NUL and
// padding, as read(2) of an inotify descriptor gives it.
func AppendInotifyEvent(b []byte, wd int32, mask, cookie uint32, name string) []byte {
	size := InotifyEventSize(name)
	b = le.AppendUint32(b, uint32(wd))
	b = le.AppendUint32(b, mask)
	b = le.AppendUint32(b, cookie)
	b = le.AppendUint32(b, uint32(size-SizeofInotifyEvent))
	b = append(b, name...)
	for range size - SizeofInotifyEvent - len(name) {
		b = append(b, 0)
	}
	return b
}

// Iocb is struct iocb of io_submit(2).
type Iocb struct {
	Data      uint64
	Key       uint32
	RwFlags   uint32 // RWF_*
	LioOpcode uint16 // IOCB_CMD_*
	Reqprio   int16
	Fildes    uint32
	Buf       uint64
	Nbytes    uint64
	Offset    int64
	Reserved2 uint64 // must be zero
	Flags     uint32 // IOCB_FLAG_*
	Resfd     uint32
}

// SizeofIocb is the size of Iocb in bytes.
const SizeofIocb = 64

// Encode writes i to the first SizeofIocb bytes of b.
func (i *Iocb) Encode(b []byte) {
	_ = b[SizeofIocb-1]
	le.PutUint64(b, i.Data)
	le.PutUint32(b[8:], i.Key)
	le.PutUint32(b[12:], i.RwFlags)
	le.PutUint16(b[16:], i.LioOpcode)
	le.PutUint16(b[18:], uint16(i.Reqprio))
	le.PutUint32(b[20:], i.Fildes)
	le.PutUint64(b[24:], i.Buf)
	le.PutUint64(b[32:], i.Nbytes)
	le.PutUint64(b[40:], uint64(i.Offset))
	le.PutUint64(b[48:], i.Reserved2)
	le.PutUint32(b[56:], i.Flags)
	le.PutUint32(b[60:], i.Resfd)
}

// Decode reads i from the first SizeofIocb bytes of b.
func (i *Iocb) Decode(b []byte) {
	_ = b[SizeofIocb-1]
	i.Data = le.Uint64(b)
	i.Key = le.Uint32(b[8:])
	i.RwFlags = le.Uint32(b[12:])
	i.LioOpcode = le.Uint16(b[16:])
	i.Reqprio = int16(le.Uint16(b[18:]))
	i.Fildes = le.Uint32(b[20:])
	i.Buf = le.Uint64(b[24:])
	i.Nbytes = le.Uint64(b[32:])
	i.Offset = int64(le.Uint64(b[40:]))
	i.Reserved2 = le.Uint64(b[48:])
	i.Flags = le.Uint32(b[56:])
	i.Resfd = le.Uint32(b[60:])
}

// IoEvent is struct io_event of io_getevents(2).
type IoEvent struct {
	Data uint64
	Obj  uint64 // address of the iocb
	Res  int64
	Res2 int64
}

// SizeofIoEvent is the size of IoEvent in bytes.
const SizeofIoEvent = 32

// Encode writes e to the first SizeofIoEvent bytes of b.
func (e *IoEvent) Encode(b []byte) {
	_ = b[SizeofIoEvent-1]
	le.PutUint64(b, e.Data)
	le.PutUint64(b[8:], e.Obj)
	le.PutUint64(b[16:], uint64(e.Res))
	le.PutUint64(b[24:], uint64(e.Res2))
}

// Decode reads e from the first SizeofIoEvent bytes of b.
func (e *IoEvent) Decode(b []byte) {
	_ = b[SizeofIoEvent-1]
	e.Data = le.Uint64(b)
	e.Obj = le.Uint64(b[8:])
	e.Res = int64(le.Uint64(b[16:]))
	e.Res2 = int64(le.Uint64(b[24:]))
}
