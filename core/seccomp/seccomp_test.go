package seccomp

import (
	"testing"

	"adyton.dev/adyton/core/linux"
)

// FuzzRun: a program that is let in ends, whatever it is and sees.
func FuzzRun(f *testing.F) {
	f.Add([]byte{0x20, 0, 0, 0, 0, 0, 0, 0, 0x15, 0, 0, 1, 39, 0, 0, 0, 6, 0, 0, 0, 5, 0, 5, 0, 6, 0, 0, 0, 0, 0, 0xff, 0x7f}, []byte{39})
	f.Fuzz(func(t *testing.T, code, data []byte) {
		var prog []linux.SockFilter
		for ; len(code) >= linux.SizeofSockFilter && len(prog) < linux.BPF_MAXINSNS; code = code[linux.SizeofSockFilter:] {
			var i linux.SockFilter
			i.Decode(code)
			prog = append(prog, i)
		}
		if len(prog) == 0 {
			return
		}
		chain, e := Attach(nil, prog)
		if e != 0 {
			return
		}
		var d [linux.SizeofSeccompData]byte
		copy(d[:], data)
		chain.Run(&d)
	})
}

// TestRunPrefersTheStrictestOfTheNewest: of answers with the same action that of
// the newest filter counts.
func TestRunPrefersTheStrictestOfTheNewest(t *testing.T) {
	ret := func(v uint32) []linux.SockFilter {
		return []linux.SockFilter{{Code: linux.BPF_RET | linux.BPF_K, K: v}}
	}
	var chain *Filter
	for _, c := range []struct{ add, want uint32 }{
		{linux.SECCOMP_RET_ALLOW, linux.SECCOMP_RET_ALLOW},
		{linux.SECCOMP_RET_ERRNO | 5, linux.SECCOMP_RET_ERRNO | 5},
		{linux.SECCOMP_RET_ERRNO | 6, linux.SECCOMP_RET_ERRNO | 6},
		{linux.SECCOMP_RET_LOG, linux.SECCOMP_RET_ERRNO | 6},
		{linux.SECCOMP_RET_TRAP | 1, linux.SECCOMP_RET_TRAP | 1},
		{linux.SECCOMP_RET_KILL_THREAD, linux.SECCOMP_RET_KILL_THREAD},
		{linux.SECCOMP_RET_KILL_PROCESS, linux.SECCOMP_RET_KILL_PROCESS},
	} {
		var e linux.Errno
		if chain, e = Attach(chain, ret(c.add)); e != 0 {
			t.Fatalf("Attach(%#x) = %s", c.add, e.Description())
		}
		if got, _ := chain.Run(new([linux.SizeofSeccompData]byte)); got != c.want {
			t.Errorf("Run after %#x = %#x, want %#x", c.add, got, c.want)
		}
	}
}
