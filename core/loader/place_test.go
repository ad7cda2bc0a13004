package loader

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"adyton.dev/adyton/core/linux"
)

// programs are real files of all kinds: PIE, ET_EXEC, a dynamic linker, and
// this test, which the Go linker made.
var programs = []string{"/bin/true", "/usr/bin/busybox", "/lib64/ld-linux-x86-64.so.2", "/usr/bin/python3", "/proc/self/exe"}

func TestRealProgramsParse(t *testing.T) {
	for _, path := range programs {
		t.Run(path, func(t *testing.T) {
			file, err := os.ReadFile(path)
			if err != nil {
				t.Skipf("not installed: %v", err)
			}
			want, err := elf.NewFile(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			img, e := parse(file, HeadSize)
			if e != 0 {
				t.Fatalf("Parse = %v, want 0", e)
			}
			if img.Entry != want.Entry || img.Dyn != (want.Type == elf.ET_DYN) || img.PhNum != len(want.Progs) {
				t.Errorf("Parse = %+v, want %+v", img, want.FileHeader)
			}
			var loads int
			var interp string
			for _, p := range want.Progs {
				switch p.Type {
				case elf.PT_LOAD:
					s := Segment{p.Off, p.Vaddr, p.Filesz, p.Memsz, prot(uint32(p.Flags))}
					if loads >= len(img.Segments) || img.Segments[loads] != s {
						t.Errorf("segment %d is not %+v in %+v", loads, s, img.Segments)
					}
					loads++
				case elf.PT_INTERP:
					b := make([]byte, p.Filesz)
					p.ReadAt(b, 0)
					interp = cString(b)
				case elf.PT_PHDR:
					if img.PhdrVaddr != p.Vaddr {
						t.Errorf("PhdrVaddr = %#x, want %#x", img.PhdrVaddr, p.Vaddr)
					}
				}
			}
			if loads != len(img.Segments) || interp != img.Interp || img.HasInterp != (interp != "") {
				t.Errorf("%d segments, interpreter %q, want %d, %q", len(img.Segments), img.Interp, loads, interp)
			}
		})
	}
}

// TestMapsAsTheKernel starts programs under ptrace and compares what the
// kernel mapped, before the first instruction, with what Maps says.
func TestMapsAsTheKernel(t *testing.T) {
	for _, path := range programs {
		t.Run(path, func(t *testing.T) {
			if path == "/proc/self/exe" {
				path, _ = os.Readlink(path)
			}
			if _, err := os.Stat(path); err != nil {
				t.Skipf("not installed: %v", err)
			}
			compareMaps(t, path)
		})
	}
	for _, c := range odd {
		if c.early == 0 && !c.late {
			t.Run(c.name, func(t *testing.T) {
				x := tiny()
				c.change(x)
				compareMaps(t, write(t, x.bytes()))
			})
		}
	}
}

func compareMaps(t *testing.T, path string) {
	p := stopAtStart(t, path)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, e := parse(file, HeadSize)
	if e != 0 {
		t.Fatalf("Parse = %v, want 0", e)
	}

	bias, fixed, e := img.LoadBias(0)
	if e != 0 {
		t.Fatalf("LoadBias = %v, want 0", e)
	}
	if !fixed {
		bias = img.BiasAt(p.first(t, path))
	}
	if at, e := img.Start(bias); e != 0 || at != p.auxv[linux.AT_ENTRY] {
		t.Errorf("Start(%#x) = %#x, %v, want %#x", bias, at, e, p.auxv[linux.AT_ENTRY])
	}
	if got, want := img.PhdrVaddr+bias, p.auxv[linux.AT_PHDR]; got != want {
		t.Errorf("headers at %#x, want %#x", got, want)
	}
	got := pages{}
	got.add(t, img, bias)
	if img.HasInterp {
		ifile, err := os.ReadFile(img.Interp)
		if err != nil {
			t.Fatal(err)
		}
		interp, e := ParseInterp(ifile[:HeadSize], int64(len(ifile)))
		if e != 0 {
			t.Fatalf("ParseInterp = %v, want 0", e)
		}
		ibias := interp.BiasAt(p.auxv[linux.AT_BASE])
		if ibias != p.auxv[linux.AT_BASE] {
			t.Errorf("BiasAt = %#x, want AT_BASE %#x", ibias, p.auxv[linux.AT_BASE])
		}
		got.add(t, interp, ibias)
	}
	for _, s := range p.special {
		got.cut(s[0], s[1])
	}
	if got, want := got.String(), p.pages.String(); got != want {
		t.Errorf("%s with bias %#x maps\n%swant\n%s", path, bias, got, want)
	}

	p.compareLastPages(t, img, bias, file)

	// Field 47 is start_brk; addresses are not random here.
	if got, want := img.Brk(bias, false, 0), p.stat(47); got != want && want != pageAlign(DynBase) {
		t.Errorf("Brk = %#x, want %#x", got, want)
	}
	sc, ec, sd, ed := img.Extent(bias)
	if got, want := [4]uint64{sc, ec, sd, ed}, [4]uint64{p.stat(26), p.stat(27), p.stat(45), p.stat(46)}; got != want {
		t.Errorf("Extent = %#x, want %#x", got, want)
	}
}

// compareLastPages checks what of each segment's last page of the file was
// cleared.
func (p *proc) compareLastPages(t *testing.T, img *Image, bias uint64, file []byte) {
	t.Helper()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	defer mem.Close()
	maps, _ := img.Maps(bias)
	for _, m := range maps {
		at := m.Addr + m.Len - linux.PAGE_SIZE
		off := m.FileOff + m.Len - linux.PAGE_SIZE
		if m.Len == 0 || off >= uint64(len(file)) || !strings.HasSuffix(p.pages[at], fmt.Sprintf("file+%#x", off)) {
			continue
		}
		want := make([]byte, linux.PAGE_SIZE)
		copy(want, file[off:])
		if m.ZeroLen > 0 {
			clear(want[m.ZeroAddr-at:][:m.ZeroLen])
		}
		got := make([]byte, linux.PAGE_SIZE)
		if _, err := mem.ReadAt(got, int64(at)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("the page at %#x of %+v has other bytes than the kernel's", at, m)
		}
	}
}

// proc is a program stopped before its first instruction.
type proc struct {
	pid     int
	auxv    map[uint64]uint64
	pages   pages
	special [][2]uint64 // stack, vdso and the like
	lines   []string
}

func stopAtStart(t *testing.T, path string) *proc {
	t.Helper()
	runtime.LockOSThread() // ptrace knows threads
	t.Cleanup(runtime.UnlockOSThread)
	// setarch -R gives addresses that are not random, by a second exec.
	cmd := exec.Command("/usr/bin/setarch", "-R", path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Skipf("no setarch or no ptrace here: %v", err)
	}
	pid := cmd.Process.Pid
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	var ws syscall.WaitStatus
	for range 2 { // setarch's exec, then the program's
		if ws != 0 {
			if err := syscall.PtraceCont(pid, 0); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := syscall.Wait4(pid, &ws, 0, nil); err != nil || !ws.Stopped() || ws.StopSignal() != syscall.SIGTRAP {
			t.Fatalf("wait4 = %v, status %#x, want a stop by SIGTRAP", err, ws)
		}
	}

	p := &proc{pid: pid, auxv: map[uint64]uint64{}, pages: pages{}}
	aux := p.read(t, "auxv")
	for ; len(aux) >= 16; aux = aux[16:] {
		p.auxv[le.Uint64(aux)] = le.Uint64(aux[8:])
	}
	p.lines = strings.Split(strings.TrimSpace(string(p.read(t, "maps"))), "\n")
	for _, l := range p.lines {
		var start, end, off uint64
		var perm, dev, name string
		var inode uint64
		fmt.Sscanf(l, "%x-%x %s %x %s %d %s", &start, &end, &perm, &off, &dev, &inode, &name)
		if strings.HasPrefix(name, "[") && name != "[heap]" {
			p.special = append(p.special, [2]uint64{start, end})
			continue
		}
		p.pages.set(start, end-start, protOf(perm), off, inode != 0)
	}
	return p
}

func (p *proc) read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.pid, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// first is where mm put the program.
func (p *proc) first(t *testing.T, path string) uint64 {
	for _, l := range p.lines {
		if strings.HasSuffix(l, path) || strings.Contains(l, "/ld-linux") {
			at, _ := strconv.ParseUint(l[:strings.IndexByte(l, '-')], 16, 64)
			return at
		}
	}
	t.Fatalf("%s is not mapped", path)
	return 0
}

// stat is a field of /proc/PID/stat, counted as proc(5) does.
func (p *proc) stat(field int) uint64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid))
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+2:]))
	v, _ := strconv.ParseUint(f[field-3], 10, 64)
	return v
}

