package syscalls

import (
	"fmt"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/wait"
)

var syslogRows = []Row{
	{"syslog", Core, args(enum("type", linux.SyslogActions), out("bufp", 2), integer("len")), sysSyslog},
}

// kernelLog is what syslog(2) reads. The core tells the operator what happens,
// not the programs: the log holds the line of the start and no more.
type kernelLog struct {
	// read and cleared are how much READ has taken, and READ_ALL no longer
	// shows, in bytes.
	read, cleared int
}

// logBufLen is CONFIG_LOG_BUF_SHIFT of Debian, in bytes.
const logBufLen = 1 << 17

func (e *Env) logText() string {
	return fmt.Sprintf("<5>[    0.000000] Linux version %s %s\n", Release, Version)
}

// sysSyslog is do_syslog of kernel/printk/printk.c, with dmesg_restrict.
func sysSyslog(c *Call) (int64, linux.Errno) {
	if !c.T.Cred.Has(linux.CAP_SYSLOG) {
		return 0, linux.EPERM
	}
	kind, at, n := c.Int(0), c.Args[1], c.Int(2)
	text, log := c.logText(), &c.log
	switch kind {
	case linux.SYSLOG_ACTION_CLOSE, linux.SYSLOG_ACTION_OPEN:
	case linux.SYSLOG_ACTION_READ, linux.SYSLOG_ACTION_READ_ALL, linux.SYSLOG_ACTION_READ_CLEAR:
		switch {
		case at == 0 || n < 0:
			return 0, linux.EINVAL
		case n == 0:
			return 0, 0
		case !accessOK(at, uint64(n)):
			return 0, linux.EFAULT
		}
		if kind == linux.SYSLOG_ACTION_READ {
			for log.read == len(text) {
				if c.sleep(forever, true) == wait.Interrupted {
					return 0, linux.ERESTARTSYS
				}
			}
			text = text[log.read:]
			text = text[:min(len(text), int(n))]
			if e := c.CopyOut(at, []byte(text)); e != 0 {
				return 0, e
			}
			log.read += len(text)
			return int64(len(text)), 0
		}
		shown := text[log.cleared:]
		if len(shown) > int(n) {
			shown = "" // whole records only
		}
		if e := c.CopyOut(at, []byte(shown)); e != 0 {
			return 0, e
		}
		if kind == linux.SYSLOG_ACTION_READ_CLEAR {
			log.cleared = len(text)
		}
		return int64(len(shown)), 0
	case linux.SYSLOG_ACTION_CLEAR:
		log.cleared = len(text)
	case linux.SYSLOG_ACTION_CONSOLE_OFF, linux.SYSLOG_ACTION_CONSOLE_ON: // no console
	case linux.SYSLOG_ACTION_CONSOLE_LEVEL:
		if n < 1 || n > 8 {
			return 0, linux.EINVAL
		}
	case linux.SYSLOG_ACTION_SIZE_UNREAD:
		return int64(len(text) - log.read), 0
	case linux.SYSLOG_ACTION_SIZE_BUFFER:
		return logBufLen, 0
	default:
		return 0, linux.EINVAL
	}
	return 0, 0
}
