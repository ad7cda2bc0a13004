package linux

import "strconv"

// Errno is the result of a system call or of a subsystem's method: 0 for
// success, otherwise one of the E constants. Values below 512 may reach an
// app (as -errno in the result register); the others never leave the kernel.
type Errno uint16

// Results that stay inside the kernel (include/linux/errno.h). The restart
// family says how an interrupted call goes on when the signal has been dealt
// with; the entry code turns each into EINTR or a new call.
const (
	// ERESTARTSYS: call again if the handler has SA_RESTART, or if there is
	// no handler; EINTR otherwise.
	ERESTARTSYS Errno = 512
	// ERESTARTNOINTR: call again whatever the handler says.
	ERESTARTNOINTR Errno = 513
	// ERESTARTNOHAND: call again only when no handler ran.
	ERESTARTNOHAND Errno = 514
	// ENOIOCTLCMD: this layer does not know the ioctl; the caller tries the
	// next one and answers ENOTTY at last.
	ENOIOCTLCMD Errno = 515
	// ERESTART_RESTARTBLOCK: like ERESTARTNOHAND, but by restart_syscall(2),
	// so that the time already waited counts.
	ERESTART_RESTARTBLOCK Errno = 516

	// EWAIT is Adyton's own: the subsystem would wait, and the reply's Wait
	// says for what. It never reaches an app.
	EWAIT Errno = 600
)

// Internal reports whether e is meant for the kernel alone, so that handing it
// to an app would be a bug.
func (e Errno) Internal() bool { return e >= 512 }

// Error returns the constant's name, such as "ENOENT", and "0" for success. A
// number without a name gives "errno 999".
func (e Errno) Error() string {
	if int(e) < len(errnoNames) && errnoNames[e].name != "" {
		return errnoNames[e].name
	}
	switch e {
	case 0:
		return "0"
	case ERESTARTSYS:
		return "ERESTARTSYS"
	case ERESTARTNOINTR:
		return "ERESTARTNOINTR"
	case ERESTARTNOHAND:
		return "ERESTARTNOHAND"
	case ENOIOCTLCMD:
		return "ENOIOCTLCMD"
	case ERESTART_RESTARTBLOCK:
		return "ERESTART_RESTARTBLOCK"
	case EWAIT:
		return "EWAIT"
	}
	return "errno " + strconv.Itoa(int(e))
}

// Description returns the text that strerror(3) gives in the C locale, but in
// lower case, such as "no such file or directory"; for a number without one it
// returns what Error returns.
func (e Errno) Description() string {
	if int(e) < len(errnoNames) && errnoNames[e].text != "" {
		return errnoNames[e].text
	}
	if e == 0 {
		return "success"
	}
	return e.Error()
}