// pages says for every page what is there.
type pages map[uint64]string

func (p pages) set(addr, n uint64, prot uint32, off uint64, file bool) {
	for at := addr; at < addr+n; at += linux.PAGE_SIZE {
		p[at] = fmt.Sprintf("%d anonymous", prot)
		if file {
			p[at] = fmt.Sprintf("%d file+%#x", prot, off+at-addr)
		}
	}
}

func (p pages) cut(start, end uint64) {
	for at := start; at < end; at += linux.PAGE_SIZE {
		delete(p, at)
	}
}

func (p pages) add(t *testing.T, img *Image, bias uint64) {
	t.Helper()
	maps, e := img.Maps(bias)
	if e != 0 {
		t.Fatalf("Maps(%#x) = %v, want 0", bias, e)
	}
	for _, m := range maps {
		p.set(m.Addr, m.Len, m.Prot, m.FileOff, true)
		p.set(m.BssAddr, m.BssLen, m.BssProt, 0, false)
	}
}

func (p pages) String() string {
	keys := make([]uint64, 0, len(p))
	for at := range p {
		keys = append(keys, at)
	}
	slices.Sort(keys)
	var b strings.Builder
	for _, at := range keys {
		fmt.Fprintf(&b, "%x %s\n", at, p[at])
	}
	return b.String()
}

