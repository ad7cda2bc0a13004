package hostproc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// process is a host process: one address space. It implements platform.Space.
type process struct {
	p     *Platform
	pid   int // 0 until the host has told
	pidfd int
	memfd int // the mailboxes
	sock  int // our end; the app's end can only receive
	// appSock is the number of the app's end in the app.
	appSock int

	chunks  map[int][]byte // mapped mailboxes, by slot / chunkSlots
	threads map[int]*thread
	exiting []*thread // told to exit; their slots come back when MbTid is 0
	nslots  int
	door    *uint32
	bells   mailbox // the slot that has the bells

	owner       string // credentials of all that it has served; "" for nobody
	hot         int    // threads that scan looks at
	activeIndex int
	ending      bool // its end was ordered
	dead        bool
	cpuNs       int64             // CPU time when last asked for
	lookedNs    int64             // CPU time as the gearbox last saw it
	firstStays  bool              // its first thread has ended for the app alone
	threaded    bool              // it has had more than one thread
	patches     map[uint64]int    // traps by address behind the instruction; -1: stays a trap
	jumps       []jumpArea        // where slots may lie
	freeze      *freeze           // while text is changed
	starting    bool              // nothing is mapped yet for the program
	still       bool              // its one thread has not run since cpuNs was read
	kept        []keptMap         // what the next program may find in place
	stale       bool              // kept is of the last program
	strays      []platform.Op     // unmap slots of the last program
	sites       map[uint64]uint64 // slot to the jump's address
}

// chunkSlots is how many mailboxes are mapped here at once.
const chunkSlots = 16

