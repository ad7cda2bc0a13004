package linux

// Rusage is struct rusage of getrusage(2) and wait4(2).
type Rusage struct {
	Utime    Timeval
	Stime    Timeval
	Maxrss   int64 // KiB
	Ixrss    int64
	Idrss    int64
	Isrss    int64
	Minflt   int64
	Majflt   int64
	Nswap    int64
	Inblock  int64 // units of 512 bytes
	Oublock  int64 // units of 512 bytes
	Msgsnd   int64
	Msgrcv   int64
	Nsignals int64
	Nvcsw    int64
	Nivcsw   int64
}

// SizeofRusage is the size of Rusage in bytes.
const SizeofRusage = 144

// Encode writes r to the first SizeofRusage bytes of b.
func (r *Rusage) Encode(b []byte) {
	_ = b[SizeofRusage-1]
	r.Utime.Encode(b[0:])
	r.Stime.Encode(b[16:])
	le.PutUint64(b[32:], uint64(r.Maxrss))
	le.PutUint64(b[40:], uint64(r.Ixrss))
	le.PutUint64(b[48:], uint64(r.Idrss))
	le.PutUint64(b[56:], uint64(r.Isrss))
	le.PutUint64(b[64:], uint64(r.Minflt))
	le.PutUint64(b[72:], uint64(r.Majflt))
	le.PutUint64(b[80:], uint64(r.Nswap))
	le.PutUint64(b[88:], uint64(r.Inblock))
	le.PutUint64(b[96:], uint64(r.Oublock))
	le.PutUint64(b[104:], uint64(r.Msgsnd))
	le.PutUint64(b[112:], uint64(r.Msgrcv))
	le.PutUint64(b[120:], uint64(r.Nsignals))
	le.PutUint64(b[128:], uint64(r.Nvcsw))
	le.PutUint64(b[136:], uint64(r.Nivcsw))
}

// Decode reads r from the first SizeofRusage bytes of b.
func (r *Rusage) Decode(b []byte) {
	_ = b[SizeofRusage-1]
	r.Utime.Decode(b[0:])
	r.Stime.Decode(b[16:])
	r.Maxrss = int64(le.Uint64(b[32:]))
	r.Ixrss = int64(le.Uint64(b[40:]))
	r.Idrss = int64(le.Uint64(b[48:]))
	r.Isrss = int64(le.Uint64(b[56:]))
	r.Minflt = int64(le.Uint64(b[64:]))
	r.Majflt = int64(le.Uint64(b[72:]))
	r.Nswap = int64(le.Uint64(b[80:]))
	r.Inblock = int64(le.Uint64(b[88:]))
	r.Oublock = int64(le.Uint64(b[96:]))
	r.Msgsnd = int64(le.Uint64(b[104:]))
	r.Msgrcv = int64(le.Uint64(b[112:]))
	r.Nsignals = int64(le.Uint64(b[120:]))
	r.Nvcsw = int64(le.Uint64(b[128:]))
	r.Nivcsw = int64(le.Uint64(b[136:]))
}

// Rlimit is struct rlimit64: the limit in force and how far it can be raised.
type Rlimit struct {
	Cur uint64
	Max uint64
}

// SizeofRlimit is the size of Rlimit in bytes.
const SizeofRlimit = 16

// Encode writes r to the first SizeofRlimit bytes of b.
func (r *Rlimit) Encode(b []byte) {
	_ = b[SizeofRlimit-1]
	le.PutUint64(b, r.Cur)
	le.PutUint64(b[8:], r.Max)
}

// Decode reads r from the first SizeofRlimit bytes of b.
func (r *Rlimit) Decode(b []byte) {
	_ = b[SizeofRlimit-1]
	r.Cur = le.Uint64(b)
	r.Max = le.Uint64(b[8:])
}

// CloneArgs is struct clone_args of clone3(2).
type CloneArgs struct {
	Flags      uint64 // CLONE_*
	Pidfd      uint64 // address
	ChildTid   uint64 // address
	ParentTid  uint64 // address
	ExitSignal uint64
	Stack      uint64 // lowest address
	StackSize  uint64 // bytes
	Tls        uint64
	SetTid     uint64 // address
	SetTidSize uint64 // elements
	Cgroup     uint64 // descriptor
}

// SizeofCloneArgs is the size of CloneArgs in bytes.
const SizeofCloneArgs = 88

