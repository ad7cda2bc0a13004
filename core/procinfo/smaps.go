package procinfo

import (
	"fmt"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// memoryUse sums pages as smaps shows them, in bytes.
type memoryUse struct {
	size, rss, anonymous, locked uint64
	sharedClean, sharedDirty     uint64
	privateClean, privateDirty   uint64
	proportion, dirtyProportion  uint64
}

// pagesAtOnce is how many pages are looked at in one go.
const pagesAtOnce = 4096

// use looks at the pages of an area. A page that others have too counts half:
// how many they are only a privileged look at the host would tell.
func (s *Service) use(p *task.Process, a *mmapi.Area) (u memoryUse) {
	const pageSize = 4096
	u.size = a.Length
	var buf [pagesAtOnce]byte
	for at := a.Addr; at < a.Addr+a.Length; at += pagesAtOnce * pageSize {
		pages := buf[:min(pagesAtOnce, (a.Addr+a.Length-at)/pageSize)]
		p.Space.Platform.ResidentPages(at, pages)
		for _, page := range pages {
			if page&platform.PageResident == 0 {
				continue
			}
			u.rss += pageSize
			// What an app shares without a file is memory of a file to the host.
			anon := page&platform.PageFile == 0 || a.File == 0
			part := uint64(pageSize)
			switch alone := page&platform.PageExclusive != 0; {
			case alone && anon:
				u.privateDirty += pageSize
			case alone:
				u.privateClean += pageSize
			case anon:
				u.sharedDirty += pageSize
				part /= 2
			default:
				u.sharedClean += pageSize
				part /= 2
			}
			u.proportion += part
			if anon {
				u.anonymous += pageSize
				u.dirtyProportion += part
			}
		}
	}
	if a.Flags&linux.MAP_LOCKED != 0 {
		u.locked = u.proportion
	}
	return u
}

func (u *memoryUse) add(x memoryUse) {
	u.size += x.size
	u.rss += x.rss
	u.anonymous += x.anonymous
	u.locked += x.locked
	u.sharedClean += x.sharedClean
	u.sharedDirty += x.sharedDirty
	u.privateClean += x.privateClean
	u.privateDirty += x.privateDirty
	u.proportion += x.proportion
	u.dirtyProportion += x.dirtyProportion
}

// lines writes the figures: __show_smap of fs/proc/task_mmu.c. rollup adds the
// kinds of Pss.
func (u *memoryUse) lines(b []byte, rollup bool) []byte {
	line := func(name string, bytes uint64) { b = fmt.Appendf(b, "%-15s %8d kB\n", name+":", bytes/1024) }
	line("Rss", u.rss)
	line("Pss", u.proportion)
	line("Pss_Dirty", u.dirtyProportion)
	if rollup {
		line("Pss_Anon", u.dirtyProportion)
		line("Pss_File", u.proportion-u.dirtyProportion)
		line("Pss_Shmem", 0)
	}
	line("Shared_Clean", u.sharedClean)
	line("Shared_Dirty", u.sharedDirty)
	line("Private_Clean", u.privateClean)
	line("Private_Dirty", u.privateDirty)
	line("Referenced", u.rss)
	line("Anonymous", u.anonymous)
	for _, none := range []string{"LazyFree", "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", "Shared_Hugetlb", "Private_Hugetlb", "Swap", "SwapPss"} {
		line(none, 0)
	}
	line("Locked", u.locked)
	return b
}

func (s *Service) smaps(p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
	list := s.areas(p)
	for i := range list {
		a := &list[i]
		b = s.area(p, a, b)
		b = fmt.Appendf(b, "%-15s %8d kB\n%-15s %8d kB\n%-15s %8d kB\n", "Size:", a.Length/1024, "KernelPageSize:", 4, "MMUPageSize:", 4)
		u := s.use(p, a)
		b = u.lines(b, false)
		b = fmt.Appendf(b, "%-15s %8d\nVmFlags: %s\n", "THPeligible:", 0, vmFlags(a))
	}
	return b, 0
}

// vmFlags are the letters of show_smap_vma_flags for what an area tells.
func vmFlags(a *mmapi.Area) string {
	text := ""
	add := func(on bool, letters string) {
		if on {
			text += letters + " "
		}
	}
	add(a.Prot&linux.PROT_READ != 0, "rd")
	add(a.Prot&linux.PROT_WRITE != 0, "wr")
	add(a.Prot&linux.PROT_EXEC != 0, "ex")
	add(a.Flags&linux.MAP_TYPE != linux.MAP_PRIVATE, "sh")
	text += "mr mw me "
	add(a.Flags&linux.MAP_GROWSDOWN != 0, "gd")
	add(a.Flags&linux.MAP_LOCKED != 0, "lo")
	add(a.Flags&linux.MAP_NORESERVE != 0, "nr")
	return text
}

func (s *Service) smapsRollup(p *task.Process, _ *task.Thread, b []byte) ([]byte, linux.Errno) {
	list := s.areas(p)
	if len(list) == 0 {
		return b, linux.ESRCH // show_smaps_rollup: nothing is mapped
	}
	var all memoryUse
	for i := range list {
		all.add(s.use(p, &list[i]))
	}
	last := &list[len(list)-1]
	n := len(b)
	b = fmt.Appendf(b, "%08x-%08x ---p 00000000 00:00 0", list[0].Addr, last.Addr+last.Length)
	for len(b)-n < 73 {
		b = append(b, ' ')
	}
	b = append(b, "[rollup]\n"...)
	return all.lines(b, true), 0
}
