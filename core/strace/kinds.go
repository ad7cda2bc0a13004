package strace

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
)

// Kinds that rows do not name: this package knows them by call and argument.
const (
	envp       Kind = 200 + iota // char *[], of which only the number is shown
	rusageOut                    // struct rusage of a child that was found
	stackIn                      // stack_t, read
	stackOut                     // stack_t, written
	direntsOut                   // linux_dirent64 records
	randomOut                    // bytes that are no text
	statxOut                     // struct statx
	leftIn                       // what is left of a sleep: written after a signal only
	unameOut                     // struct utsname
	sysinfoOut                   // struct sysinfo
	epollIn                      // struct epoll_event, read
	epollsOut                    // struct epoll_event of as many as the result says
	rlimit64In
	rlimit64Out
	statfsOut
	itimerIn
	itimerOut
	sockaddrOut // struct sockaddr, its length behind the next argument
	lengthInOut // that length
	cwdOut      // a path of as many bytes as the result says
	statxFlags  // AT_* with the way to synchronise first
	socketType  // SOCK_* with its flags
	socketProto // IPPROTO_* of the internet, else a number
	utimesIn    // two struct timespec, as dates
	fdSetIn     // fd_set, read and later written
	selectMask  // what pselect6 has behind its last argument
	optionName  // an option of the level before it
	optionIn    // its value
	optionOut   // its value, its length behind the next argument
)

// known are arguments whose row says less than strace shows.
var known = map[string]map[int]Kind{
	"execve":          {2: envp},
	"execveat":        {3: envp},
	"wait4":           {3: rusageOut},
	"getrusage":       {1: rusageOut},
	"sigaltstack":     {0: stackIn, 1: stackOut},
	"getdents64":      {1: direntsOut},
	"getrandom":       {0: randomOut},
	"statx":           {2: statxFlags, 4: statxOut},
	"socket":          {1: socketType, 2: socketProto},
	"socketpair":      {1: socketType, 2: socketProto, 3: FDPair},
	"utimensat":       {2: utimesIn},
	"nanosleep":       {0: TimespecIn, 1: leftIn},
	"clock_nanosleep": {2: TimespecIn, 3: leftIn},
	"uname":           {0: unameOut},
	"sysinfo":         {0: sysinfoOut},
	"epoll_ctl":       {3: epollIn},
	"epoll_wait":      {1: epollsOut},
	"epoll_pwait":     {1: epollsOut},
	"prlimit64":       {2: rlimit64In, 3: rlimit64Out},
	"statfs":          {1: statfsOut},
	"fstatfs":         {1: statfsOut},
	"setitimer":       {1: itimerIn, 2: itimerOut},
	"getitimer":       {1: itimerOut},
	"accept":          {1: sockaddrOut, 2: lengthInOut},
	"accept4":         {1: sockaddrOut, 2: lengthInOut},
	"getsockname":     {1: sockaddrOut, 2: lengthInOut},
	"getpeername":     {1: sockaddrOut, 2: lengthInOut},
	"getcwd":          {0: cwdOut},
	"select":          {1: fdSetIn, 2: fdSetIn, 3: fdSetIn},
	"pselect6":        {1: fdSetIn, 2: fdSetIn, 3: fdSetIn, 5: selectMask},
	"setsockopt":      {2: optionName, 3: optionIn},
	"getsockopt":      {2: optionName, 3: optionOut, 4: lengthInOut},
}

func (p *printer) kind(i int) Kind {
	if k, ok := known[p.name][i]; ok {
		return k
	}
	return p.args[i].Kind
}

// late says that an argument is known only after the call.
func late(k Kind) bool {
	switch k {
	case Out, SigSetOut, TimespecOut, TimevalOut, StatOut, SigActionOut, IovecOut, RlimitOut, WaitStatus, FDPair, IntOut,
		rusageOut, stackOut, direntsOut, randomOut, statxOut, leftIn, unameOut, sysinfoOut, epollsOut, rlimit64Out, statfsOut,
		itimerOut, sockaddrOut, lengthInOut, cwdOut, optionOut:
		return true
	}
	return false
}