// Encode writes c to the first SizeofCloneArgs bytes of b.
func (c *CloneArgs) Encode(b []byte) {
	_ = b[SizeofCloneArgs-1]
	le.PutUint64(b, c.Flags)
	le.PutUint64(b[8:], c.Pidfd)
	le.PutUint64(b[16:], c.ChildTid)
	le.PutUint64(b[24:], c.ParentTid)
	le.PutUint64(b[32:], c.ExitSignal)
	le.PutUint64(b[40:], c.Stack)
	le.PutUint64(b[48:], c.StackSize)
	le.PutUint64(b[56:], c.Tls)
	le.PutUint64(b[64:], c.SetTid)
	le.PutUint64(b[72:], c.SetTidSize)
	le.PutUint64(b[80:], c.Cgroup)
}

// Decode reads c from b. A shorter b is an older version of the
// struct (64 or 80 bytes): what it lacks is zero.
func (c *CloneArgs) Decode(b []byte) {
	if len(b) < SizeofCloneArgs {
		var full [SizeofCloneArgs]byte
		copy(full[:], b)
		b = full[:]
	}
	c.Flags = le.Uint64(b)
	c.Pidfd = le.Uint64(b[8:])
	c.ChildTid = le.Uint64(b[16:])
	c.ParentTid = le.Uint64(b[24:])
	c.ExitSignal = le.Uint64(b[32:])
	c.Stack = le.Uint64(b[40:])
	c.StackSize = le.Uint64(b[48:])
	c.Tls = le.Uint64(b[56:])
	c.SetTid = le.Uint64(b[64:])
	c.SetTidSize = le.Uint64(b[72:])
	c.Cgroup = le.Uint64(b[80:])
}

// RobustListHead is struct robust_list_head (set_robust_list(2)).
type RobustListHead struct {
	List          uint64 // address of the first entry; bit 0 says PI
	FutexOffset   int64  // from an entry to its futex word
	ListOpPending uint64
}

// SizeofRobustListHead is the size of RobustListHead in bytes.
const SizeofRobustListHead = 24

// Encode writes r to the first SizeofRobustListHead bytes of b.
func (r *RobustListHead) Encode(b []byte) {
	_ = b[SizeofRobustListHead-1]
	le.PutUint64(b, r.List)
	le.PutUint64(b[8:], uint64(r.FutexOffset))
	le.PutUint64(b[16:], r.ListOpPending)
}

// Decode reads r from the first SizeofRobustListHead bytes of b.
func (r *RobustListHead) Decode(b []byte) {
	_ = b[SizeofRobustListHead-1]
	r.List = le.Uint64(b)
	r.FutexOffset = int64(le.Uint64(b[8:]))
	r.ListOpPending = le.Uint64(b[16:])
}

// FutexWaitv is struct futex_waitv.
type FutexWaitv struct {
	Val      uint64
	Uaddr    uint64
	Flags    uint32 // FUTEX2_*
	Reserved uint32 // must be zero
}

// SizeofFutexWaitv is the size of FutexWaitv in bytes.
const SizeofFutexWaitv = 24

// Encode writes f to the first SizeofFutexWaitv bytes of b.
func (f *FutexWaitv) Encode(b []byte) {
	_ = b[SizeofFutexWaitv-1]
	le.PutUint64(b, f.Val)
	le.PutUint64(b[8:], f.Uaddr)
	le.PutUint32(b[16:], f.Flags)
	le.PutUint32(b[20:], f.Reserved)
}

// Decode reads f from the first SizeofFutexWaitv bytes of b.
func (f *FutexWaitv) Decode(b []byte) {
	_ = b[SizeofFutexWaitv-1]
	f.Val = le.Uint64(b)
	f.Uaddr = le.Uint64(b[8:])
	f.Flags = le.Uint32(b[16:])
	f.Reserved = le.Uint32(b[20:])
}

// SchedParam is struct sched_param.
type SchedParam struct {
	Priority int32
}

// SizeofSchedParam is the size of SchedParam in bytes.
const SizeofSchedParam = 4

// Encode writes s to the first SizeofSchedParam bytes of b.
func (s *SchedParam) Encode(b []byte) {
	le.PutUint32(b, uint32(s.Priority))
}

// Decode reads s from the first SizeofSchedParam bytes of b.
func (s *SchedParam) Decode(b []byte) {
	s.Priority = int32(le.Uint32(b))
}

// SchedAttr is struct sched_attr of sched_setattr(2).
type SchedAttr struct {
	Size     uint32 // bytes: 48 or 56
	Policy   uint32
	Flags    uint64 // SCHED_FLAG_*
	Nice     int32
	Priority uint32
	Runtime  uint64 // nanoseconds, as are the next two
	Deadline uint64
	Period   uint64
	UtilMin  uint32
	UtilMax  uint32
}

