// Package loader holds the rules of exec that need neither a file system nor
// an address space: how an ELF file or a script is read, where an image goes,
// what is mapped, and how the first stack looks.
//
// Everything is a pure function of bytes and numbers. The package opens no
// file, maps nothing, draws no random number and knows no task; whoever calls
// it does that. What it reads is hostile, so that every number is compared
// before it is added or used, and nothing in a file causes a panic.
//
// The rules are those of fs/binfmt_elf.c, fs/binfmt_script.c and fs/exec.c in
// Linux 6.12, or of a later one where the tests, which ask the host, saw it
// differ. Errors come in two kinds. Parse, ParseInterp, Feed, ParseScript and
// CheckArgs give early ones, which execve returns. LoadBias, Maps and Start
// give late ones: by then the old program is gone, and Linux ends the process
// with SIGSEGV whatever the errno is.
package loader

import (
	"bytes"
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
)

// Sizes that bound what is read of a file, in bytes.
const (
	// HeadSize is enough of a file's start for Parse to need no more of nearly
	// every program, and for ParseScript.
	HeadSize = linux.PAGE_SIZE

	ehdrSize = 64
	phdrSize = 56
	maxPhdrs = 65536 // all of them
)

// Values of the ELF header and of program headers (linux/elf.h).
const (
	elfMagic   = "\x7fELF"
	etExec     = 2
	etDyn      = 3
	emX86_64   = 62
	ptLoad     = 1
	ptInterp   = 3
	ptGNUStack = 0x6474e551
	pfX        = 1
	pfW        = 2
	pfR        = 4
)

// Image is what an ELF file asks of exec. Addresses are those in the file; a
// load bias is added to them (see LoadBias). The fields are complete once Need
// reports 0 bytes.
type Image struct {
	// Entry is where the image starts.
	Entry uint64
	// Dyn is set for ET_DYN, which may be placed anywhere, and clear for
	// ET_EXEC.
	Dyn bool
	// Segments are the PT_LOAD headers in the order of the file.
	Segments []Segment
	// HasInterp tells that the image names an interpreter, Interp its path.
	HasInterp bool
	Interp    string
	// PhdrVaddr is the address of the program headers: 0 if no segment holds
	// them. PT_PHDR has no say in it. PhNum is their number, PhEnt the size of
	// one in bytes.
	PhdrVaddr    uint64
	PhNum, PhEnt int
	// ExecStack asks for an executable stack; the last PT_GNU_STACK decides.
	ExecStack bool
	// Align is the largest power of two that a segment asks for, in bytes, at
	// least a page; 0 if no segment has one.
	Align uint64

	interp   bool // this image is another's interpreter
	fileSize int64
	badType  bool // neither ET_EXEC nor ET_DYN; found late in an interpreter
	phoff    uint64
	stage    stage
	needOff  int64
	needLen  int
}

// Segment is one PT_LOAD header. Nothing is checked here: Maps does that.
type Segment struct {
	FileOff  uint64 // where it starts in the file, in bytes
	Vaddr    uint64 // where it starts in memory, before the bias
	FileSize uint64 // bytes that come from the file
	MemSize  uint64 // bytes in memory; those above FileSize are zero
	Prot     uint32 // PROT_*
}

// stage is the part of the file that Feed waits for.
type stage uint8

const (
	stagePhdrs stage = iota
	stageInterp
	stageDone
)

// Parse reads the start of a program. head holds the first bytes of the file,
// HeadSize of them or all if there are fewer; fileSize is the file's length in
// bytes. While Need reports more bytes, the caller reads those and hands them
// to Feed.
//
// Errors: ENOEXEC (not an ELF file for x86-64, neither ET_EXEC nor ET_DYN, no
// or too many program headers, headers that are not all there, an interpreter
// path of the wrong length or without its NUL); EIO or EINVAL (a path outside
// the file); EACCES (an empty path). As in Linux, nobody looks at the class, the byte order or the
// version.
func Parse(head []byte, fileSize int64) (*Image, linux.Errno) {
	h := header(head)
	img := &Image{fileSize: fileSize}
	if string(h[:4]) != elfMagic {
		return nil, linux.ENOEXEC
	}
	if t := le.Uint16(h[16:]); t != etExec && t != etDyn {
		return nil, linux.ENOEXEC
	}
	if le.Uint16(h[18:]) != emX86_64 {
		return nil, linux.ENOEXEC
	}
	if e := img.start(&h, head); e != 0 {
		return nil, e
	}
	return img, 0
}

// ParseInterp reads the start of the interpreter that a program names. It
// takes the same arguments as Parse. A PT_INTERP in it counts for nothing.
//
// Errors: EIO (shorter than an ELF header); ELIBBAD (not an ELF file for
// x86-64, no or too many program headers, headers that are not all there). A
// wrong type is found late, by LoadBias and Maps.
func ParseInterp(head []byte, fileSize int64) (*Image, linux.Errno) {
	// EIO, not ELIBBAD: the header is read before it is looked at.
	if len(head) < ehdrSize {
		return nil, linux.EIO
	}
	h := header(head)
	img := &Image{fileSize: fileSize, interp: true}
	if string(h[:4]) != elfMagic || le.Uint16(h[18:]) != emX86_64 {
		return nil, linux.ELIBBAD
	}
	if e := img.start(&h, head); e != 0 {
		return nil, e
	}
	return img, 0
}

