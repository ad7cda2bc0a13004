package fuzz

import (
	"fmt"
	"strconv"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
)

// report says what differs and prints the program as a case of
// tests/conformance/c.
func (d *Difference) report(m *maker) string {
	var b strings.Builder
	fmt.Fprintf(&b, "== %s\n   seed %d\n   native: %s\n   adyton: %s\n", d.Signature, d.Program.Seed, d.Native, d.Adyton)
	b.WriteString(d.Case(fmt.Sprintf("seed%d", d.Program.Seed)))
	return b.String()
}

// tree is how a case makes what the interpreter puts into the directory.
var tree = map[string]string{
	"a": `put("a", "0123456789");`, "e": `put("e", "");`, "x": `put("x", "x"); chmod("x", 0755);`, "r": `put("r", "root's"); chmod("r", 0400);`,
	"d": `mkdir("d", 0755);`, "d/x": `mkdir("d", 0755); put("d/x", "x");`, "ed": `mkdir("ed", 0755);`, "nx": `mkdir("nx", 0);`,
	"q": `mkfifo("q", 0644);`, "l": `put("a", "0123456789"); symlink("a", "l");`, "dl": `mkdir("d", 0755); symlink("d", "dl");`,
	"ll": `symlink("ll", "ll");`, "n": `symlink("none", "n");`,
}

// Case is the program in C.
func (d *Difference) Case(name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CASE(%s)\n{\n", name)
	fmt.Fprintf(&b, "\tchar *m = mmap((void *)0x10000000000, 0x11000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);\n")
	b.WriteString("\tmprotect(m + 0x10000, 4096, PROT_READ);\n\tdrop();\n")
	made := map[string]bool{}
	for _, c := range d.Program.Calls {
		for _, s := range c.Setup {
			for name, line := range tree {
				if s.Op == 0 && string(s.Data) == name+"\x00" && !made[name] {
					made[name] = true
					fmt.Fprintf(&b, "\t%s\n", line)
				}
			}
		}
	}
	for i := range d.Program.Calls {
		c := &d.Program.Calls[i]
		for _, s := range c.Setup {
			switch s.Op {
			case 'v':
				fmt.Fprintf(&b, "\t*(int *)(m + %#x) = %s;\n", s.Off, cValue(s.From, nil))
			case 'h':
				fmt.Fprintf(&b, "\t*(void **)(m + %#x) = handler; // and its restorer 16 bytes on\n", s.Off)
			default:
				if len(s.Data) > 0 && used(c, s.Off, len(s.Data)) {
					fmt.Fprintf(&b, "\tmemcpy(m + %#x, %s, %d);\n", s.Off, cString(s.Data), len(s.Data))
				}
			}
		}
		fmt.Fprintf(&b, "\tlong r%d = %s;\n", c.ID, cCall(c))
	}
	for _, at := range changed(d.Native, d.Adyton) {
		fmt.Fprintf(&b, "\tfor (int i = 0; i < %d; i++) say(\"%%d: %%02x\", i, (unsigned char)m[%#x + i]);\n", at[1], at[0])
	}
	b.WriteString("}\n")
	return b.String()
}

// used says whether an argument or another structure may point there.
func used(c *call, off, n int) bool {
	for _, a := range c.Args {
		if a.Kind == 'p' && int(a.V) >= off && int(a.V) < off+n {
			return true
		}
	}
	return len(c.Setup) > 1
}

func cCall(c *call) string {
	row := rowsByName[c.Name]
	var args []string
	for i, a := range c.Args {
		var arg *strace.Arg
		if row != nil && i < len(row.Args) {
			arg = &row.Args[i]
		}
		args = append(args, cValue(a, arg))
	}
	list := strings.Join(args, ", ")
	if _, own := ownCalls[c.Nr]; own {
		return c.Name + "(" + list + ")"
	}
	if list != "" {
		list = ", " + list
	}
	return "S(" + c.Name + list + ")"
}

func cValue(v value, a *strace.Arg) string {
	switch v.Kind {
	case 'r':
		return fmt.Sprintf("r%d", v.V)
	case 'm':
		return fmt.Sprintf("*(int *)(m + %#x)", v.V)
	case 'p':
		return fmt.Sprintf("m + %#x", v.V)
	case 'g':
		return fmt.Sprintf("(void *)%#x", 0x20000000000+v.V)
	case 's':
		return "getpid()"
	case 'q':
		return "getppid()"
	case 'k':
		return fmt.Sprintf("kid%d", v.V)
	}
	if a != nil {
		switch a.Kind {
		case strace.Flags:
			return linux.FlagNames(a.Flags, uint64(uint32(v.V)))
		case strace.Enum:
			return linux.ValueName(a.Flags, uint64(uint32(v.V)))
		case strace.OpenFlags:
			return linux.OpenFlagNames(uint64(uint32(v.V)))
		case strace.MmapFlags:
			return linux.MmapFlagNames(v.V)
		case strace.Octal:
			return fmt.Sprintf("0%o", v.V)
		case strace.DirFD:
			if int32(v.V) == linux.AT_FDCWD {
				return "AT_FDCWD"
			}
		}
	}
	if int64(v.V) < 0 && int64(v.V) > -1<<32 || v.V < 1<<16 {
		return strconv.FormatInt(int64(v.V), 10)
	}
	return fmt.Sprintf("%#xUL", v.V)
}

func cString(b []byte) string {
	if len(b) > 400 {
		b = b[:400]
	}
	var s strings.Builder
	s.WriteByte('"')
	for _, c := range b {
		if c >= 32 && c < 127 && c != '"' && c != '\\' {
			s.WriteByte(c)
		} else {
			fmt.Fprintf(&s, "\\%03o", c)
		}
	}
	s.WriteByte('"')
	return s.String()
}

// changed lists where two answers show memory, as offset and length.
func changed(lines ...string) (out [][2]int) {
	seen := map[[2]int]bool{}
	for _, l := range lines {
		for _, w := range strings.Fields(l) {
			off, hex, ok := strings.Cut(strings.TrimPrefix(w, "@"), ":")
			at, err := strconv.ParseInt(off, 16, 64)
			if !ok || err != nil || w[0] != '@' {
				continue
			}
			hex, _, _ = strings.Cut(hex, "+")
			r := [2]int{int(at), len(hex) / 2}
			if !seen[r] {
				seen[r] = true
				out = append(out, r)
			}
		}
	}
	return out
}
