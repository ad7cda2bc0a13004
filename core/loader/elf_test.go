package loader

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"adyton.dev/adyton/core/linux"
)

// elfFile is a file to build: a header, its program headers behind it, and code
// that exits with 42 at offset codeAt.
type elfFile struct {
	typ, machine, phentsize uint16
	phnum                   int // -1: as many as there are
	entry, phoff            uint64
	ph                      []phdr
	data                    map[int]string // more bytes, by offset
	size                    int            // 0: two pages
}

type phdr struct {
	typ, flags                        uint32
	off, vaddr, filesz, memsz, pAlign uint64
}

const (
	codeAt   = 0xe00
	textAddr = 0x400000
	longPath = 0x1000
)

// tiny is a program that runs: one segment of one page.
func tiny() *elfFile {
	return &elfFile{typ: etExec, machine: emX86_64, phentsize: phdrSize, phnum: -1,
		entry: textAddr + codeAt, phoff: ehdrSize,
		ph: []phdr{{ptLoad, pfR | pfX, 0, textAddr, 0x1000, 0x1000, 0x1000}}}
}

func (x *elfFile) bytes() []byte {
	size := x.size
	if size == 0 {
		size = 0x2000
	}
	b := make([]byte, 0x20000)
	copy(b, elfMagic+"\x02\x01\x01")
	le.PutUint16(b[16:], x.typ)
	le.PutUint16(b[18:], x.machine)
	le.PutUint64(b[24:], x.entry)
	le.PutUint64(b[32:], x.phoff)
	le.PutUint16(b[54:], x.phentsize)
	n := x.phnum
	if n < 0 {
		n = len(x.ph)
	}
	le.PutUint16(b[56:], uint16(n))
	copy(b[codeAt:], "\xb8\x3c\x00\x00\x00\xbf\x2a\x00\x00\x00\x0f\x05") // exit(42)
	for i, p := range x.ph {
		if x.phoff > uint64(len(b)) {
			break
		}
		t := b[int(x.phoff)+i*phdrSize:]
		le.PutUint32(t, p.typ)
		le.PutUint32(t[4:], p.flags)
		for j, v := range []uint64{p.off, p.vaddr, p.vaddr, p.filesz, p.memsz, p.pAlign} {
			le.PutUint64(t[8+8*j:], v)
		}
	}
	for off, s := range x.data {
		copy(b[off:], s)
	}
	return b[:size]
}

// feed reads what Need asks for, as exec does.
func feed(img *Image, file []byte) linux.Errno {
	for {
		off, n := img.Need()
		if n == 0 {
			return 0
		}
		if e := img.Feed(file[min(off, int64(len(file))):min(off+int64(n), int64(len(file)))]); e != 0 {
			return e
		}
	}
}

func parse(file []byte, head int) (*Image, linux.Errno) {
	img, e := Parse(file[:min(head, len(file))], int64(len(file)))
	if e == 0 {
		e = feed(img, file)
	}
	return img, e
}

// plan is all that exec asks of a program without an interpreter.
func plan(img *Image) linux.Errno {
	bias, fixed, e := img.LoadBias(0)
	if e != 0 {
		return e
	}
	if !fixed {
		bias = img.BiasAt(0x7f0000000000)
	}
	if _, e := img.Maps(bias); e != 0 {
		return e
	}
	_, e = img.Start(bias)
	return e
}

func stack1(flags uint32) phdr { return phdr{typ: ptGNUStack, flags: flags} }

func interpAt(off, n uint64) phdr { return phdr{ptInterp, pfR, off, 0, n, n, 1} }

func bss(flags uint32, off, vaddr, filesz, memsz uint64) phdr {
	return phdr{ptLoad, flags, off, vaddr, filesz, memsz, 0x1000}
}