// newProcess makes the shared memory and the socket of a process that does not
// run yet; appFDs are to be handed to it.
func (p *Platform) newProcess() (pr *process, appSock int, err error) {
	pr = &process{p: p, pidfd: -1, memfd: -1, sock: -1, chunks: map[int][]byte{}, threads: map[int]*thread{},
		patches: map[uint64]int{}, sites: map[uint64]uint64{}}
	defer func() {
		if err != nil {
			pr.release()
		}
	}()
	if pr.memfd, err = unix.MemfdCreate("adyton-mailbox", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING); err != nil {
		return nil, -1, fmt.Errorf("memfd_create for mailboxes: %w", err)
	}
	if err = unix.Ftruncate(pr.memfd, shimSlotSize*shimMaxSlots); err != nil {
		return nil, -1, fmt.Errorf("size the mailboxes: %w", err)
	}
	// Sealed against shrinking: a shorter file would be a SIGBUS here.
	if _, err = unix.FcntlInt(uintptr(pr.memfd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		return nil, -1, fmt.Errorf("seal the mailboxes: %w", err)
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, -1, fmt.Errorf("socketpair: %w", err)
	}
	pr.sock = pair[0]
	unix.Shutdown(pair[0], unix.SHUT_RD)
	return pr, pair[1], nil
}

// slot maps the mailbox of a slot.
func (pr *process) slot(i int) (mailbox, error) {
	c := pr.chunks[i/chunkSlots]
	if c == nil {
		var err error
		c, err = unix.Mmap(pr.memfd, int64(i/chunkSlots)*chunkSlots*shimSlotSize, chunkSlots*shimSlotSize,
			unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
		if err != nil {
			return mailbox{}, fmt.Errorf("map mailboxes: %w", err)
		}
		pr.chunks[i/chunkSlots] = c
	}
	// SAFETY: the offset is inside the chunk just mapped.
	return mailbox{unsafe.Pointer(&c[i%chunkSlots*shimSlotSize])}, nil
}

// newThread makes the core's side of a thread in a slot.
func (pr *process) newThread(slot int) (*thread, error) {
	mb, err := pr.slot(slot)
	if err != nil {
		return nil, err
	}
	t := &thread{proc: pr, mb: mb, slot: slot, hotIndex: -1}
	m0, err := pr.slot(0)
	if err != nil {
		return nil, err
	}
	pr.door = m0.u32(shimMbDoor)
	pr.bells = m0
	mb.store(shimMbSelf, slotAddr(slot))
	mb.store32(shimMbState, shimStateIdle)
	mb.store32(shimMbReply, shimReplyNone)
	mb.store32(shimMbKick, 0)
	mb.store32(shimMbFull, 0)
	mb.store32(shimMbYieldOff, 0)
	mb.store32(shimMbTrapLeft, futexTraps-1)
	t.Answer(platform.AnswerAll)
	t.setPatience()
	copy(mb.bytes(shimMbSwReserved, 48), pr.p.swReserved())
	mb.store32(shimMbXLen, pr.p.xsize)
	pr.threads[slot] = t
	return t, nil
}

// slotAddr is where a slot lies in the app.
func slotAddr(slot int) uint64 {
	return shimShimBase + shimMailboxOff + uint64(slot)*shimSlotSize
}

// swReserved is what the kernel leaves in the software bytes of an fxsave
// area of a signal frame: struct _fpx_sw_bytes.
func (p *Platform) swReserved() []byte {
	var b [48]byte
	le := binary.LittleEndian
	le.PutUint32(b[0:], 0x46505853) // FP_XSTATE_MAGIC1
	le.PutUint32(b[4:], p.xsize+4)
	le.PutUint64(b[8:], p.features)
	le.PutUint32(b[16:], p.xsize)
	return b[:]
}

// takeSlot finds a free slot of a running process.
func (pr *process) takeSlot() (int, linux.Errno) {
	for i, t := range pr.exiting {
		if t.mb.load(shimMbTid)&0xffffffff == 0 { // the kernel cleared it: the thread is gone
			pr.exiting = append(pr.exiting[:i], pr.exiting[i+1:]...)
			return t.slot, 0
		}
	}
	if pr.nslots >= shimMaxSlots {
		return 0, linux.EAGAIN
	}
	pr.nslots++
	return pr.nslots - 1, 0
}

var errGone = errors.New("the process is gone")

// NewSpace implements platform.Platform: a process of the pool that has served
// the same credentials or nobody, or a new one.
func (p *Platform) NewSpace(owner string) (platform.Space, platform.Thread, error) {
	for _, fresh := range []bool{false, true} {
		for i := len(p.pool) - 1; i >= 0; i-- {
			pr := p.pool[i]
			if fresh != (pr.owner == "") || !fresh && pr.owner != owner {
				continue
			}
			p.pool = append(p.pool[:i], p.pool[i+1:]...)
			if fresh {
				p.refill()
			}
			pr.owner = owner
			return pr, pr.first(), nil
		}
	}
	pr, err := p.makeBlank()
	p.refill()
	if err != nil {
		return nil, nil, err
	}
	pr.owner = owner
	return pr, pr.first(), nil
}

// first gives the one thread of a process in the pool.
func (pr *process) first() *thread {
	for _, t := range pr.threads {
		return t
	}
	return nil
}

// Retire implements platform.Platform: the process of a space that has ended
// may serve another of the same credentials. What its app left behind (a
// mapping, a change of the shim's text in its copy) can only harm those.
func (p *Platform) Retire(pt platform.Thread) {
	t := pt.(*thread)
	pr := t.proc
	t.running = false
	if len(p.pool) >= poolSize+2 || len(pr.threads) != 1 || pr.owner == "" || pr.hostThreads() != 1 || pr.Clear(t) != 0 {
		t.Exit(0)
		return
	}
	p.cool(t)
	t.Answer(platform.AnswerAll)
	p.pool = append(p.pool, pr)
}

// hostThreads counts the threads that the host knows, those that an app made
// by itself included.
func (pr *process) hostThreads() int {
	var st unix.Stat_t
	if unix.Stat(fmt.Sprintf("/proc/%d/task", pr.pid), &st) != nil {
		return 0
	}
	return int(st.Nlink) - 2
}

// poolSize is how many blank processes wait for an exec.
const poolSize = 2

func (p *Platform) refill() {
	if p.filling || len(p.pool) >= poolSize {
		return
	}
	p.filling = true
	p.leader.Post(func() {
		for len(p.pool) < poolSize {
			pr, err := p.makeBlank()
			if err != nil {
				break // the next exec tries again and reports
			}
			p.pool = append(p.pool, pr)
		}
		p.filling = false
	})
}

// makeBlank starts a process and has its shim set itself up. It parks.
func (p *Platform) makeBlank() (*process, error) {
	pr, appSock, err := p.newProcess()
	if err != nil {
		return nil, err
	}
	pr.nslots = 1
	t, err := pr.newThread(0)
	if err != nil {
		unix.Close(appSock)
		pr.release()
		return nil, err
	}
	p.leader.Go(func() {
		done := make(chan struct{})
		p.starter <- func() { pr.pid, err = p.spawn(pr.memfd, appSock); close(done) }
		<-done
	})
	unix.Close(appSock)
	if err != nil {
		pr.release()
		return nil, err
	}
	pr.appSock = 2
	t.tid = pr.pid
	p.procs[pr.pid] = pr
	if err := p.reaper.watch(pr); err != nil {
		pr.Kill()
		return nil, err
	}
	unix.SchedSetaffinity(pr.pid, &p.cpus.apps)
	p.newBells()
	os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pr.pid), []byte("1000"), 0)
	if !t.awaitHello() {
		return nil, fmt.Errorf("start a blank process: %w", errGone)
	}
	if n, e := t.run(t.setUp()); e != 0 {
		pr.Kill()
		return nil, fmt.Errorf("set up a blank process: step %d: %s", n, e.Description())
	}
	pr.starting, t.blank = true, true
	if p.shimPages == 0 {
		all, _ := pr.Resident()
		p.shimPages = all / pageSize
	}
	return pr, nil
}

