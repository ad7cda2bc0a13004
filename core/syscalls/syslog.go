package syscalls

import (
	"fmt"
	"strconv"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/wait"
)

var syslogRows = []Row{
	{"syslog", Core, args(enum("type", linux.SyslogActions), out("bufp", 2), integer("len")), sysSyslog},
}

// kernelLog is what syslog(2) and /dev/kmsg read. The core tells the operator
// what happens, not the programs: the log holds the line of the start, and what
// programs wrote to /dev/kmsg.
type kernelLog struct {
	records []logRecord
	// bytes is the length of all as syslog(2) shows them; read and cleared are
	// how much of that READ has taken, and READ_ALL no longer shows.
	bytes, read, cleared int
}

type logRecord struct {
	priority uint32
	ns       int64
	text     string
}

func (r *logRecord) line() string {
	return fmt.Sprintf("<%d>[%5d.%06d] %s\n", r.priority, r.ns/1e9, r.ns/1e3%1e6, r.text)
}

const (
	// logBufLen is CONFIG_LOG_BUF_SHIFT of Debian, in bytes. Nothing is dropped
	// at its front: once full, the log takes no more.
	logBufLen = 1 << 17
	// logLineMax is the longest record that /dev/kmsg takes: PRINTKRB_RECORD_MAX.
	logLineMax = 1024
)

func (e *Env) logRecords() []logRecord {
	l := &e.log
	if len(l.records) == 0 {
		l.add(logRecord{5, 0, fmt.Sprintf("Linux version %s %s", Release, Version)})
	}
	return l.records
}

func (l *kernelLog) add(r logRecord) {
	if n := len(r.line()); l.bytes+n <= logBufLen {
		l.records = append(l.records, r)
		l.bytes += n
	}
}

func (e *Env) logText() string {
	var b strings.Builder
	for _, r := range e.logRecords() {
		b.WriteString(r.line())
	}
	return b.String()
}

// LogRecords gives the log as /dev/kmsg does, a line a record: devkmsg_read of
// kernel/printk/printk.c. cleared is how many of them dmesg leaves out.
func (e *Env) LogRecords(b []byte) (all []byte, cleared int) {
	at := 0
	for i, r := range e.logRecords() {
		b = fmt.Appendf(b, "%d,%d,%d,-;%s\n", r.priority, i, r.ns/1e3, r.text)
		if at += len(r.line()); at <= e.log.cleared {
			cleared = i + 1
		}
	}
	return b, cleared
}

// WriteLog is devkmsg_write: a priority in front is the writer's to choose,
// but the facility is never the kernel's.
func (e *Env) WriteLog(p []byte) linux.Errno {
	if len(p) > logLineMax {
		return linux.EINVAL
	}
	e.logRecords()
	priority := uint32(1<<3 | 4) // LOG_USER, the default level
	text := string(p)
	if number, rest, ok := strings.Cut(text, ">"); ok && strings.HasPrefix(number, "<") {
		if n, err := strconv.ParseUint(number[1:], 10, 32); err == nil {
			priority = priority&^7 | uint32(n)&7
			if n>>3 != 0 {
				priority = uint32(n)
			}
			text = rest
		}
	}
	text = strings.TrimSuffix(text, "\n")
	e.log.add(logRecord{priority, e.UptimeNs(), strings.ReplaceAll(text, "\n", "\\x0a")})
	return 0
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
