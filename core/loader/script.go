package loader

import (
	"bytes"

	"adyton.dev/adyton/core/linux"
)

// ScriptSize is the number of bytes in which a script's first line must lie
// (BINPRM_BUF_SIZE). A longer line loses the end of its argument.
const ScriptSize = 256

// ParseScript reads the "#!" line of a script. head holds the first ScriptSize
// bytes of the file or more, or all if there are fewer. hasArg tells an empty
// argument, which Linux passes on, from none.
//
// The new argument list is interp, arg if there is one, the path of the
// script, and the old list without its first entry.
//
// Errors: ENOEXEC (no "#!", no interpreter, or one that may go on behind
// ScriptSize); EACCES (an empty interpreter: a NUL where it should begin).
func ParseScript(head []byte) (interp, arg string, hasArg bool, e linux.Errno) {
	// What the file lacks is NUL, and the rules look at these too.
	var buf [ScriptSize]byte
	copy(buf[:], head)
	const last = ScriptSize - 1
	if buf[0] != '#' || buf[1] != '!' {
		return "", "", false, linux.ENOEXEC
	}

	end := bytes.IndexByte(buf[:], '\n')
	if end < 0 {
		name := skipBlanks(buf[:], 2, last)
		if name < 0 || terminator(buf[:], name, last) < 0 {
			return "", "", false, linux.ENOEXEC
		}
		end = last
	}
	for blank(buf[end-1]) {
		end--
	}

	name := skipBlanks(buf[:], 2, end)
	if name < 0 || name == end {
		return "", "", false, linux.ENOEXEC
	}
	argAt := -1
	sep := terminator(buf[:], name, end)
	if sep >= 0 && buf[sep] != 0 {
		argAt = skipBlanks(buf[:], sep, end)
	}

	buf[end] = 0
	if argAt >= 0 {
		buf[sep] = 0
		arg, hasArg = cString(buf[argAt:]), true
	}
	interp = cString(buf[name:])
	if interp == "" {
		return "", "", false, emptyPath
	}
	return interp, arg, hasArg, 0
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// skipBlanks finds the first byte from first to last, both included, that is
// neither space nor tab. It returns -1 if there is none.
func skipBlanks(buf []byte, first, last int) int {
	for i := first; i <= last; i++ {
		if !blank(buf[i]) {
			return i
		}
	}
	return -1
}

// terminator finds the first space, tab or NUL in the same way.
func terminator(buf []byte, first, last int) int {
	for i := first; i <= last; i++ {
		if blank(buf[i]) || buf[i] == 0 {
			return i
		}
	}
	return -1
}

// cString gives the bytes up to the first NUL, or all.
func cString(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