// spawn runs the stub; the starter's thread calls it.
func (p *Platform) spawn(memfd, appSock int) (int, error) {
	path := fmt.Sprintf("/proc/self/fd/%d", p.stub)
	pid, err := syscall.ForkExec(path, []string{"adyton-app"}, &syscall.ProcAttr{
		Files: []uintptr{uintptr(memfd), uintptr(p.ro.fd), uintptr(appSock)},
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
	})
	if err != nil {
		return 0, fmt.Errorf("start a blank process: %w", err)
	}
	return pid, nil
}

// setUp writes the orders that make a fresh stub a blank process: handlers,
// an empty address space, the filter last.
func (t *thread) setUp() int {
	data := t.mb.bytes(shimMbData, shimDataSize)
	at := slotAddr(t.slot) + shimMbData
	img := &t.proc.p.shim
	le := binary.LittleEndian
	const (
		saSiginfo, saOnstack, saNodefer, saRestorer = 4, 0x08000000, 0x40000000, 0x04000000
	)
	le.PutUint64(data[0:], shimShimBase+img.handler)
	le.PutUint64(data[8:], saSiginfo|saOnstack|saNodefer|saRestorer)
	le.PutUint64(data[16:], shimShimBase+img.restorer)
	le.PutUint64(data[24:], 0)
	t.putAltStack(data[64:])
	prog := img.filter()
	le.PutUint64(data[128:], uint64(len(prog)/8))
	le.PutUint64(data[136:], at+256)
	copy(data[256:], prog)

	n := 0
	add := func(nr uintptr, args ...uint64) { t.mb.order(n, nr, args...); n++ }
	for _, s := range []syscall.Signal{unix.SIGSYS, unix.SIGSEGV, unix.SIGBUS, unix.SIGFPE, unix.SIGILL, unix.SIGTRAP, unix.SIGURG} {
		add(unix.SYS_RT_SIGACTION, uint64(s), at, 0, 8)
	}
	add(unix.SYS_SIGALTSTACK, at+64, 0)
	// Everything but the shim and its pages goes: stack, vdso, vvar.
	end := slotAddr(shimMaxSlots)
	add(unix.SYS_MUNMAP, 0, shimShimBase)
	add(unix.SYS_MUNMAP, end, 1<<47-pageSize-end)
	add(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1)
	add(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, at+128)
	return n
}