// odd are files that are not quite right. early is what execve returns; late
// tells that it kills the process instead; otherwise the program exits with 42
// or, where it has no code, dies of that.
var odd = []struct {
	name   string
	change func(*elfFile)
	early  linux.Errno
	late   bool
}{
	{"AsItIs", func(*elfFile) {}, 0, false},
	{"NoMagic", func(x *elfFile) { x.data = map[int]string{0: "\x7fELG"} }, linux.ENOEXEC, false},
	{"ClassIsNotLookedAt", func(x *elfFile) { x.data = map[int]string{4: "\x01"} }, 0, false},
	{"ByteOrderIsNotLookedAt", func(x *elfFile) { x.data = map[int]string{5: "\x02\x07"} }, 0, false},
	{"Relocatable", func(x *elfFile) { x.typ = 1 }, linux.ENOEXEC, false},
	{"Core", func(x *elfFile) { x.typ = 4 }, linux.ENOEXEC, false},
	{"ARM64", func(x *elfFile) { x.machine = 183 }, linux.ENOEXEC, false},
	{"HeaderSizeOfELF32", func(x *elfFile) { x.phentsize = 32 }, linux.ENOEXEC, false},
	{"NoHeaders", func(x *elfFile) { x.phnum = 0 }, linux.ENOEXEC, false},
	{"64KiBOfHeaders", func(x *elfFile) { x.phnum, x.phoff = 1170, 0x1000; x.size = 0x12000 }, 0, false},
	{"MoreThan64KiBOfHeaders", func(x *elfFile) { x.phnum, x.phoff = 1171, 0x1000; x.size = 0x12000 }, linux.ENOEXEC, false},
	{"HeadersBehindTheEnd", func(x *elfFile) { x.phoff = 0x2000 }, linux.ENOEXEC, false},
	{"HeadersAcrossTheEnd", func(x *elfFile) { x.phoff = 0x2000 - phdrSize + 1 }, linux.ENOEXEC, false},
	{"HeadersUpToTheEnd", func(x *elfFile) { x.phoff = 0x2000 - phdrSize }, 0, false},
	{"HeadersAtNegativeOffset", func(x *elfFile) { x.phoff = 1 << 63 }, linux.ENOEXEC, false},
	{"HeadersAtLastOffset", func(x *elfFile) { x.phoff = 1<<63 - 8 }, linux.ENOEXEC, false},
	{"ShorterThanTheHeader", func(x *elfFile) { x.size = 40 }, linux.ENOEXEC, false},
	{"OnlyTheMagic", func(x *elfFile) { x.size = 4 }, linux.ENOEXEC, false},

	{"InterpTooShort", func(x *elfFile) { x.ph = append(x.ph, interpAt(longPath, 1)) }, linux.ENOEXEC, false},
	{"InterpTooLong", func(x *elfFile) { x.ph = append(x.ph, interpAt(longPath, linux.PATH_MAX+1)) }, linux.ENOEXEC, false},
	{"InterpHuge", func(x *elfFile) { x.ph = append(x.ph, interpAt(longPath, 1<<63)) }, linux.ENOEXEC, false},
	{"InterpWithoutNUL", func(x *elfFile) {
		x.ph, x.data = append(x.ph, interpAt(longPath, 4)), map[int]string{longPath: "/bin/x"}
	}, linux.ENOEXEC, false},
	{"InterpEmpty", func(x *elfFile) { x.ph = append(x.ph, interpAt(longPath, 2)) }, linux.EACCES, false},
	{"InterpBehindTheEnd", func(x *elfFile) { x.ph = append(x.ph, interpAt(0x2000, 4)) }, linux.EIO, false},
	{"InterpAcrossTheEnd", func(x *elfFile) { x.ph = append(x.ph, interpAt(0x1ffe, 4)) }, linux.EIO, false},
	{"InterpAtNegativeOffset", func(x *elfFile) { x.ph = append(x.ph, interpAt(1<<63, 4)) }, linux.EINVAL, false},
	{"InterpAtLastOffset", func(x *elfFile) { x.ph = append(x.ph, interpAt(1<<63-2, 4)) }, linux.EINVAL, false},

	{"MoreInFileThanInMemory", func(x *elfFile) { x.ph[0].memsz = 0xfff }, 0, true},
	{"OffsetOutOfStep", func(x *elfFile) { x.ph[0].off = 0x10 }, 0, true},
	{"AddressBeyondTheEnd", func(x *elfFile) { x.ph = append(x.ph, bss(pfR, 0, TaskSize, 0, 0x1000)) }, 0, true},
	{"EndBeyondTheEnd", func(x *elfFile) { x.ph = append(x.ph, bss(pfR, 0, TaskSize-0x1000, 0, 0x1001)) }, 0, true},
	{"MemoryHuge", func(x *elfFile) { x.ph = append(x.ph, bss(pfR, 0, 0x600000, 0, ^uint64(0))) }, 0, true},
	{"FileHuge", func(x *elfFile) {
		x.ph = append(x.ph, bss(pfR, 0, 0x600000, ^uint64(0)-0xfff, ^uint64(0)-0xfff))
	}, 0, true},
	{"OffsetNegative", func(x *elfFile) { x.ph = append(x.ph, bss(pfR, 1<<63, 0x600000, 0x1000, 0x1000)) }, 0, true},
	{"PageToClearNotInFile", func(x *elfFile) {
		x.ph = append(x.ph, bss(pfR|pfW, 0x4000, 0x600000, 0x10, 0x1000))
	}, 0, true},
	{"EntryBeyondTheEnd", func(x *elfFile) { x.entry = TaskSize }, 0, true},
	{"NothingToPlace", func(x *elfFile) { x.typ = etDyn; x.ph[0] = bss(pfR, 0, 0, 0, 0) }, 0, true},
	{"PageNotToClearNotInFile", func(x *elfFile) {
		x.ph = append(x.ph, bss(pfR, 0x4000, 0x600000, 0x10, 0x1000))
	}, 0, false},
	{"ReadOnlyBss", func(x *elfFile) { x.ph = append(x.ph, bss(pfR, 0, 0x600000, 0x10, 0x3000)) }, 0, false},
	{"BssAlone", func(x *elfFile) { x.ph = append(x.ph, bss(pfR|pfW, 0, 0x600010, 0, 0x3000)) }, 0, false},
	{"BssWithinThePage", func(x *elfFile) { x.ph = append(x.ph, bss(pfR|pfW, 0x10, 0x600010, 8, 0x20)) }, 0, false},
	{"EmptySegment", func(x *elfFile) { x.ph = append(x.ph, bss(pfR, 0, 0x600000, 0, 0)) }, 0, false},
	{"StaticPIE", func(x *elfFile) { x.typ, x.entry, x.ph[0].vaddr = etDyn, codeAt, 0 }, 0, false},
	{"StaticPIEWithAddress", func(x *elfFile) { x.typ = etDyn }, 0, false},
	{"StaticPIEOfTwoMegabytes", func(x *elfFile) {
		x.typ, x.entry, x.ph[0].vaddr, x.ph[0].pAlign = etDyn, codeAt, 0, 1<<21
	}, 0, false},
	{"AlignmentOddIsIgnored", func(x *elfFile) {
		x.typ, x.entry, x.ph[0].vaddr, x.ph[0].pAlign = etDyn, codeAt, 0, 0x300000
	}, 0, false},
	{"ExecutableStack", func(x *elfFile) { x.ph = append(x.ph, stack1(pfX)) }, 0, false},
}

