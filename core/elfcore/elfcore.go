// Package elfcore lays out core files as Linux writes them: fs/binfmt_elf.c. It
// is pure: what a process was comes in as Process, and the bytes in front of its
// memory go out; whoever writes the file copies the memory behind them.
package elfcore

import (
	"debug/elf"
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
)

// Process is a process that has come to its end.
type Process struct {
	Pid, Ppid, Pgid, Sid int32
	UID, GID             uint32
	// Name is what comm shows, Args the arguments with spaces in between.
	Name, Args string
	Nice       int32
	Signo      int32
	Siginfo    [linux.SizeofSiginfo]byte
	// Pending and Blocked are signals of the first thread.
	Pending, Blocked uint64
	Auxv             []byte
	// Threads are all of it, the one that ended it first.
	Threads []Thread
	Areas   []Area
}

// Thread is one thread's registers.
type Thread struct {
	Tid    int32
	Regs   platform.Regs
	OrigAX uint64
	FSBase uint64
	// XState is the extended state in the standard format of XSAVE, or none.
	XState []byte
}

// Area is a part of the address space.
type Area struct {
	Addr, Length uint64
	Prot         uint32
	// Dumped is how many bytes of it, from the start on, are in the file.
	Dumped uint64
	// Name and Offset, in bytes, are those of the file behind it, if any.
	Name   string
	Offset uint64
}

const (
	ehdrSize = 64
	phdrSize = 56
	maxAreas = 0xfffe
)

var le = binary.LittleEndian

// Header gives the file up to where memory begins, padded to whole pages, and
// for each area where it begins in the file.
func Header(p *Process) (b []byte, offsets []int64) {
	areas := p.Areas[:min(len(p.Areas), maxAreas)]
	notes := notes(p)
	at := uint64(ehdrSize + phdrSize*(1+len(areas)))
	data := (at + uint64(len(notes)) + linux.PAGE_SIZE - 1) &^ (linux.PAGE_SIZE - 1)

	b = append(b, elf.ELFMAG...)
	b = append(b, byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT))
	b = append(b, make([]byte, elf.EI_NIDENT-len(b))...)
	b = le.AppendUint16(b, uint16(elf.ET_CORE))
	b = le.AppendUint16(b, machine)
	b = le.AppendUint32(b, uint32(elf.EV_CURRENT))
	b = le.AppendUint64(b, 0)
	b = le.AppendUint64(b, ehdrSize) // program headers follow
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(b, 0)
	for _, v := range []uint16{ehdrSize, phdrSize, uint16(1 + len(areas)), 0, 0, 0} {
		b = le.AppendUint16(b, v)
	}
	b = phdr(b, elf.PT_NOTE, 0, at, 0, uint64(len(notes)), 0, 0)
	for i := range areas {
		a := &areas[i]
		b = phdr(b, elf.PT_LOAD, segmentFlags(a.Prot), data, a.Addr, a.Dumped, a.Length, linux.PAGE_SIZE)
		offsets = append(offsets, int64(data))
		data += a.Dumped
	}
	b = append(b, notes...)
	return append(b, make([]byte, -len(b)&(linux.PAGE_SIZE-1))...), offsets
}

func phdr(b []byte, typ elf.ProgType, flags elf.ProgFlag, off, addr, inFile, inMemory, align uint64) []byte {
	b = le.AppendUint32(b, uint32(typ))
	b = le.AppendUint32(b, uint32(flags))
	for _, v := range []uint64{off, addr, 0, inFile, inMemory, align} {
		b = le.AppendUint64(b, v)
	}
	return b
}

func segmentFlags(prot uint32) (f elf.ProgFlag) {
	if prot&linux.PROT_READ != 0 {
		f |= elf.PF_R
	}
	if prot&linux.PROT_WRITE != 0 {
		f |= elf.PF_W
	}
	if prot&linux.PROT_EXEC != 0 {
		f |= elf.PF_X
	}
	return f
}

// notes are the notes, in Linux's order.
func notes(p *Process) (b []byte) {
	for i := range p.Threads {
		t := &p.Threads[i]
		b = note(b, "CORE", ntPrstatus, prstatus(p, t))
		if i == 0 {
			b = note(b, "CORE", ntPrpsinfo, prpsinfo(p))
			b = note(b, "CORE", ntSiginfo, p.Siginfo[:])
			b = note(b, "CORE", ntAuxv, p.Auxv)
			b = note(b, "CORE", ntFile, fileList(p.Areas))
		}
		b = floats(b, t)
	}
	return b
}

// Types of notes: include/uapi/linux/elf.h.
const (
	ntPrstatus = 1
	ntPrfpreg  = 2
	ntPrpsinfo = 3
	ntAuxv     = 6
	ntSiginfo  = 0x53494749
	ntFile     = 0x46494c45
)

// note appends one, aligned to 4 bytes.
func note(b []byte, name string, typ uint32, data []byte) []byte {
	b = le.AppendUint32(b, uint32(len(name)+1))
	b = le.AppendUint32(b, uint32(len(data)))
	b = le.AppendUint32(b, typ)
	b = append(append(b, name...), 0)
	b = append(b, make([]byte, -len(b)&3)...)
	b = append(b, data...)
	return append(b, make([]byte, -len(b)&3)...)
}

// fileList is what NT_FILE says of the files behind areas.
func fileList(areas []Area) (b []byte) {
	n := uint64(0)
	for i := range areas {
		if areas[i].Name != "" {
			n++
		}
	}
	b = le.AppendUint64(b, n)
	b = le.AppendUint64(b, linux.PAGE_SIZE)
	for i := range areas {
		if a := &areas[i]; a.Name != "" {
			b = le.AppendUint64(b, a.Addr)
			b = le.AppendUint64(b, a.Addr+a.Length)
			b = le.AppendUint64(b, a.Offset/linux.PAGE_SIZE)
		}
	}
	for i := range areas {
		if a := &areas[i]; a.Name != "" {
			b = append(append(b, a.Name...), 0)
		}
	}
	return b
}

// prpsinfo is struct elf_prpsinfo.
func prpsinfo(p *Process) []byte {
	b := make([]byte, 136)
	b[1] = 'R'
	b[3] = byte(p.Nice)
	le.PutUint32(b[16:], p.UID)
	le.PutUint32(b[20:], p.GID)
	for i, v := range []int32{p.Pid, p.Ppid, p.Pgid, p.Sid} {
		le.PutUint32(b[24+4*i:], uint32(v))
	}
	copy(b[40:55], p.Name)
	copy(b[56:135], p.Args)
	return b
}
