package linux

import (
	"math/bits"
	"strconv"
)

// SigSet is the kernel's sigset_t: bit n-1 stands for signal n.
type SigSet uint64

// SizeofSigSet is the size of SigSet in bytes, the only sigsetsize that the
// rt_sig* calls take.
const SizeofSigSet = 8

// UnblockableSignals can be neither caught nor blocked nor ignored.
const UnblockableSignals = SigSet(1<<(SIGKILL-1) | 1<<(SIGSTOP-1))

// SigMask returns the set of one signal, and the empty set when n is not a
// signal (1 to NSIG).
func SigMask(n int) SigSet {
	if n < 1 || n > NSIG {
		return 0
	}
	return 1 << (n - 1)
}

// Add puts signal n into s.
func (s *SigSet) Add(n int) { *s |= SigMask(n) }

// Del takes signal n out of s.
func (s *SigSet) Del(n int) { *s &^= SigMask(n) }

// Has reports whether signal n is in s.
func (s SigSet) Has(n int) bool { return s&SigMask(n) != 0 }

// First returns the lowest signal of s, 0 when s is empty.
func (s SigSet) First() int {
	if s == 0 {
		return 0
	}
	return bits.TrailingZeros64(uint64(s)) + 1
}

// Encode writes s to the first SizeofSigSet bytes of b.
func (s SigSet) Encode(b []byte) { le.PutUint64(b, uint64(s)) }

// Decode reads s from the first SizeofSigSet bytes of b.
func (s *SigSet) Decode(b []byte) { *s = SigSet(le.Uint64(b)) }

// SignalName returns "SIGHUP" and so on, "SIGRT_1" for the second real-time
// signal (as strace does, counting from the kernel's SIGRTMIN), and the number
// for what is no signal.
func SignalName(n int) string {
	switch {
	case n > 0 && n < len(signalNames):
		return "SIG" + signalNames[n]
	case n == SIGRTMIN:
		return "SIGRTMIN"
	case n > SIGRTMIN && n <= SIGRTMAX:
		return "SIGRT_" + strconv.Itoa(n-SIGRTMIN)
	}
	return strconv.Itoa(n)
}

var signalNames = [...]string{
	SIGHUP: "HUP", SIGINT: "INT", SIGQUIT: "QUIT", SIGILL: "ILL", SIGTRAP: "TRAP", SIGABRT: "ABRT",
	SIGBUS: "BUS", SIGFPE: "FPE", SIGKILL: "KILL", SIGUSR1: "USR1", SIGSEGV: "SEGV", SIGUSR2: "USR2",
	SIGPIPE: "PIPE", SIGALRM: "ALRM", SIGTERM: "TERM", SIGSTKFLT: "STKFLT", SIGCHLD: "CHLD",
	SIGCONT: "CONT", SIGSTOP: "STOP", SIGTSTP: "TSTP", SIGTTIN: "TTIN", SIGTTOU: "TTOU", SIGURG: "URG",
	SIGXCPU: "XCPU", SIGXFSZ: "XFSZ", SIGVTALRM: "VTALRM", SIGPROF: "PROF", SIGWINCH: "WINCH",
	SIGIO: "IO", SIGPWR: "PWR", SIGSYS: "SYS",
}

// String prints s as strace does: "[INT CHLD]"; when more signals are in s
// than not, "~[KILL STOP]" names those that are missing.
func (s SigSet) String() string {
	set, out := s, []byte("[")
	if bits.OnesCount64(uint64(s)) > NSIG/2 {
		set, out = ^s, []byte("~[")
	}
	for i := 0; set != 0; i++ {
		n := set.First()
		set.Del(n)
		if i > 0 {
			out = append(out, ' ')
		}
		name := SignalName(n)
		out = append(out, name[len("SIG"):]...)
	}
	return string(append(out, ']'))
}
