package hostproc

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Flags of the two kinds of clone that the filter lets through.
const (
	threadFlags = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD |
		unix.CLONE_SYSVSEM | unix.CLONE_SETTLS | unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_CLEARTID
	forkFlags = unix.CLONE_PARENT | int(unix.SIGCHLD)
)

// seccomp_data offsets.
const (
	dataNr   = 0
	dataArch = 4
	dataIP   = 8
	dataArgs = 16
)

type bpf struct{ b []byte }

func (p *bpf) op(code uint16, jt, jf uint8, k uint32) {
	p.b = binary.LittleEndian.AppendUint16(p.b, code)
	p.b = append(p.b, jt, jf)
	p.b = binary.LittleEndian.AppendUint32(p.b, k)
}

func (p *bpf) load(off uint32) { p.op(unix.BPF_LD|unix.BPF_W|unix.BPF_ABS, 0, 0, off) }
func (p *bpf) ret(v uint32)    { p.op(unix.BPF_RET|unix.BPF_K, 0, 0, v) }

// unless skips n instructions when the accumulator is not k.
func (p *bpf) unless(k uint32, n uint8) { p.op(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, n, k) }

// filter is the program that every app process runs under. A call from outside
// the shim is sent to the shim's handler. A call from inside is allowed only
// when it is harmless with any arguments, since an app may jump there.
func (img *image) filter() []byte {
	const (
		kill  = unix.SECCOMP_RET_KILL_PROCESS
		trap  = unix.SECCOMP_RET_TRAP
		allow = unix.SECCOMP_RET_ALLOW
	)
	var p bpf
	p.load(dataArch)
	p.op(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 1, 0, unix.AUDIT_ARCH_X86_64)
	p.ret(kill)
	p.load(dataIP + 4)
	p.op(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 1, 0, shimShimBase>>32)
	p.ret(trap)
	p.load(dataIP)
	p.op(unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K, 0, 1, shimShimBase&0xffffffff+uint32(len(img.text))+1)
	p.ret(trap)
	p.op(unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K, 1, 0, shimShimBase&0xffffffff)
	p.ret(trap)

	p.load(dataNr)
	for _, nr := range []uint32{
		unix.SYS_FUTEX, unix.SYS_FUTEX_WAITV, unix.SYS_FUTEX_WAKE, unix.SYS_FUTEX_WAIT, unix.SYS_FUTEX_REQUEUE, unix.SYS_SCHED_YIELD, unix.SYS_RT_SIGRETURN,
		unix.SYS_MMAP, unix.SYS_MUNMAP, unix.SYS_MPROTECT, unix.SYS_MREMAP, unix.SYS_MADVISE,
		unix.SYS_ARCH_PRCTL, unix.SYS_SIGALTSTACK, unix.SYS_RECVMSG, unix.SYS_CLOSE,
		unix.SYS_EXIT, unix.SYS_EXIT_GROUP, unix.SYS_MEMBARRIER,
	} {
		p.unless(nr, 1)
		p.ret(allow)
	}
	// clone: two sets of flags and no others. The high half of the argument
	// is checked too.
	p.unless(unix.SYS_CLONE, 8)
	p.load(dataArgs + 4)
	p.op(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 1, 0, 0)
	p.ret(kill)
	p.load(dataArgs)
	p.unless(threadFlags, 1)
	p.ret(allow)
	p.op(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, 1, uint32(forkFlags))
	p.ret(allow)
	p.load(dataNr)
	// prctl(PR_SET_PDEATHSIG, SIGKILL): a fork child's first act.
	p.unless(unix.SYS_PRCTL, 5)
	p.load(dataArgs)
	p.unless(unix.PR_SET_PDEATHSIG, 3)
	p.load(dataArgs + 8)
	p.unless(uint32(unix.SIGKILL), 1)
	p.ret(allow)
	p.load(dataNr)
	// tgkill with SIGURG only: ignored by default, so harmless anywhere.
	p.unless(unix.SYS_TGKILL, 3)
	p.load(dataArgs + 16)
	p.unless(uint32(unix.SIGURG), 1)
	p.ret(allow)
	p.ret(kill)
	return p.b
}
