package coverage

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// CallsOf names the system calls that an ELF program of amd64 seems to make,
// without running it: the functions that it and the libraries beside libc
// import from libc under a call's name, or for a static program the numbers
// loaded just before a syscall instruction. It sees no flags, and nothing of
// calls whose number is computed; a log of strace(1) says more. known tells
// whether a name is that of a system call, numbers gives names by number, and
// open reads a library by path.
func CallsOf(program string, known func(string) bool, numbers map[uint64]string, open func(path string) (io.ReaderAt, error)) ([]string, error) {
	found := map[string]bool{}
	seen := map[string]bool{}
	todo := []string{program}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		f, err := open(path)
		if err != nil {
			return nil, err
		}
		needed, err := callsOfFile(f, known, numbers, found)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, lib := range needed {
			if p := libraryPath(lib, open); p != "" && !seen[p] {
				seen[p] = true
				todo = append(todo, p)
			}
		}
	}
	names := make([]string, 0, len(found))
	for n := range found {
		names = append(names, n)
	}
	slices.Sort(names)
	return names, nil
}

func callsOfFile(r io.ReaderAt, known func(string) bool, numbers map[uint64]string, found map[string]bool) (needed []string, err error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	if f.Class != elf.ELFCLASS64 || f.Machine != elf.EM_X86_64 {
		return nil, fmt.Errorf("%v %v: want a program of amd64", f.Class, f.Machine)
	}
	symbols, err := f.ImportedSymbols()
	if err != nil { // no dynamic symbols: a static program
		for _, s := range f.Sections {
			if s.Flags&elf.SHF_EXECINSTR == 0 || s.Type != elf.SHT_PROGBITS {
				continue
			}
			text, err := s.Data()
			if err != nil {
				return nil, err
			}
			for _, nr := range immediates(text) {
				if name, ok := numbers[nr]; ok {
					found[name] = true
				}
			}
		}
		return nil, nil
	}
	for _, s := range symbols {
		if name := callName(s.Name, known); name != "" {
			found[name] = true
		}
	}
	return f.ImportedLibraries()
}

// callName maps a function of libc to the call of the same name.
func callName(symbol string, known func(string) bool) string {
	for _, name := range []string{symbol, strings.TrimSuffix(symbol, "64"), symbol + "64"} {
		if known(name) {
			return name
		}
	}
	return ""
}

// libraryPath finds a library where Debian keeps it. The C library and the
// loader are left out: they import nothing and hold every call there is.
func libraryPath(name string, open func(string) (io.ReaderAt, error)) string {
	for _, own := range []string{"libc.", "ld-linux", "libpthread.", "libdl.", "librt.", "libm."} {
		if strings.HasPrefix(name, own) {
			return ""
		}
	}
	for _, dir := range []string{"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"} {
		p := filepath.Join(dir, name)
		if _, err := open(p); err == nil {
			return p
		}
	}
	return ""
}

// immediates gives what `mov $n,%eax` or `xor %eax,%eax` loads at most 16
// bytes before each syscall instruction.
func immediates(text []byte) []uint64 {
	var out []uint64
	for i := 0; i+1 < len(text); i++ {
		if text[i] != 0x0f || text[i+1] != 0x05 {
			continue
		}
		for j := i - 2; j >= max(0, i-16); j-- {
			if text[j] == 0xb8 && j+5 <= i {
				out = append(out, uint64(binary.LittleEndian.Uint32(text[j+1:])))
				break
			}
			if text[j] == 0x31 && text[j+1] == 0xc0 {
				out = append(out, 0)
				break
			}
		}
	}
	return out
}
