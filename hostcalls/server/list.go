package server

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

const (
	// maxEntries is the most entries of one page.
	maxEntries = 8192
	// entryBytes is what an entry takes on the wire without name and target.
	entryBytes = 160
	// maxLists is how many half-read directories are remembered.
	maxLists = 32
)

// listKey is what a client lists.
type listKey struct {
	root uint32
	path string
}

// listing is the sorted contents of a directory, kept between its pages.
type listing struct {
	stamp   dirStamp
	entries []dirent
}

// dirStamp changes when a directory does.
type dirStamp struct {
	dev, ino     uint64
	mtime, ctime unix.Timespec
}

type dirent struct {
	name string
	typ  byte // DT_*
}

// FileList implements hostapi.Host. Pages of an unchanged directory come from
// one reading of it; after a change, the rest is read anew. max_entries 0 means
// as many as fit.
func (s *Server) FileList(req *hostapi.FileListRequest, rep *hostapi.FileListReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	r, e := s.root(req.Root, false)
	if e != 0 {
		return e
	}
	path, e := clean(req.Path)
	if e != 0 {
		return e
	}
	fd, e := s.open(r, path, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if e != 0 {
		return e
	}
	defer unix.Close(fd)

	key := listKey{req.Root, path}
	l, e := s.listing(fd, key, req.After != "")
	if e != 0 {
		return e
	}
	rest := l.entries
	if req.After != "" {
		i, found := slices.BinarySearchFunc(rest, req.After, func(d dirent, name string) int { return strings.Compare(d.name, name) })
		if found {
			i++
		}
		rest = rest[i:]
	}
	asked := int(req.MaxEntries)
	if asked == 0 || asked > maxEntries {
		asked = maxEntries
	}
	rest = appendPage(fd, rest, asked, rep)
	rep.Last = len(rest) == 0
	s.keep(key, l, !rep.Last)
	return 0
}

// appendPage appends entries until the page is full, and returns those left.
// One that vanished meanwhile is left out.
func appendPage(fd int, rest []dirent, asked int, rep *hostapi.FileListReply) []dirent {
	rep.Entries = slices.Grow(rep.Entries, min(asked, len(rest)))
	for size := 0; len(rest) > 0 && asked > 0; rest = rest[1:] {
		d := rest[0]
		entry := hostapi.HostEntry{Name: d.name}
		switch e := statAt(fd, d.name, &entry.Attr); e {
		case 0:
		case linux.ENOENT:
			continue
		default:
			entry.Attr = hostapi.HostAttr{Mode: uint32(d.typ) << 12, AttrErrno: uint32(e)}
		}
		size += entryBytes + len(d.name) + len(entry.Attr.Target)
		if size > MaxData {
			break
		}
		rep.Entries = append(rep.Entries, entry)
		asked--
	}
	return rest
}

// listing returns the contents of the directory fd, from memory when this is
// not the first page and nothing changed.
func (s *Server) listing(fd int, key listKey, more bool) (*listing, linux.Errno) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, errnoOf(err)
	}
	stamp := dirStamp{st.Dev, st.Ino, st.Mtim, st.Ctim}
	if more {
		s.listMu.Lock()
		l := s.lists[key]
		s.listMu.Unlock()
		if l != nil && l.stamp == stamp {
			return l, 0
		}
	}
	entries, e := readDir(fd)
	return &listing{stamp, entries}, e
}

// keep remembers or forgets a listing.
func (s *Server) keep(key listKey, l *listing, more bool) {
	s.listMu.Lock()
	defer s.listMu.Unlock()
	if !more {
		delete(s.lists, key)
		return
	}
	if len(s.lists) >= maxLists && s.lists[key] == nil {
		for k := range s.lists { // any one: it is only read again
			delete(s.lists, k)
			break
		}
	}
	s.lists[key] = l
}

// readDir reads all entries but "." and "..", sorted by name.
func readDir(fd int) ([]dirent, linux.Errno) {
	var entries []dirent
	buf := make([]byte, 32<<10)
	for {
		n, err := unix.Getdents(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, errnoOf(err)
		}
		if n == 0 {
			break
		}
		entries = parseDirents(buf[:n], entries)
	}
	slices.SortFunc(entries, func(a, b dirent) int { return strings.Compare(a.name, b.name) })
	return entries, 0
}

// parseDirents appends the records of linux_dirent64: ino, off, 16 bits of
// length, type, name with NUL and padding. All names share one string.
func parseDirents(buf []byte, entries []dirent) []dirent {
	const nameAt = 19
	text := string(buf)
	for len(buf) > nameAt {
		n := int(binary.NativeEndian.Uint16(buf[16:]))
		if n <= nameAt || n > len(buf) {
			break
		}
		end := bytes.IndexByte(buf[nameAt:n], 0)
		if end < 0 {
			end = n - nameAt
		}
		name := text[nameAt : nameAt+end]
		if name != "." && name != ".." {
			entries = append(entries, dirent{name, buf[18]})
		}
		buf, text = buf[n:], text[n:]
	}
	return entries
}