func TestOddFiles(t *testing.T) {
	for _, c := range odd {
		t.Run(c.name, func(t *testing.T) {
			x := tiny()
			c.change(x)
			file := x.bytes()
			// The answer must not depend on how much was read at first.
			for _, head := range []int{256, HeadSize, len(file)} {
				img, e := parse(file, head)
				if e != c.early {
					t.Errorf("Parse with a head of %d = %v, want %v", head, e, c.early)
				}
				if e != 0 {
					continue
				}
				if e := plan(img); (e != 0) != c.late {
					t.Errorf("plan with a head of %d = %v, want late error %v", head, e, c.late)
				}
			}
			native(t, file, c.early, c.late)
		})
	}
}

// native asks the host kernel what it makes of the file.
func native(t *testing.T, file []byte, early linux.Errno, late bool) {
	t.Helper()
	err := exec.Command(write(t, file)).Run()
	var no syscall.Errno
	var died *exec.ExitError
	switch {
	case errors.As(err, &no):
		if linux.Errno(no) != early {
			t.Errorf("execve natively = %v, want %v", linux.Errno(no), early)
		}
	case errors.As(err, &died) && early == 0:
		if ws := died.Sys().(syscall.WaitStatus); ws.Signaled() != late || !late && ws.ExitStatus() != 42 {
			t.Errorf("natively the program ended with %v, want late error %v", died, late)
		}
	default:
		t.Errorf("execve natively gave %v, want %v", err, early)
	}
}