// putAltStack writes a stack_t of the slot's alternate stack.
func (t *thread) putAltStack(b []byte) {
	le := binary.LittleEndian
	le.PutUint64(b[0:], slotAddr(t.slot)+shimMbAltStack)
	le.PutUint64(b[8:], 0)
	le.PutUint64(b[16:], shimAltStackSize)
}

// died is the reaper's word that a process has ended.
func (p *Platform) died(pid int) {
	pr := p.procs[pid]
	if pr == nil || pr.dead {
		return
	}
	pr.dead = true
	delete(p.procs, pid)
	for _, t := range pr.threads {
		p.cool(t)
		if t.waiting {
			p.leader.Wake(&t.order)
		}
	}
	if pr.freeze != nil {
		p.leader.Wake(&pr.freeze.all)
	}
	ended := pr.ending
	pooled := false
	for i, q := range p.pool {
		if q == pr {
			p.pool = append(p.pool[:i], p.pool[i+1:]...)
			pooled = true
			break
		}
	}
	if !ended && !pooled {
		p.kernel.Death(pr)
	}
	pr.release()
}

// release gives back what a process that does not run any more holds.
func (pr *process) release() {
	pr.dead = true
	for _, fd := range []*int{&pr.pidfd, &pr.memfd, &pr.sock} {
		if *fd >= 0 {
			unix.Close(*fd)
			*fd = -1
		}
	}
	for i, c := range pr.chunks {
		unix.Munmap(c)
		delete(pr.chunks, i)
	}
	clear(pr.threads)
}

// Kill implements platform.Space.
func (pr *process) Kill() {
	if pr.dead || pr.ending {
		return
	}
	pr.ending = true
	for _, t := range pr.threads {
		pr.p.cool(t)
		t.running = false
	}
	if pr.freeze != nil {
		pr.p.leader.Wake(&pr.freeze.all)
	}
	if pr.pidfd >= 0 {
		unix.PidfdSendSignal(pr.pidfd, unix.SIGKILL, nil, 0)
	} else if pr.pid > 0 {
		unix.Kill(pr.pid, unix.SIGKILL)
	}
}

// Limits implements platform.Space.
func (pr *process) Limits() (low, high uint64) { return 0x10000, shimShimBase - 1<<30 }

// ours reports whether pid is a child of ours that is alive or a zombie, and
// not one that we know: what an app's mailbox says counts only then.
func (p *Platform) ours(pid int) bool {
	if pid <= 0 || p.procs[pid] != nil {
		return false
	}
	return unix.Waitid(unix.P_PID, pid, nil, unix.WNOHANG|unix.WNOWAIT|unix.WEXITED, nil) == nil
}