// SizeofSchedAttr is the size of SchedAttr in bytes.
const SizeofSchedAttr = 56

// Encode writes s to the first SizeofSchedAttr bytes of b.
func (s *SchedAttr) Encode(b []byte) {
	_ = b[SizeofSchedAttr-1]
	le.PutUint32(b, s.Size)
	le.PutUint32(b[4:], s.Policy)
	le.PutUint64(b[8:], s.Flags)
	le.PutUint32(b[16:], uint32(s.Nice))
	le.PutUint32(b[20:], s.Priority)
	le.PutUint64(b[24:], s.Runtime)
	le.PutUint64(b[32:], s.Deadline)
	le.PutUint64(b[40:], s.Period)
	le.PutUint32(b[48:], s.UtilMin)
	le.PutUint32(b[52:], s.UtilMax)
}

// Decode reads s from b. A shorter b is the older version of 48
// bytes: what it lacks is zero.
func (s *SchedAttr) Decode(b []byte) {
	if len(b) < SizeofSchedAttr {
		var full [SizeofSchedAttr]byte
		copy(full[:], b)
		b = full[:]
	}
	s.Size = le.Uint32(b)
	s.Policy = le.Uint32(b[4:])
	s.Flags = le.Uint64(b[8:])
	s.Nice = int32(le.Uint32(b[16:]))
	s.Priority = le.Uint32(b[20:])
	s.Runtime = le.Uint64(b[24:])
	s.Deadline = le.Uint64(b[32:])
	s.Period = le.Uint64(b[40:])
	s.UtilMin = le.Uint32(b[48:])
	s.UtilMax = le.Uint32(b[52:])
}

// Rseq is struct rseq, the area that rseq(2) registers.
type Rseq struct {
	CpuIdStart uint32
	CpuId      uint32 // RSEQ_CPU_ID_UNINITIALIZED before
	RseqCs     uint64 // address of a RseqCs, or 0
	Flags      uint32
	NodeId     uint32
	MmCid      uint32
}

// SizeofRseq is the size of Rseq in bytes.
const SizeofRseq = 32

// Encode writes r to the first SizeofRseq bytes of b.
func (r *Rseq) Encode(b []byte) {
	_ = b[SizeofRseq-1]
	le.PutUint32(b, r.CpuIdStart)
	le.PutUint32(b[4:], r.CpuId)
	le.PutUint64(b[8:], r.RseqCs)
	le.PutUint32(b[16:], r.Flags)
	le.PutUint32(b[20:], r.NodeId)
	le.PutUint32(b[24:], r.MmCid)
	clear(b[28:32])
}

// Decode reads r from the first SizeofRseq bytes of b.
func (r *Rseq) Decode(b []byte) {
	_ = b[SizeofRseq-1]
	r.CpuIdStart = le.Uint32(b)
	r.CpuId = le.Uint32(b[4:])
	r.RseqCs = le.Uint64(b[8:])
	r.Flags = le.Uint32(b[16:])
	r.NodeId = le.Uint32(b[20:])
	r.MmCid = le.Uint32(b[24:])
}

// RseqCs is struct rseq_cs, a restartable critical section.
type RseqCs struct {
	Version          uint32
	Flags            uint32
	StartIp          uint64
	PostCommitOffset uint64 // bytes
	AbortIp          uint64
}

// SizeofRseqCs is the size of RseqCs in bytes.
const SizeofRseqCs = 32

// Encode writes r to the first SizeofRseqCs bytes of b.
func (r *RseqCs) Encode(b []byte) {
	_ = b[SizeofRseqCs-1]
	le.PutUint32(b, r.Version)
	le.PutUint32(b[4:], r.Flags)
	le.PutUint64(b[8:], r.StartIp)
	le.PutUint64(b[16:], r.PostCommitOffset)
	le.PutUint64(b[24:], r.AbortIp)
}

// Decode reads r from the first SizeofRseqCs bytes of b.
func (r *RseqCs) Decode(b []byte) {
	_ = b[SizeofRseqCs-1]
	r.Version = le.Uint32(b)
	r.Flags = le.Uint32(b[4:])
	r.StartIp = le.Uint64(b[8:])
	r.PostCommitOffset = le.Uint64(b[16:])
	r.AbortIp = le.Uint64(b[24:])
}