// write makes an executable file. It closes it in a child's stead: a write
// descriptor that a concurrent fork inherited would give ETXTBSY.
func write(t *testing.T, file []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "prog")
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, file, 0o755)
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestInterpreterErrors(t *testing.T) {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		file  func() []byte
		early linux.Errno
		late  bool
	}{
		{"Short", func() []byte { return self[:63] }, linux.EIO, false},
		{"Empty", func() []byte { return nil }, linux.EIO, false},
		{"NotELF", func() []byte { return bytes.Repeat([]byte("x"), 100) }, linux.ELIBBAD, false},
		{"ARM64", func() []byte { x := tiny(); x.machine = 183; return x.bytes() }, linux.ELIBBAD, false},
		{"NoHeaders", func() []byte { x := tiny(); x.phnum = 0; return x.bytes() }, linux.ELIBBAD, false},
		{"HeadersBehindTheEnd", func() []byte { x := tiny(); x.phoff = 0x2000; return x.bytes() }, linux.ELIBBAD, false},
		{"WrongTypeIsLate", func() []byte { x := tiny(); x.typ = 1; return x.bytes() }, 0, true},
		{"NoSegmentIsLate", func() []byte { x := tiny(); x.ph[0].typ = 6; return x.bytes() }, 0, true},
		{"FileAboveMemoryIsLate", func() []byte { x := tiny(); x.ph[0].memsz = 1; return x.bytes() }, 0, true},
		{"ItsInterpreterIsIgnored", func() []byte {
			x := tiny()
			x.ph[0].vaddr, x.entry = 0x500000, 0x500000+codeAt
			x.ph = append(x.ph, interpAt(0x5000, 1))
			return x.bytes()
		}, 0, false},
		{"Dyn", func() []byte {
			x := tiny()
			x.typ, x.ph[0].vaddr, x.entry = etDyn, 0x7000, 0x7000+codeAt
			return x.bytes()
		}, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := c.file()
			for _, head := range []int{64, HeadSize} {
				img, e := ParseInterp(file[:min(head, len(file))], int64(len(file)))
				if e == 0 {
					e = feed(img, file)
				}
				if e != c.early {
					t.Errorf("ParseInterp with a head of %d = %v, want %v", head, e, c.early)
				}
				if e != 0 {
					continue
				}
				if img.HasInterp {
					t.Errorf("an interpreter has an interpreter %q", img.Interp)
				}
				if e := plan(img); (e != 0) != c.late {
					t.Errorf("plan with a head of %d = %v, want late error %v", head, e, c.late)
				}
			}
			x := tiny()
			path := write(t, file)
			x.ph = append(x.ph, interpAt(longPath, uint64(len(path))+1))
			x.data = map[int]string{longPath: path}
			native(t, x.bytes(), c.early, c.late)
		})
	}
}