// arg prints one argument. One that the call writes is an address when the call
// failed.
func (p *printer) arg(i int) {
	a, v := &p.args[i], p.a[i]
	k := p.kind(i)
	if late(k) && p.failed() && k != leftIn && k != lengthInOut {
		p.pointer(v)
		return
	}
	switch k {
	case Int, FD:
		p.int(int64(int32(v)))
	case Long:
		p.int(int64(v))
	case Uint:
		p.uint(v)
	case Hex:
		p.hex(v)
	case Octal:
		p.str(linux.ModeString(p.word32(i)))
	case DirFD:
		p.dirfd(v)
	case Path:
		p.path(v)
	case String:
		p.text(v, maxString)
	case In:
		p.buffer(v, p.a[a.LenArg])
	case Out:
		p.buffer(v, uint64(p.ret))
	case Flags:
		p.str(linux.FlagNames(a.Flags, p.word32(i)))
	case Enum:
		p.str(linux.ValueName(a.Flags, p.word32(i)))
	case Signal:
		p.signal(int32(v))
	case OpenFlags:
		p.str(linux.OpenFlagNames(p.word32(i)))
	case MmapFlags:
		p.str(linux.MmapFlagNames(v))
	case CloneFlags:
		p.str(linux.CloneFlagNames(v))
	case FutexOp:
		p.str(linux.FutexOpName(p.word32(i)))
	case DevNr:
		p.dev(p.word32(i))
	case IovecIn:
		p.iovecs(v, p.a[a.LenArg], ^uint64(0))
	case IovecOut:
		p.iovecs(v, p.a[a.LenArg], uint64(p.ret))
	case PollFds:
		p.polls(v, p.a[a.LenArg])
	case Strings:
		p.strings(v)
	case envp:
		p.countStrings(v)
	case direntsOut:
		p.dirents(v)
	case randomOut:
		p.bufferBy(v, uint64(p.ret), p.quoteHex)
	case cwdOut:
		p.text(v, linux.PATH_MAX-1)
	case leftIn:
		// Decoded only when a signal cut the sleep short (strace, time.c).
		if p.e == linux.EINTR || p.e == linux.ERESTART_RESTARTBLOCK || p.e == linux.ERESTARTNOHAND {
			p.structure(i, TimespecIn, v)
		} else {
			p.pointer(v)
		}
	case WaitStatus:
		p.waitStatus(v)
	case epollsOut:
		p.epolls(v)
	case statxFlags:
		sync := linux.FlagNames(statxSyncs, p.word32(i)&linux.AT_STATX_SYNC_TYPE)
		if rest := p.word32(i) &^ linux.AT_STATX_SYNC_TYPE; rest != 0 {
			sync += "|" + linux.FlagNames(linux.StatxAtFlags, rest)
		}
		p.str(sync)
	case socketType:
		p.str(linux.SocketTypeNames(p.word32(i)))
	case socketProto:
		if f := p.word32(0); f == linux.AF_INET || f == linux.AF_INET6 {
			p.str(linux.ValueName(linux.IPProtocols, p.word32(i)))
		} else {
			p.uint(p.word32(i))
		}
	case utimesIn:
		p.utimes(v)
	case fdSetIn:
		p.fdsIn(v)
	case selectMask:
		p.selectMask(v)
	case optionName:
		p.optionName(p.word32(1), p.word32(2))
	case optionIn:
		p.option(v, int32(p.a[4]))
	case optionOut:
		if b := p.read(p.a[4], 4); b != nil {
			p.option(v, int32(binary.LittleEndian.Uint32(b)))
		} else {
			p.pointer(v)
		}
	default:
		p.structure(i, k, v)
	}
}

// statxSyncs are the values of AT_STATX_SYNC_TYPE.
var statxSyncs = []linux.Flag{
	{Name: "AT_STATX_SYNC_AS_STAT", Value: linux.AT_STATX_SYNC_AS_STAT},
	{Name: "AT_STATX_FORCE_SYNC", Value: linux.AT_STATX_FORCE_SYNC},
	{Name: "AT_STATX_DONT_SYNC", Value: linux.AT_STATX_DONT_SYNC},
}

func (p *printer) dirfd(v uint64) {
	if int32(v) == linux.AT_FDCWD {
		p.str("AT_FDCWD")
		return
	}
	p.int(int64(int32(v)))
}

// signal prints a signal's name, or the number of what is no signal.
func (p *printer) signal(n int32) { p.str(linux.SignalName(int(n))) }

func (p *printer) dev(v uint64) {
	p.str("makedev(")
	p.hex(uint64(linux.Major(v)))
	p.str(", ")
	p.hex(uint64(linux.Minor(v)))
	p.str(")")
}

// iovecs prints n buffers, of which total bytes are there.
func (p *printer) iovecs(addr, n, total uint64) {
	p.array(addr, n, linux.SizeofIovec, func(b []byte) {
		var v linux.Iovec
		v.Decode(b)
		p.str("{iov_base=")
		p.buffer(v.Base, min(v.Len, total))
		p.str(", iov_len=")
		p.uint(v.Len)
		p.str("}")
		total -= min(v.Len, total)
	})
}

// array prints n structures of size bytes.
func (p *printer) array(addr, n uint64, size int, one func([]byte)) {
	if addr == 0 {
		p.str("NULL")
		return
	}
	if n == 0 {
		p.str("[]")
		return
	}
	for i := range n {
		if i == maxItems {
			p.str(", ...")
			break
		}
		b := p.read(addr+i*uint64(size), size)
		switch {
		case b == nil && i == 0:
			p.pointer(addr)
			return
		case b == nil:
			p.str(", ... /* ")
			p.pointer(addr + i*uint64(size))
			p.str(" */")
		case i == 0:
			p.str("[")
		default:
			p.str(", ")
		}
		if b == nil {
			break
		}
		one(b)
	}
	p.str("]")
}