func protOf(perm string) (p uint32) {
	for i, bit := range []uint32{linux.PROT_READ, linux.PROT_WRITE, linux.PROT_EXEC} {
		if perm[i] != '-' {
			p |= bit
		}
	}
	return p
}

func TestLoadBiasOfDynamicProgram(t *testing.T) {
	x := tiny()
	x.typ = etDyn
	x.ph = append(x.ph, interpAt(longPath, 3))
	x.data = map[int]string{longPath: "/a"}
	for _, c := range []struct{ vaddr, align, rnd, want uint64 }{
		{0, 0x1000, 0, 0x555555554000},
		{0, 0x1000, 7, 0x55555555b000},
		{0, 0, 0, 0x555555554000}, // 0 is no power of two: not rounded but to pages
		{0, 1 << 21, 0, 0x555555400000},
		{0, 1 << 21, 0x200, 0x555555600000},
		{0x400000, 0x1000, 0, 0x555555154000},
	} {
		x.ph[0].vaddr, x.ph[0].pAlign = c.vaddr, c.align
		img, e := parse(x.bytes(), HeadSize)
		if e != 0 {
			t.Fatalf("Parse = %v, want 0", e)
		}
		if bias, fixed, e := img.LoadBias(c.rnd); bias != c.want || !fixed || e != 0 {
			t.Errorf("LoadBias(%d) of %+v = %#x, %v, %v, want %#x", c.rnd, c, bias, fixed, e, c.want)
		}
		if maps, e := img.Maps(c.want); e != 0 || !maps[0].NoReplace {
			t.Errorf("Maps(%#x) = %+v, %v, want NoReplace", c.want, maps, e)
		}
	}
}

func TestBrk(t *testing.T) {
	x := tiny()
	x.ph = append(x.ph, bss(pfR|pfW, 0, 0x600000, 0x10, 0x1801))
	img, _ := parse(x.bytes(), HeadSize)
	if got, want := img.Brk(0, false, 9), uint64(0x602000); got != want {
		t.Errorf("Brk = %#x, want %#x", got, want)
	}
	if got, want := img.Brk(0, true, 1<<18+2), uint64(0x605000); got != want {
		t.Errorf("random Brk = %#x, want %#x", got, want)
	}
	x.typ = etDyn
	img, _ = parse(x.bytes(), HeadSize)
	if got, want := img.Brk(0x7f0000000000, false, 0), uint64(0x555555555000); got != want {
		t.Errorf("Brk of a static PIE = %#x, want %#x", got, want)
	}
	if got, want := img.Brk(0x7f0000000000, true, 3), uint64(0x555555558000); got != want {
		t.Errorf("random Brk of a static PIE = %#x, want %#x", got, want)
	}
}
