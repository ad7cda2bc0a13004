package linux

import (
	"bytes"
	"syscall"
	"testing"
)

func TestMakedevMatchesLibc(t *testing.T) {
	for _, c := range []struct {
		major, minor uint32
		want         uint64 // printed by makedev(3) of glibc
	}{
		{0, 0, 0},
		{1, 3, 0x103},
		{136, 255, 0x88ff},
		{8, 256, 0x100800},
		{0xfff, 0xfffff, 0xffffffff},
		{0x12345678, 0x9abcdef0, 0x123459abcde678f0},
	} {
		dev := Makedev(c.major, c.minor)
		if dev != c.want || Major(dev) != c.major || Minor(dev) != c.minor {
			t.Errorf("Makedev(%#x, %#x) = %#x (back: %#x, %#x), want %#x",
				c.major, c.minor, dev, Major(dev), Minor(dev), c.want)
		}
	}
}

func TestDirentBytes(t *testing.T) {
	got := AppendDirent(nil, 5, 7, DT_REG, "abcd")
	want := []byte("\x05\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x18\x00\x08abcd\x00")
	if !bytes.Equal(got, want) {
		t.Errorf("AppendDirent: got %q, want %q", got, want)
	}
	got = AppendOldDirent(nil, 5, 7, DT_DIR, "abcd")
	want = []byte("\x05\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00\x18\x00abcd\x00\x04")
	if !bytes.Equal(got, want) {
		t.Errorf("AppendOldDirent: got %q, want %q", got, want)
	}
}

// TestDirentsParse lets package syscall read what AppendDirent made, for every
// length of a name.
func TestDirentsParse(t *testing.T) {
	var b []byte
	name := ""
	for len(name) < NAME_MAX {
		name += "x"
		before := len(b)
		b = AppendDirent(b, 9, 1, DT_REG, name)
		if got, want := len(b)-before, DirentSize(name); got != want || got%8 != 0 {
			t.Errorf("AppendDirent of %d letters added %d bytes, want %d", len(name), got, want)
		}
	}
	_, _, names := syscall.ParseDirent(b, -1, nil)
	if len(names) != NAME_MAX {
		t.Fatalf("ParseDirent found %d names, want %d", len(names), NAME_MAX)
	}
	for i, n := range names {
		if len(n) != i+1 {
			t.Errorf("name %d has %d letters", i, len(n))
		}
	}
}

func TestInotifyEventBytes(t *testing.T) {
	for name, want := range map[string]string{
		"":                 "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00",
		"a":                "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x10\x00\x00\x00a" + string(make([]byte, 15)),
		"fifteen_letters":  "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x10\x00\x00\x00fifteen_letters\x00",
		"sixteen_letters_": "\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x20\x00\x00\x00sixteen_letters_" + string(make([]byte, 16)),
	} {
		got := string(AppendInotifyEvent(nil, 1, 2, 3, name))
		if got != want || len(got) != InotifyEventSize(name) {
			t.Errorf("AppendInotifyEvent(%q) = %q, want %q; InotifyEventSize = %d", name, got, want, InotifyEventSize(name))
		}
	}
}

// TestCmsgsParse lets package syscall read what AppendCmsg made.
func TestCmsgsParse(t *testing.T) {
	fds := []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}
	b := AppendCmsg(nil, SOL_SOCKET, SCM_RIGHTS, fds)
	if len(b) != CmsgSpace(12) || len(b) != syscall.CmsgSpace(12) {
		t.Fatalf("AppendCmsg made %d bytes, want %d", len(b), syscall.CmsgSpace(12))
	}
	var cred [SizeofUcred]byte
	(&Ucred{Pid: 1, Uid: 2, Gid: 3}).Encode(cred[:])
	b = AppendCmsg(b, SOL_SOCKET, SCM_CREDENTIALS, cred[:])

	msgs, err := syscall.ParseSocketControlMessage(b)
	if err != nil || len(msgs) != 2 {
		t.Fatalf("ParseSocketControlMessage = %v, %v, want two messages", msgs, err)
	}
	got, err := syscall.ParseUnixRights(&msgs[0])
	if err != nil || len(got) != 3 || got[2] != 3 {
		t.Errorf("ParseUnixRights = %v, %v, want [1 2 3]", got, err)
	}
	uc, err := syscall.ParseUnixCredentials(&msgs[1])
	if err != nil || uc.Pid != 1 || uc.Uid != 2 || uc.Gid != 3 {
		t.Errorf("ParseUnixCredentials = %v, %v, want {1 2 3}", uc, err)
	}
}