// polls prints struct pollfd as asked; what came follows the result.
func (p *printer) polls(addr, n uint64) {
	p.array(addr, n, linux.SizeofPollFd, func(b []byte) {
		var v linux.PollFd
		v.Decode(b)
		p.str("{fd=")
		p.int(int64(v.Fd))
		if v.Fd >= 0 {
			p.str(", events=")
			p.str(linux.FlagNames(linux.PollEvents, uint64(uint16(v.Events))))
		}
		p.str("}")
	})
}

// polled says behind the result of a poll which descriptors are ready.
func (p *printer) polled(addr, n uint64) {
	if p.failed() {
		return
	}
	if p.ret == 0 {
		p.aux = []byte("Timeout")
		return
	}
	q := printer{mem: p.mem}
	shown := false
	q.str("[")
	for i := range min(n, 1<<16) {
		b := p.read(addr+i*linux.SizeofPollFd, linux.SizeofPollFd)
		if b == nil {
			break
		}
		var v linux.PollFd
		v.Decode(b)
		if v.Revents == 0 {
			continue
		}
		if shown {
			q.str(", ")
		}
		shown = true
		q.str("{fd=")
		q.int(int64(v.Fd))
		q.str(", revents=")
		q.str(linux.FlagNames(linux.PollEvents, uint64(uint16(v.Revents))))
		q.str("}")
	}
	q.str("]")
	p.aux = q.b
}

// strings prints a NULL-terminated array of strings.
func (p *printer) strings(addr uint64) {
	if addr == 0 {
		p.str("NULL")
		return
	}
	for i := uint64(0); ; i++ {
		b := p.read(addr+8*i, 8)
		switch {
		case b == nil && i == 0:
			p.pointer(addr)
			return
		case b == nil:
			p.str(", ... /* ")
			p.pointer(addr + 8*i)
			p.str(" */]")
			return
		}
		s := binary.LittleEndian.Uint64(b)
		if s == 0 {
			if i == 0 {
				p.str("[")
			}
			p.str("]")
			return
		}
		if i == 0 {
			p.str("[")
		} else {
			p.str(", ")
		}
		if i == maxItems {
			p.str("...]")
			return
		}
		p.text(s, maxString)
	}
}

// countStrings prints how many strings an array has.
func (p *printer) countStrings(addr uint64) {
	p.pointer(addr)
	if addr == 0 {
		return
	}
	p.str(" /* ")
	n := uint64(0)
	for ; n < 1<<16; n++ {
		b := p.read(addr+8*n, 8)
		if b == nil {
			p.str("unterminated, ")
			break
		}
		if binary.LittleEndian.Uint64(b) == 0 {
			break
		}
	}
	p.uint(n)
	if n == 1 {
		p.str(" var */")
	} else {
		p.str(" vars */")
	}
}

// dirents prints how many records getdents64 gave.
func (p *printer) dirents(addr uint64) {
	p.pointer(addr)
	n := uint64(0)
	for at := int64(0); at < p.ret; n++ {
		b := p.read(addr+uint64(at), 19)
		if b == nil {
			break
		}
		size := int64(binary.LittleEndian.Uint16(b[16:]))
		if size < 19 {
			break
		}
		at += size
	}
	p.str(" /* ")
	p.uint(n)
	p.str(" entries */")
}

func (p *printer) waitStatus(addr uint64) {
	b := p.read(addr, 4)
	if b == nil || p.ret == 0 && p.name == "wait4" {
		p.pointer(addr)
		return
	}
	p.str("[")
	p.status(int32(binary.LittleEndian.Uint32(b)))
	p.str("]")
}

// status prints a wait status by the macros of wait(2).
func (p *printer) status(s int32) {
	sig := s & 0x7f
	switch {
	case sig == 0:
		p.str("{WIFEXITED(s) && WEXITSTATUS(s) == ")
		p.int(int64(s >> 8 & 0xff))
	case s == 0xffff:
		p.str("{WIFCONTINUED(s)")
	case sig == 0x7f:
		p.str("{WIFSTOPPED(s) && WSTOPSIG(s) == ")
		p.signal(s >> 8 & 0xff)
	default:
		p.str("{WIFSIGNALED(s) && WTERMSIG(s) == ")
		p.signal(sig)
		if s&0x80 != 0 {
			p.str(" && WCOREDUMP(s)")
		}
	}
	p.str("}")
}

func (p *printer) epolls(addr uint64) {
	p.array(addr, uint64(max(0, p.ret)), linux.SizeofEpollEvent, p.epoll)
}