func TestFirstInterpreterAndLastStackCount(t *testing.T) {
	x := tiny()
	x.ph = append(x.ph, stack1(0), interpAt(longPath, 16), interpAt(longPath+16, 16), stack1(pfX))
	x.data = map[int]string{longPath: "/a\x00rest of it..\x00", longPath + 16: "/b"}
	img, e := parse(x.bytes(), 256)
	if e != 0 || !img.HasInterp || img.Interp != "/a" || !img.ExecStack {
		t.Fatalf("Parse = %+v, %v, want interpreter /a and an executable stack", img, e)
	}
}

// FuzzParse checks that no file causes a panic and that what is mapped lies in
// the address space, in whole pages, with the file's bytes where they belong.
func FuzzParse(f *testing.F) {
	for _, c := range odd {
		x := tiny()
		c.change(x)
		b := x.bytes()
		f.Add(bytes.TrimRight(b, "\x00"), uint64(len(b)), uint64(0x7f1234567000), true)
	}
	for _, path := range programs {
		if b, err := os.ReadFile(path); err == nil {
			f.Add(b[:min(len(b), 1024)], uint64(len(b)), uint64(0x7ffff7fbf000), strings.Contains(path, "ld-"))
		}
	}
	f.Fuzz(func(t *testing.T, start []byte, size, base uint64, interp bool) {
		// The rest of the file is zeros, so that inputs stay small.
		size %= 1 << 18
		file := make([]byte, size)
		copy(file, start)
		open := Parse
		if interp {
			open = ParseInterp
		}
		img, e := open(file[:min(len(file), 256)], int64(len(file)))
		if e == 0 {
			e = feed(img, file)
		}
		if e != 0 {
			return
		}
		if off, n := img.Need(); n != 0 {
			t.Fatalf("Need() = %d, %d after all was fed", off, n)
		}
		base = pageStart(base % TaskSize)
		bias, fixed, e := img.LoadBias(base >> 20)
		if e != 0 {
			return
		}
		if !fixed {
			bias = img.BiasAt(base)
		}
		img.Brk(bias, interp, base)
		img.Extent(bias)
		maps, e := img.Maps(bias)
		if e != 0 {
			return
		}
		if len(maps) != len(img.Segments) {
			t.Fatalf("%d maps for %d segments", len(maps), len(img.Segments))
		}
		for i, m := range maps {
			checkMap(t, m, img.Segments[i], bias)
		}
		if at, e := img.Start(bias); e == 0 && at >= TaskSize {
			t.Fatalf("Start(%#x) = %#x, beyond the end", bias, at)
		}
	})
}

// checkMap checks one segment's parts against the segment.
func checkMap(t *testing.T, m Map, s Segment, bias uint64) {
	t.Helper()
	at := bias + s.Vaddr
	end := at
	for _, r := range [][2]uint64{{m.Addr, m.Len}, {m.BssAddr, m.BssLen}} {
		if r[0]%linux.PAGE_SIZE != 0 || r[1]%linux.PAGE_SIZE != 0 || r[0] > TaskSize || r[1] > TaskSize-r[0] {
			t.Fatalf("%+v of %+v: not pages, or beyond the end", m, s)
		}
		if r[1] > 0 {
			end = r[0] + r[1]
		}
	}
	if s.MemSize > 0 && (end < at+s.MemSize || end >= at+s.MemSize+linux.PAGE_SIZE) {
		t.Fatalf("%+v of %+v ends at %#x, want the page of %#x", m, s, end, at+s.MemSize)
	}
	if m.Len > 0 && (m.FileOff%linux.PAGE_SIZE != 0 || m.FileOff+(at-m.Addr) != s.FileOff || m.FileOff+m.Len > 1<<63) {
		t.Fatalf("%+v of %+v with bias %#x maps other bytes of the file", m, s, bias)
	}
	if m.ZeroLen > 0 && (m.ZeroAddr != at+s.FileSize || m.ZeroAddr+m.ZeroLen != m.Addr+m.Len) {
		t.Fatalf("%+v of %+v clears other bytes than the end of the page", m, s)
	}
}