func TestNextCmsg(t *testing.T) {
	b := AppendCmsg(nil, SOL_SOCKET, SCM_RIGHTS, []byte{1, 2, 3, 4})
	b = b[:SizeofCmsghdr+4] // the last message needs no padding
	hdr, data, rest, more, e := NextCmsg(b)
	if e != 0 || !more || hdr.Type != SCM_RIGHTS || !bytes.Equal(data, []byte{1, 2, 3, 4}) || len(rest) != 0 {
		t.Errorf("NextCmsg = %+v, %v, %v, %v, %v, want the message", hdr, data, rest, more, e)
	}
	if _, _, _, more, e := NextCmsg(rest); more || e != 0 {
		t.Errorf("NextCmsg at the end = %v, %v, want no more", more, e)
	}
	for _, bad := range []uint64{0, 15, uint64(len(b)) + 1, 1 << 63, ^uint64(0)} {
		le.PutUint64(b, bad)
		if _, _, _, more, e := NextCmsg(b); more || e != EINVAL {
			t.Errorf("NextCmsg with length %#x = %v, %v, want EINVAL", bad, more, e)
		}
	}
}

func TestSockaddrUn(t *testing.T) {
	for name, want := range map[string]string{
		"":      "\x01\x00",
		"/a":    "\x01\x00/a\x00",
		"\x00b": "\x01\x00\x00b",
	} {
		got := string(AppendSockaddrUn(nil, name))
		if got != want {
			t.Errorf("AppendSockaddrUn(%q) = %q, want %q", name, got, want)
		}
		if name == "" {
			continue
		}
		if back, e := DecodeSockaddrUn([]byte(got)); back != name || e != 0 {
			t.Errorf("DecodeSockaddrUn(%q) = %q, %v, want %q", got, back, e, name)
		}
	}
	for _, bad := range []string{"", "\x01", "\x01\x00", "\x02\x00/a", "\x01\x00" + string(make([]byte, 109))} {
		if _, e := DecodeSockaddrUn([]byte(bad)); e != EINVAL {
			t.Errorf("DecodeSockaddrUn(%q) = %v, want EINVAL", bad, e)
		}
	}
	full := "\x01\x00/" + string(bytes.Repeat([]byte("x"), 107))
	if got, e := DecodeSockaddrUn([]byte(full)); e != 0 || len(got) != 108 {
		t.Errorf("DecodeSockaddrUn without NUL = %d bytes, %v, want 108", len(got), e)
	}
}

func TestSockaddrInetBytes(t *testing.T) {
	b := bytes.Repeat([]byte{0xa5}, SizeofSockaddrIn6)
	in := SockaddrIn{Port: 0x1234, Addr: [4]byte{127, 0, 0, 1}}
	in.Encode(b)
	if want := "\x02\x00\x12\x34\x7f\x00\x00\x01" + string(make([]byte, 8)); string(b[:16]) != want {
		t.Errorf("SockaddrIn.Encode: got %q, want %q", b[:16], want)
	}
	var in2 SockaddrIn
	if in2.Decode(b); in2 != in {
		t.Errorf("SockaddrIn.Decode = %+v, want %+v", in2, in)
	}

	in6 := SockaddrIn6{Port: 0x1234, Flowinfo: [4]byte{1, 2, 3, 4}, Addr: [16]byte{15: 1}, ScopeID: 9}
	in6.Encode(b)
	if want := "\x0a\x00\x12\x34\x01\x02\x03\x04" + string(make([]byte, 15)) + "\x01\x09\x00\x00\x00"; string(b) != want {
		t.Errorf("SockaddrIn6.Encode: got %q, want %q", b, want)
	}
	var back SockaddrIn6
	if back.Decode(b); back != in6 {
		t.Errorf("SockaddrIn6.Decode = %+v, want %+v", back, in6)
	}
	in6.ScopeID = 0
	if back.Decode(b[:24]); back != in6 {
		t.Errorf("SockaddrIn6.Decode of 24 bytes = %+v, want %+v", back, in6)
	}
}

func TestUtsnameCutsLongNames(t *testing.T) {
	b := bytes.Repeat([]byte{0xa5}, SizeofUtsname)
	long := string(bytes.Repeat([]byte("n"), 70))
	(&Utsname{Sysname: "Linux", Nodename: long, Domainname: "(none)"}).Encode(b)
	want := make([]byte, 390)
	copy(want, "Linux")
	copy(want[65:], long[:64])
	copy(want[5*65:], "(none)")
	if !bytes.Equal(b, want) {
		t.Errorf("Utsname.Encode: got %q", b)
	}
}

