package strace

import (
	"adyton.dev/adyton/core/linux"
)

// Memory reads the app's memory.
type Memory interface {
	// Read copies from addr into b and returns how many bytes could be read.
	Read(addr uint64, b []byte) int
}

const (
	// column is where results start (strace -a).
	column = 40
	// maxString is how much of a buffer is shown, in bytes (strace -s).
	maxString = 32
	// maxItems is how many elements of an array are shown.
	maxItems = 32
)

// AppendCall appends a call that has been answered, without a newline:
//
//	openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
//
// values are the argument registers as they were at entry. Results start at
// column 40 of the line that b ends with.
func AppendCall(b []byte, name string, args []Arg, values *[6]uint64, ret int64, e linux.Errno, mem Memory) []byte {
	p := printer{b: b, name: name, args: args, a: values, ret: ret, e: e, mem: mem}
	p.open()
	p.print(0)
	return p.close()
}

// AppendEntry appends the part of a call that is known before it is answered:
// for calls that may not come back, such as execve and exit, and for those that
// another thread's line cuts off. AppendUnfinished or AppendResult goes on.
func AppendEntry(b []byte, name string, args []Arg, values *[6]uint64, mem Memory) []byte {
	p := printer{b: b, name: name, args: args, a: values, mem: mem, entering: true}
	p.open()
	p.print(0)
	return p.b
}

// AppendCut ends a call whose thread ended in it: the rest of a line of
// AppendEntry or, when resumed, of one that was cut off.
func AppendCut(b []byte, name string, resumed bool) []byte {
	if resumed {
		b = append(append(append(b, "<... "...), name...), " resumed>"...)
	}
	return AppendGone(append(b, " <unfinished ...>"...))
}

// AppendUnfinished ends a line of AppendEntry that another thread's line cuts
// off.
func AppendUnfinished(b []byte) []byte { return append(b, " <unfinished ...>"...) }

// AppendGone ends a line of AppendEntry whose call never comes back.
func AppendGone(b []byte) []byte {
	p := printer{b: b}
	p.str(") ")
	p.pad()
	p.str("= ?")
	return p.b
}

// AppendResumed appends the rest of a call whose line was cut off:
//
//	<... read resumed>"data", 4096)         = 4
func AppendResumed(b []byte, name string, args []Arg, values *[6]uint64, ret int64, e linux.Errno, mem Memory) []byte {
	b = append(append(append(b, "<... "...), name...), " resumed>"...)
	return AppendResult(b, name, args, values, ret, e, mem)
}

// AppendResult appends what AppendEntry left out: arguments that the call
// wrote, and the result.
func AppendResult(b []byte, name string, args []Arg, values *[6]uint64, ret int64, e linux.Errno, mem Memory) []byte {
	p := printer{b: b, name: name, args: args, a: values, ret: ret, e: e, mem: mem}
	p.print(p.early())
	return p.close()
}

// printer prints one call.
type printer struct {
	b        []byte
	name     string
	args     []Arg
	a        *[6]uint64
	ret      int64
	e        linux.Errno
	mem      Memory
	entering bool   // nothing that the call writes is there yet
	aux      []byte // what follows the result, in parentheses
}

func (p *printer) str(s string) { p.b = append(p.b, s...) }

func (p *printer) open() {
	p.str(p.name)
	p.str("(")
}

// failed says that the call gave an error, so what it writes is not there.
func (p *printer) failed() bool { return p.e != 0 }

// early returns the first argument that AppendEntry leaves out.
func (p *printer) early() int {
	if _, ok := shapes[p.name]; ok {
		if shapes[p.name].late {
			return 0
		}
		return len(p.args)
	}
	for i := range p.args {
		if late(p.kind(i)) {
			return i
		}
	}
	return len(p.args)
}

// print prints the arguments from one on; at entry up to the first that the
// call writes, with the comma before it, as strace does.
func (p *printer) print(from int) {
	if s, ok := shapes[p.name]; ok {
		if from == 0 && !(p.entering && s.late) {
			s.print(p)
		}
		return
	}
	first := true
	for i := from; i < len(p.args) && i < len(p.a); i++ {
		if p.left(i) {
			continue
		}
		if !first {
			p.str(", ")
		}
		first = false
		if p.entering && late(p.kind(i)) {
			return
		}
		p.arg(i)
	}
}

// close ends the arguments and prints the result.
func (p *printer) close() []byte {
	for i := range p.args {
		if p.args[i].Kind == PollFds {
			p.polled(p.a[i], p.a[p.args[i].LenArg])
		}
	}
	if selects(p.name) && len(p.args) > 4 {
		p.selected()
	}
	p.str(") ")
	p.pad()
	p.str("= ")
	p.result()
	if len(p.aux) > 0 {
		p.str(" (")
		p.b = append(p.b, p.aux...)
		p.str(")")
	}
	return p.b
}

// pad moves to the column of results.
func (p *printer) pad() {
	start := len(p.b)
	for start > 0 && p.b[start-1] != '\n' {
		start--
	}
	for len(p.b)-start < column {
		p.b = append(p.b, ' ')
	}
}

// left says that strace leaves an argument out, because others say that the
// kernel does not look at it.
func (p *printer) left(i int) bool {
	switch p.name {
	case "open", "openat":
		if last := len(p.args) - 1; i == last && p.args[last].Kind == Octal {
			const creates = linux.O_CREAT | linux.O_TMPFILE&^linux.O_DIRECTORY
			return p.a[last-1]&creates == 0
		}
	case "mknod", "mknodat":
		last := len(p.args) - 1
		return i == last && !device(uint32(p.a[last-1]))
	case "mremap":
		return i == 4 && p.a[3]&(linux.MREMAP_FIXED|linux.MREMAP_DONTUNMAP) == 0
	case "preadv", "pwritev", "preadv2", "pwritev2":
		return i == 4 // the high half of the offset, which 64 bits do not need
	}
	return false
}

// word32 is the value of an argument that the kernel takes as int.
func (p *printer) word32(i int) uint64 { return uint64(uint32(p.a[i])) }