// Fork implements platform.Space. The child's mailbox is at the parent's
// address, so that GS and the alternate stack are right in the copy.
func (pr *process) Fork(pt platform.Thread, r *platform.Regs) (platform.Space, platform.Thread, linux.Errno) {
	t := pt.(*thread)
	ch, appSock, err := pr.p.newProcess()
	if err != nil {
		return nil, nil, linux.EAGAIN
	}
	ch.nslots = t.slot + 1
	for i := range t.slot {
		ch.exiting = append(ch.exiting, &thread{proc: ch, slot: i})
	}
	ct, err := ch.newThread(t.slot)
	for _, x := range ch.exiting {
		if err == nil {
			x.mb, err = ch.slot(x.slot)
		}
	}
	if err != nil {
		unix.Close(appSock)
		ch.release()
		return nil, nil, linux.EAGAIN
	}
	ct.fs = t.fs
	*ct.mb.regs() = *r
	ct.full = true
	// The descriptors land on the lowest free numbers. An app that interferes
	// harms its child alone.
	memNr, sockNr := 0, 1
	if pr.appSock == 1 {
		sockNr = 2
	}
	fail := func(e linux.Errno) (platform.Space, platform.Thread, linux.Errno) {
		unix.Close(appSock)
		ch.release()
		return nil, nil, e
	}
	if e := pr.send(ch.memfd, appSock); e != 0 {
		return fail(e)
	}
	t.orderRecv(0, pr.appSock)
	if _, e := t.run(1); e != 0 {
		return fail(linux.EAGAIN)
	}
	ch.appSock = sockNr
	t.mb.order(0, 0, 0, 0, uint64(pr.appSock), 0, uint64(sockNr), uint64(memNr))
	if !t.act(shimActFork) {
		return fail(linux.EAGAIN)
	}
	pid := int(int64(t.mb.result(0)))
	t.mb.order(0, unix.SYS_CLOSE, uint64(memNr))
	t.mb.order(1, unix.SYS_CLOSE, uint64(sockNr))
	t.run(2)
	if !pr.p.ours(pid) {
		return fail(linux.EAGAIN)
	}
	unix.Close(appSock)
	ch.pid, ct.tid = pid, pid
	pr.p.procs[pid] = ch
	pr.p.newBells()
	if err := pr.p.reaper.watch(ch); err != nil {
		operatorError("%v", err)
		ch.Kill()
		return nil, nil, linux.EAGAIN
	}
	for a, n := range pr.patches {
		ch.patches[a] = n
	}
	ch.owner = pr.owner
	ch.kept = append(ch.kept, pr.kept...)
	ch.jumps = append(ch.jumps, pr.jumps...)
	for slot, at := range pr.sites {
		ch.sites[slot] = at
	}
	return ch, ct, 0
}

// Clone implements platform.Space.
func (pr *process) Clone(pt platform.Thread, r *platform.Regs, fs uint64, setTLS bool) (platform.Thread, linux.Errno) {
	t := pt.(*thread)
	slot, e := pr.takeSlot()
	if e != 0 {
		return nil, e
	}
	ct, err := pr.newThread(slot)
	if err != nil {
		return nil, linux.EAGAIN
	}
	if !setTLS {
		fs = t.fs
	}
	pr.threaded = true
	ct.fs = fs
	*ct.mb.regs() = *r
	ct.full = true
	ct.mb.store(shimMbTid, 1)
	ct.putAltStack(ct.mb.bytes(shimMbData, 24))
	at := slotAddr(slot)
	// PARENT_SETTID points to scratch, CHILD_CLEARTID to where we see the end.
	t.mb.order(0, unix.SYS_CLONE, threadFlags, r.Rsp, at+shimMbScratch+8, at+shimMbTid, fs, at)
	if !t.act(shimActClone) {
		delete(pr.threads, slot)
		return nil, linux.EAGAIN
	}
	tid := int64(t.mb.result(0))
	if tid <= 0 || tid > 1<<30 {
		delete(pr.threads, slot)
		ct.mb.store(shimMbTid, 0)
		pr.exiting = append(pr.exiting, ct)
		return nil, linux.EAGAIN
	}
	ct.tid = int(tid)
	return ct, 0
}

// Clear implements platform.Space. What is kept stays mapped until the next
// Apply says whether it is of use.
func (pr *process) Clear(pt platform.Thread) linux.Errno {
	t := pt.(*thread)
	n := t.clearBut()
	if n < maxOrders && t.fs != 0 {
		t.mb.order(n, unix.SYS_ARCH_PRCTL, 0x1002, 0)
		n++
		t.fs = 0
	}
	_, e := t.run(n)
	pr.stale = len(pr.kept) > 0
	pr.starting = true
	t.blank = t.fs == 0 && e == 0
	return e
}
