package linux

import (
	"strings"
	"syscall"
	"testing"
)

func TestErrnoMatchesSyscallPackage(t *testing.T) {
	pairs := []struct {
		got  Errno
		want syscall.Errno
	}{
		{EPERM, syscall.EPERM}, {ENOENT, syscall.ENOENT}, {EAGAIN, syscall.EAGAIN},
		{EWOULDBLOCK, syscall.EWOULDBLOCK}, {ERANGE, syscall.ERANGE}, {EDEADLK, syscall.EDEADLK},
		{EDEADLOCK, syscall.EDEADLOCK}, {ELOOP, syscall.ELOOP}, {EBFONT, syscall.EBFONT},
		{EOPNOTSUPP, syscall.EOPNOTSUPP}, {ENOTSUP, syscall.ENOTSUP},
		{ETIMEDOUT, syscall.ETIMEDOUT}, {ERFKILL, syscall.ERFKILL}, {ENOTRECOVERABLE, syscall.ENOTRECOVERABLE},
	}
	for _, p := range pairs {
		if uintptr(p.got) != uintptr(p.want) {
			t.Errorf("%v = %d, want %d", p.got, p.got, p.want)
		}
	}
	if EHWPOISON != 133 {
		t.Errorf("EHWPOISON = %d, want 133", EHWPOISON)
	}
}

func TestErrnoTextMatchesSyscallPackage(t *testing.T) {
	for e := Errno(1); e < 134; e++ {
		if e == 41 || e == 58 || e == EHWPOISON {
			continue // holes in the table, and one that package syscall lacks
		}
		if got, want := strings.ToLower(e.Description()), strings.ToLower(syscall.Errno(e).Error()); got != want {
			t.Errorf("Errno(%d).Description() = %q, want %q", e, got, want)
		}
	}
}

func TestErrnoNames(t *testing.T) {
	for e, want := range map[Errno]string{
		0: "0", ENOENT: "ENOENT", EAGAIN: "EAGAIN", EDEADLK: "EDEADLK", EOPNOTSUPP: "EOPNOTSUPP",
		EHWPOISON: "EHWPOISON", ERESTARTSYS: "ERESTARTSYS", EWAIT: "EWAIT", 41: "errno 41", 999: "errno 999",
	} {
		if got := e.Error(); got != want {
			t.Errorf("Errno(%d).Error() = %q, want %q", uint16(e), got, want)
		}
	}
}

func TestErrnoInternal(t *testing.T) {
	for e, want := range map[Errno]bool{0: false, EHWPOISON: false, 511: false, ERESTARTSYS: true, EWAIT: true} {
		if got := e.Internal(); got != want {
			t.Errorf("Errno(%d).Internal() = %v, want %v", uint16(e), got, want)
		}
	}
}