// Need reports which part of the file the image still lacks: n bytes from off.
// n is 0 when it is complete, and never above 64 KiB.
func (img *Image) Need() (off int64, n int) { return img.needOff, img.needLen }

// Feed takes the bytes that Need asked for. Fewer mean that the file ends
// there. Errors: as Parse and ParseInterp, which call it when they can.
func (img *Image) Feed(data []byte) linux.Errno {
	n := img.needLen
	img.needOff, img.needLen = 0, 0
	switch img.stage {
	case stagePhdrs:
		if len(data) < n {
			return img.noHeaders()
		}
		return img.feedPhdrs(data[:n])
	case stageInterp:
		if len(data) < n {
			return linux.EIO
		}
		return img.feedInterp(data[:n])
	}
	return 0
}

var le = binary.LittleEndian

// header returns the ELF header, padded with zeros as bprm->buf is.
func header(head []byte) (h [ehdrSize]byte) {
	copy(h[:], head)
	return h
}

// start reads the ELF header and goes on as far as head reaches.
func (img *Image) start(h *[ehdrSize]byte, head []byte) linux.Errno {
	typ := le.Uint16(h[16:])
	img.Dyn = typ == etDyn
	img.badType = typ != etExec && typ != etDyn
	img.Entry = le.Uint64(h[24:])
	img.phoff = le.Uint64(h[32:])
	img.PhEnt = int(le.Uint16(h[54:]))
	img.PhNum = int(le.Uint16(h[56:]))

	// Linux 6.12 stops at a page of headers; later ones took that away.
	size := img.PhNum * phdrSize
	if img.PhEnt != phdrSize || size == 0 || size > maxPhdrs {
		return img.noHeaders()
	}
	if img.ask(img.phoff, size) != 0 {
		return img.noHeaders()
	}
	for img.needLen > 0 && img.needOff+int64(img.needLen) <= int64(len(head)) {
		if e := img.Feed(head[img.needOff : img.needOff+int64(img.needLen)]); e != 0 {
			return e
		}
	}
	return 0
}

// noHeaders is the errno for program headers that cannot be read: any reason
// ends up as the errno that load_elf_binary had set before.
func (img *Image) noHeaders() linux.Errno {
	if img.interp {
		return linux.ELIBBAD
	}
	return linux.ENOEXEC
}

// ask sets what Need reports. Errors: those of kernel_read and elf_read.
func (img *Image) ask(off uint64, n int) linux.Errno {
	const maxInt64 = 1<<63 - 1
	if off > maxInt64-uint64(n) {
		return linux.EINVAL // rw_verify_area: a negative position
	}
	if int64(off)+int64(n) > img.fileSize {
		return linux.EIO
	}
	img.needOff, img.needLen = int64(off), n
	return 0
}

// feedPhdrs reads the program headers. Only the first PT_INTERP counts, and it
// is dealt with before any other header is.
func (img *Image) feedPhdrs(table []byte) linux.Errno {
	img.stage = stageDone
	var interpOff, interpLen uint64
	for ; len(table) >= phdrSize; table = table[phdrSize:] {
		flags := le.Uint32(table[4:])
		s := Segment{
			FileOff:  le.Uint64(table[8:]),
			Vaddr:    le.Uint64(table[16:]),
			FileSize: le.Uint64(table[32:]),
			MemSize:  le.Uint64(table[40:]),
			Prot:     prot(flags),
		}
		switch le.Uint32(table) {
		case ptLoad:
			img.addSegment(s, le.Uint64(table[48:]))
		case ptGNUStack:
			img.ExecStack = flags&pfX != 0
		case ptInterp:
			if !img.HasInterp && !img.interp {
				img.HasInterp = true
				interpOff, interpLen = s.FileOff, s.FileSize
			}
		}
	}
	if img.Align != 0 {
		img.Align = max(img.Align, linux.PAGE_SIZE)
	}
	if !img.HasInterp {
		return 0
	}
	if interpLen > linux.PATH_MAX || interpLen < 2 {
		return linux.ENOEXEC
	}
	img.stage = stageInterp
	return img.ask(interpOff, int(interpLen))
}

// addSegment notes a PT_LOAD header and what follows from it.
func (img *Image) addSegment(s Segment, align uint64) {
	img.Segments = append(img.Segments, s)
	if align&(align-1) == 0 {
		img.Align = max(img.Align, align)
	}
	// The sum may wrap round, and does so in Linux too.
	if s.FileOff <= img.phoff && img.phoff < s.FileOff+s.FileSize {
		img.PhdrVaddr = img.phoff - s.FileOff + s.Vaddr
	}
}

// feedInterp reads the interpreter's path. The header's last byte must be NUL;
// the path ends at the first one.
func (img *Image) feedInterp(path []byte) linux.Errno {
	img.stage = stageDone
	if path[len(path)-1] != 0 {
		return linux.ENOEXEC
	}
	img.Interp = string(path[:bytes.IndexByte(path, 0)])
	if img.Interp == "" {
		return emptyPath
	}
	return 0
}

// emptyPath is what opening an interpreter with an empty path gives: to
// open_exec, unlike to open(2), that is the working directory.
const emptyPath = linux.EACCES

// prot turns PF_* into PROT_*.
func prot(flags uint32) (p uint32) {
	if flags&pfR != 0 {
		p |= linux.PROT_READ
	}
	if flags&pfW != 0 {
		p |= linux.PROT_WRITE
	}
	if flags&pfX != 0 {
		p |= linux.PROT_EXEC
	}
	return p
}
