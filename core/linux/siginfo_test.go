package linux

import (
	"bytes"
	"testing"
)

// TestSiginfoMembersSitWhereCPutsThem gives each setter and getter the place
// that offsetof of siginfo_t reports on amd64.
func TestSiginfoMembersSitWhereCPutsThem(t *testing.T) {
	for _, c := range []struct {
		name   string
		set    func(*Siginfo)
		places map[int]string // offset: bytes
		get    func(*Siginfo) bool
	}{
		{"kill", func(s *Siginfo) { s.SetSender(-2, 0x01020304) },
			map[int]string{16: "\xfe\xff\xff\xff", 20: "\x04\x03\x02\x01"},
			func(s *Siginfo) bool { return s.Pid() == -2 && s.Uid() == 0x01020304 }},
		{"value", func(s *Siginfo) { s.SetValue(0x0102030405060708) },
			map[int]string{24: "\x08\x07\x06\x05\x04\x03\x02\x01"},
			func(s *Siginfo) bool { return s.Value() == 0x0102030405060708 }},
		{"timer", func(s *Siginfo) { s.SetTimer(3, 4, 5) },
			map[int]string{16: "\x03", 20: "\x04", 24: "\x05"},
			func(s *Siginfo) bool { return s.TimerID() == 3 && s.Overrun() == 4 && s.Value() == 5 }},
		{"child", func(s *Siginfo) { s.SetChild(1, 2, 3, 4, 5) },
			map[int]string{16: "\x01", 20: "\x02", 24: "\x03", 32: "\x04", 40: "\x05"},
			func(s *Siginfo) bool { return s.Status() == 3 && s.Utime() == 4 && s.Stime() == 5 }},
		{"fault", func(s *Siginfo) { s.SetFault(1 << 56) },
			map[int]string{23: "\x01"},
			func(s *Siginfo) bool { return s.Addr() == 1<<56 }},
		{"lsb", func(s *Siginfo) { s.SetAddrLsb(12) },
			map[int]string{24: "\x0c"},
			func(s *Siginfo) bool { return s.AddrLsb() == 12 }},
		{"bounds", func(s *Siginfo) { s.SetBounds(1, 2) },
			map[int]string{32: "\x01", 40: "\x02"},
			func(s *Siginfo) bool { return true }},
		{"pkey", func(s *Siginfo) { s.SetPkey(7) },
			map[int]string{32: "\x07"},
			func(s *Siginfo) bool { return s.Pkey() == 7 }},
		{"poll", func(s *Siginfo) { s.SetPoll(1, 2) },
			map[int]string{16: "\x01", 24: "\x02"},
			func(s *Siginfo) bool { return s.Band() == 1 && s.Fd() == 2 }},
		{"sys", func(s *Siginfo) { s.SetSys(1, 2, AUDIT_ARCH_X86_64) },
			map[int]string{16: "\x01", 24: "\x02", 28: "\x3e\x00\x00\xc0"},
			func(s *Siginfo) bool { return s.Addr() == 1 && s.Syscall() == 2 && s.Arch() == AUDIT_ARCH_X86_64 }},
	} {
		want := make([]byte, SizeofSiginfo)
		for off, bytes := range c.places {
			copy(want[off:], bytes)
		}
		var s, back Siginfo
		c.set(&s)
		got := make([]byte, SizeofSiginfo)
		s.Encode(got)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: got % x, want % x", c.name, got, want)
		}
		if back.Decode(got); !c.get(&back) {
			t.Errorf("%s: the getters do not give back what was set", c.name)
		}
	}
}

func TestSiginfoLayout(t *testing.T) {
	for _, c := range []struct {
		signo, code int32
		want        SiginfoLayout
	}{
		{SIGTERM, SI_USER, SIL_KILL},
		{SIGSEGV, SI_KERNEL, SIL_KILL},
		{SIGTERM, SI_TKILL, SIL_RT}, // negative, like SI_QUEUE: the value is part of it
		{SIGUSR1, SI_QUEUE, SIL_RT},
		{SIGALRM, SI_TIMER, SIL_TIMER},
		{SIGIO, SI_SIGIO, SIL_POLL},
		{SIGIO, POLL_IN, SIL_POLL},
		{SIGRTMIN + 3, POLL_HUP, SIL_POLL}, // F_SETSIG
		{SIGRTMIN + 3, 7, SIL_KILL},
		{SIGSEGV, SEGV_MAPERR, SIL_FAULT},
		{SIGSEGV, SEGV_BNDERR, SIL_FAULT_BNDERR},
		{SIGSEGV, SEGV_PKUERR, SIL_FAULT_PKUERR},
		{SIGSEGV, 11, SIL_KILL},
		{SIGBUS, BUS_ADRERR, SIL_FAULT},
		{SIGBUS, BUS_MCEERR_AO, SIL_FAULT_MCEERR},
		{SIGTRAP, TRAP_BRKPT, SIL_FAULT},
		{SIGTRAP, TRAP_PERF, SIL_PERF_EVENT},
		{SIGCHLD, CLD_EXITED, SIL_CHLD},
		{SIGSYS, SYS_SECCOMP, SIL_SYS},
		{SIGSYS, 3, SIL_POLL},
		{SIGILL, 11, SIL_FAULT},
	} {
		s := Siginfo{Signo: c.signo, Code: c.code}
		if got := s.Layout(); got != c.want {
			t.Errorf("Layout of %s with code %d = %d, want %d", SignalName(int(c.signo)), c.code, got, c.want)
		}
	}
}

func TestSignalfdSiginfo(t *testing.T) {
	s := Siginfo{Signo: SIGCHLD, Code: CLD_KILLED}
	s.SetChild(1, 2, SIGKILL, 4, 5)
	want := SignalfdSiginfo{Signo: SIGCHLD, Code: CLD_KILLED, Pid: 1, Uid: 2, Status: SIGKILL, Utime: 4, Stime: 5}
	if got := s.Signalfd(); got != want {
		t.Errorf("SIGCHLD: got %+v, want %+v", got, want)
	}

	s = Siginfo{Signo: SIGUSR1, Code: SI_QUEUE}
	s.SetSender(1, 2)
	s.SetValue(0x1122334455667788)
	want = SignalfdSiginfo{Signo: SIGUSR1, Code: SI_QUEUE, Pid: 1, Uid: 2, Ptr: 0x1122334455667788, Int: 0x55667788}
	if got := s.Signalfd(); got != want {
		t.Errorf("SI_QUEUE: got %+v, want %+v", got, want)
	}

	s = Siginfo{Signo: SIGALRM, Code: SI_TIMER}
	s.SetTimer(3, 4, 5)
	want = SignalfdSiginfo{Signo: SIGALRM, Code: SI_TIMER, Tid: 3, Overrun: 4, Ptr: 5, Int: 5}
	if got := s.Signalfd(); got != want {
		t.Errorf("SI_TIMER: got %+v, want %+v", got, want)
	}
}