// TestShortStructsDecodeAsOldVersions keeps clone3 and sched_setattr working
// for programs built with older headers.
func TestShortStructsDecodeAsOldVersions(t *testing.T) {
	b := bytes.Repeat([]byte{1}, 64)
	c := CloneArgs{SetTid: 5, Cgroup: 6}
	c.Decode(b)
	if c.Flags != 0x0101010101010101 || c.Tls != 0x0101010101010101 || c.SetTid != 0 || c.Cgroup != 0 {
		t.Errorf("CloneArgs.Decode of 64 bytes = %+v", c)
	}
	s := SchedAttr{UtilMin: 5}
	s.Decode(b[:48])
	if s.Period != 0x0101010101010101 || s.UtilMin != 0 || s.UtilMax != 0 {
		t.Errorf("SchedAttr.Decode of 48 bytes = %+v", s)
	}
}

func TestAppendIovecs(t *testing.T) {
	b := make([]byte, 40)
	le.PutUint64(b, 0x1000)
	le.PutUint64(b[8:], 3)
	le.PutUint64(b[16:], 0x2000)
	le.PutUint64(b[24:], 4)
	got := AppendIovecs(make([]Iovec, 0, 4), b)
	if len(got) != 2 || got[0] != (Iovec{0x1000, 3}) || got[1] != (Iovec{0x2000, 4}) {
		t.Errorf("AppendIovecs = %v", got)
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		ts    Timespec
		valid bool
		ns    int64
	}{
		{Timespec{0, 0}, true, 0},
		{Timespec{1, 999999999}, true, 1999999999},
		{Timespec{0, 1000000000}, false, 1000000000},
		{Timespec{0, -1}, false, -1},
		{Timespec{-1, 0}, false, -1000000000},
		{Timespec{1 << 62, 5}, true, 1<<63 - 1},
		{Timespec{-1 << 62, 5}, false, -1 << 63},
		{Timespec{9223372035, 999999999}, true, 9223372035999999999},
		{Timespec{9223372036, 1}, true, 1<<63 - 1},
	} {
		if c.ts.Valid() != c.valid || c.ts.Ns() != c.ns {
			t.Errorf("%v: Valid = %v, Ns = %d, want %v, %d", c.ts, c.ts.Valid(), c.ts.Ns(), c.valid, c.ns)
		}
	}
	if got, want := NsToTimespec(-1), (Timespec{-1, 999999999}); got != want {
		t.Errorf("NsToTimespec(-1) = %v, want %v", got, want)
	}
	if got, want := NsToTimeval(1999999999), (Timeval{1, 999999}); got != want {
		t.Errorf("NsToTimeval = %v, want %v", got, want)
	}
	if (Timeval{0, 1000000}).Valid() || !(Timeval{0, 999999}).Valid() || (Timeval{-1, 0}).Valid() {
		t.Errorf("Timeval.Valid is wrong at its edges")
	}
	if got := (Timeval{2, 3}).Ns(); got != 2000003000 {
		t.Errorf("Timeval{2, 3}.Ns() = %d", got)
	}
}

func TestSigSet(t *testing.T) {
	var s SigSet
	if s.First() != 0 || s.String() != "[]" {
		t.Errorf("empty set: First = %d, String = %s", s.First(), s)
	}
	s.Add(SIGINT)
	s.Add(SIGCHLD)
	s.Add(64)
	s.Add(0)
	s.Add(65)
	if s != 1<<1|1<<16|1<<63 || !s.Has(SIGINT) || s.Has(SIGHUP) || s.Has(0) || s.Has(65) || s.First() != SIGINT {
		t.Errorf("set is %#x, First = %d", uint64(s), s.First())
	}
	if got, want := s.String(), "[INT CHLD RT_32]"; got != want {
		t.Errorf("String = %s, want %s", got, want)
	}
	if got, want := (^UnblockableSignals).String(), "~[KILL STOP]"; got != want {
		t.Errorf("String = %s, want %s", got, want)
	}
	s.Del(SIGINT)
	if s.Has(SIGINT) || s.First() != SIGCHLD {
		t.Errorf("after Del the set is %s", s)
	}
	for n, want := range map[int]string{1: "SIGHUP", 31: "SIGSYS", 32: "SIGRTMIN", 34: "SIGRT_2", 64: "SIGRT_32", 0: "0", 65: "65", -1: "-1"} {
		if got := SignalName(n); got != want {
			t.Errorf("SignalName(%d) = %s, want %s", n, got, want)
		}
	}
}

// TestHotEncodersAllocateNothing guards stat, getdents, poll and epoll.
func TestHotEncodersAllocateNothing(t *testing.T) {
	b := make([]byte, 512)
	var (
		st Stat
		sx Statx
		ev EpollEvent
		ts Timespec
	)
	n := testing.AllocsPerRun(100, func() {
		st.Encode(b)
		sx.Encode(b)
		ev.Decode(b)
		ts.Decode(b)
		_ = AppendDirent(b[:0], 1, 2, DT_REG, "name")
	})
	if n != 0 {
		t.Errorf("hot encoders allocate %v times a run, want 0", n)
	}
}
