package client

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// ErrHostLied reports a reply that no honest host can give.
var ErrHostLied = errors.New("hostcalls: host gave an impossible reply")

const (
	version = 1
	// maxRoots and maxRootName bound what Hello may make us keep.
	maxRoots    = 256
	maxRootName = linux.PATH_MAX
	// minData and maxData bound the most data of one reply, in bytes.
	minData = 4096
	maxData = 64 << 20
	// maxPage is the most entries of a page when the request sets no limit.
	maxPage = 1 << 16

	termiosBytes = 36 // struct termios of the kernel
	winsizeBytes = 8

	// clockSlackNs is how far the real-time clock may be set back while we
	// look: that much it is held, more is a lie.
	clockSlackNs = linux.NSEC_PER_SEC
)

// Bits of FileSetAttrRequest.Valid.
const validSize = 8

func checkHello(_ *Client, _ *hostapi.HelloRequest, rep *hostapi.HelloReply, _ times) error {
	if rep.Version != version {
		return fmt.Errorf("version %d, asked for %d", rep.Version, version)
	}
	if rep.MaxData < minData || rep.MaxData > maxData {
		return fmt.Errorf("replies of at most %d bytes, want %d to %d", rep.MaxData, minData, maxData)
	}
	if len(rep.Roots) > maxRoots {
		return fmt.Errorf("%d roots, want at most %d", len(rep.Roots), maxRoots)
	}
	seen := make(map[string]bool)
	for _, name := range rep.Roots {
		switch {
		case name == "" || len(name) >= maxRootName || strings.IndexByte(name, 0) >= 0:
			return fmt.Errorf("root named %.40q", name)
		case seen[name]:
			return fmt.Errorf("two roots named %.40q", name)
		}
		seen[name] = true
	}
	return nil
}

// times are the host's clocks in nanoseconds.
type times struct{ real, mono, boot int64 }

// clock holds the latest times that the host was believed.
type clock struct {
	mu   sync.Mutex // guards last
	last times
}

func (c *clock) read() times {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

func (c *clock) advance(t times) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = times{max(c.last.real, t.real), max(c.last.mono, t.mono), max(c.last.boot, t.boot)}
}

// checkClockRead compares with the clocks when the host was asked, since
// answers may overtake each other.
func checkClockRead(c *Client, _ *hostapi.ClockReadRequest, rep *hostapi.ClockReadReply, since times) error {
	switch {
	case rep.RealtimeNs < 0 || rep.MonotonicNs < 0 || rep.BoottimeNs < 0:
		return fmt.Errorf("time before its beginning: real %d, monotonic %d, boot %d ns", rep.RealtimeNs, rep.MonotonicNs, rep.BoottimeNs)
	case rep.MonotonicNs < since.mono:
		return fmt.Errorf("monotonic clock went back from %d to %d ns", since.mono, rep.MonotonicNs)
	case rep.BoottimeNs < since.boot:
		return fmt.Errorf("boot clock went back from %d to %d ns", since.boot, rep.BoottimeNs)
	case rep.BoottimeNs < rep.MonotonicNs:
		return fmt.Errorf("boot clock %d ns is behind the monotonic clock %d ns", rep.BoottimeNs, rep.MonotonicNs)
	case since.real-rep.RealtimeNs > clockSlackNs:
		return fmt.Errorf("real-time clock went back from %d to %d ns", since.real, rep.RealtimeNs)
	}
	rep.RealtimeNs = max(rep.RealtimeNs, since.real)
	c.clock.advance(times{rep.RealtimeNs, rep.MonotonicNs, rep.BoottimeNs})
	return nil
}

func checkEntropy(_ *Client, req *hostapi.EntropyRequest, rep *hostapi.EntropyReply, _ times) error {
	if uint64(len(rep.Data)) != uint64(req.Count) {
		return fmt.Errorf("%d random bytes, asked for %d", len(rep.Data), req.Count)
	}
	return nil
}

// checkAttr checks what holds for any file.
func checkAttr(a *hostapi.HostAttr) error {
	if a.AttrErrno != 0 {
		return checkNoAttr(a)
	}
	switch a.Mode & linux.S_IFMT {
	case linux.S_IFREG, linux.S_IFDIR, linux.S_IFCHR, linux.S_IFBLK, linux.S_IFIFO, linux.S_IFSOCK:
		if a.Target != "" {
			return fmt.Errorf("link target %.40q of a file of mode %#o", a.Target, a.Mode)
		}
	case linux.S_IFLNK:
		if a.Target == "" || len(a.Target) >= linux.PATH_MAX || strings.IndexByte(a.Target, 0) >= 0 {
			return fmt.Errorf("link target %.40q of %d bytes", a.Target, len(a.Target))
		}
	default:
		return fmt.Errorf("file mode %#o has no type", a.Mode)
	}
	switch {
	case a.Mode&^(linux.S_IFMT|0o7777) != 0:
		return fmt.Errorf("file mode %#o", a.Mode)
	case a.Size < 0:
		return fmt.Errorf("file size %d", a.Size)
	case a.Blocks > 1<<54:
		return fmt.Errorf("file of %d blocks", a.Blocks) // of 512 bytes: no offset reaches there
	}
	return nil
}

// checkNoAttr checks a file of which only its type may be known.
func checkNoAttr(a *hostapi.HostAttr) error {
	if a.AttrErrno >= 512 || !attrErrnos.has(linux.Errno(a.AttrErrno)) {
		return fmt.Errorf("file errno %v, which this call never gives", linux.Errno(min(a.AttrErrno, 4095)))
	}
	if (*a != hostapi.HostAttr{Mode: a.Mode & linux.S_IFMT, AttrErrno: a.AttrErrno}) {
		return fmt.Errorf("file errno %v together with attributes", linux.Errno(a.AttrErrno))
	}
	return nil
}

// checkWhole is checkAttr for replies that are about one file.
func checkWhole(a *hostapi.HostAttr) error {
	if a.AttrErrno != 0 {
		return fmt.Errorf("success together with file errno %d", a.AttrErrno)
	}
	return checkAttr(a)
}

// checkSame checks that a handle is still the file that was opened.
func (c *Client) checkSame(handle uint64, a *hostapi.HostAttr) error {
	if id, ok := c.identity(handle); ok && id != identityOf(a) {
		return fmt.Errorf("handle %d became another file: %+v, was %+v", handle, identityOf(a), id)
	}
	return nil
}

func checkFileOpen(c *Client, req *hostapi.FileOpenRequest, rep *hostapi.FileOpenReply, _ times) error {
	if err := checkWhole(&rep.Attr); err != nil {
		return err
	}
	typ := rep.Attr.Mode & linux.S_IFMT
	writes := req.Flags&linux.O_ACCMODE != linux.O_RDONLY
	unnamed := req.Flags&linux.O_TMPFILE == linux.O_TMPFILE
	switch {
	case unnamed && (typ != linux.S_IFREG || rep.Attr.Nlink != 0):
		return fmt.Errorf("made a file without a name of mode %#o with %d names", rep.Attr.Mode, rep.Attr.Nlink)
	case unnamed:
	case typ != linux.S_IFREG && typ != linux.S_IFDIR:
		return fmt.Errorf("opened a file of mode %#o, neither regular nor a directory", rep.Attr.Mode)
	case req.Flags&linux.O_DIRECTORY != 0 && typ != linux.S_IFDIR:
		return fmt.Errorf("opened a file of mode %#o with O_DIRECTORY", rep.Attr.Mode)
	case typ == linux.S_IFDIR && (writes || req.Flags&linux.O_CREAT != 0):
		return fmt.Errorf("opened a directory with flags %#o", req.Flags)
	}
	c.remember(req.Handle, &rep.Attr)
	return nil
}

func checkFileStat(c *Client, req *hostapi.FileStatRequest, rep *hostapi.FileStatReply, _ times) error {
	if len(rep.Attrs) != len(req.Paths)+len(req.Handles) {
		return fmt.Errorf("attributes of %d files, asked for %d", len(rep.Attrs), len(req.Paths)+len(req.Handles))
	}
	for i := range rep.Attrs {
		a := &rep.Attrs[i]
		if err := checkAttr(a); err != nil {
			return fmt.Errorf("file %d: %w", i, err)
		}
		if h := i - len(req.Paths); h >= 0 && a.AttrErrno == 0 {
			if err := c.checkSame(req.Handles[h], a); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkFileRead(_ *Client, req *hostapi.FileReadRequest, rep *hostapi.FileReadReply, _ times) error {
	if len(rep.Lengths) != len(req.Extents) {
		return fmt.Errorf("lengths of %d extents, asked for %d", len(rep.Lengths), len(req.Extents))
	}
	var total uint64
	for i, n := range rep.Lengths {
		if n > req.Extents[i].Length {
			return fmt.Errorf("read of %d bytes returned %d", req.Extents[i].Length, n)
		}
		total += uint64(n)
	}
	if total != uint64(len(rep.Data)) {
		return fmt.Errorf("%d bytes of data, lengths say %d", len(rep.Data), total)
	}
	return nil
}

func checkFileWrite(_ *Client, req *hostapi.FileWriteRequest, rep *hostapi.FileWriteReply, _ times) error {
	switch {
	case uint64(rep.Count) > uint64(len(req.Data)):
		return fmt.Errorf("write of %d bytes wrote %d", len(req.Data), rep.Count)
	case rep.Count == 0 && len(req.Data) > 0:
		return fmt.Errorf("write of %d bytes wrote none and failed not", len(req.Data))
	case rep.Size < int64(rep.Count):
		return fmt.Errorf("file size %d after a write of %d bytes", rep.Size, rep.Count)
	// Size and offset are not negative here: no overflow.
	case !req.Append && rep.Count > 0 && rep.Size-int64(rep.Count) < req.Offset:
		return fmt.Errorf("file size %d after a write of %d bytes at %d", rep.Size, rep.Count, req.Offset)
	}
	return nil
}

func checkFileSetAttr(c *Client, req *hostapi.FileSetAttrRequest, rep *hostapi.FileSetAttrReply, _ times) error {
	if err := checkWhole(&rep.Attr); err != nil {
		return err
	}
	if req.Valid&validSize != 0 && rep.Attr.Mode&linux.S_IFMT != linux.S_IFREG {
		return fmt.Errorf("set the size of a file of mode %#o", rep.Attr.Mode)
	}
	if req.Handle != 0 {
		return c.checkSame(req.Handle, &rep.Attr)
	}
	return nil
}

func checkFileAllocate(c *Client, req *hostapi.FileAllocateRequest, rep *hostapi.FileAllocateReply, _ times) error {
	if err := checkWhole(&rep.Attr); err != nil {
		return err
	}
	if rep.Attr.Mode&linux.S_IFMT != linux.S_IFREG {
		return fmt.Errorf("allocated for a file of mode %#o", rep.Attr.Mode)
	}
	return c.checkSame(req.Handle, &rep.Attr)
}

func checkFileXattr(_ *Client, req *hostapi.FileXattrRequest, rep *hostapi.FileXattrReply, _ times) error {
	switch req.Kind {
	case hostapi.XattrKindGet:
		if len(rep.Value) > linux.XATTR_SIZE_MAX {
			return fmt.Errorf("an attribute of %d bytes", len(rep.Value))
		}
		return nil
	case hostapi.XattrKindList:
		return checkXattrNames(string(rep.Value))
	}
	if len(rep.Value) != 0 {
		return fmt.Errorf("%d bytes after %v", len(rep.Value), req.Kind)
	}
	return nil
}

// checkXattrNames checks a list of names: those of users, each once.
func checkXattrNames(list string) error {
	if len(list) > linux.XATTR_LIST_MAX {
		return fmt.Errorf("names of attributes of %d bytes", len(list))
	}
	seen := make(map[string]bool)
	for list != "" {
		name, rest, ok := strings.Cut(list, "\x00")
		switch {
		case !ok || len(name) > linux.XATTR_NAME_MAX || !strings.HasPrefix(name, linux.XATTR_USER_PREFIX) || name == linux.XATTR_USER_PREFIX:
			return fmt.Errorf("an attribute named %.40q", name)
		case seen[name]:
			return fmt.Errorf("two attributes named %.40q", name)
		}
		seen[name] = true
		list = rest
	}
	return nil
}

func checkFileList(_ *Client, req *hostapi.FileListRequest, rep *hostapi.FileListReply, _ times) error {
	asked := uint64(req.MaxEntries)
	if asked == 0 {
		asked = maxPage
	}
	if uint64(len(rep.Entries)) > asked {
		return fmt.Errorf("%d entries, asked for at most %d", len(rep.Entries), asked)
	}
	if len(rep.Entries) == 0 && !rep.Last {
		return errors.New("no entries, yet more to come")
	}
	prev := req.After
	for i := range rep.Entries {
		entry := &rep.Entries[i]
		if !validName(entry.Name) {
			return fmt.Errorf("entry named %.40q of %d bytes", entry.Name, len(entry.Name))
		}
		if entry.Name <= prev {
			return fmt.Errorf("entry %.40q after %.40q: not sorted, or twice", entry.Name, prev)
		}
		prev = entry.Name
		if err := checkAttr(&entry.Attr); err != nil {
			return fmt.Errorf("entry %.40q: %w", entry.Name, err)
		}
	}
	return nil
}

// validName reports whether a directory can hold name.
func validName(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= linux.NAME_MAX && !strings.ContainsAny(name, "/\x00")
}

func checkNameOp(_ *Client, req *hostapi.NameOpRequest, rep *hostapi.NameOpReply, _ times) error {
	typ := rep.Attr.Mode & linux.S_IFMT
	switch req.Kind {
	case hostapi.NameOpKindUnlink, hostapi.NameOpKindRmdir, hostapi.NameOpKindRename:
		if rep.Attr != (hostapi.HostAttr{}) {
			return fmt.Errorf("attributes after %v", req.Kind)
		}
		return nil
	case hostapi.NameOpKindMkdir:
		if typ != linux.S_IFDIR {
			return fmt.Errorf("made a directory of mode %#o", rep.Attr.Mode)
		}
	case hostapi.NameOpKindMknod:
		if typ != req.Mode&linux.S_IFMT {
			return fmt.Errorf("made a file of mode %#o, asked for %#o", rep.Attr.Mode, req.Mode)
		}
	case hostapi.NameOpKindSymlink:
		if typ != linux.S_IFLNK || rep.Attr.Target != req.Other {
			return fmt.Errorf("made a link of mode %#o to %.40q, asked for %.40q", rep.Attr.Mode, rep.Attr.Target, req.Other)
		}
	case hostapi.NameOpKindLink:
		if typ == linux.S_IFDIR {
			return errors.New("made a second name of a directory")
		}
	}
	return checkWhole(&rep.Attr)
}

func checkConsole(_ *Client, req *hostapi.ConsoleRequest, rep *hostapi.ConsoleReply, _ times) error {
	// Each kind may fill its own fields only; what is left must be zero.
	left := *rep
	left.Data = nil
	bytes, wantBytes := len(rep.Data), 0
	switch req.Kind {
	case hostapi.ConsoleKindStat:
		left.Attr, left.Flags, left.Terminal = hostapi.HostAttr{}, 0, false
		if err := checkWhole(&rep.Attr); err != nil {
			return err
		}
		switch {
		case rep.Flags&^(linux.O_ACCMODE|linux.O_APPEND) != 0 || rep.Flags&linux.O_ACCMODE == linux.O_ACCMODE:
			return fmt.Errorf("stream flags %#o", rep.Flags)
		case rep.Terminal && rep.Attr.Mode&linux.S_IFMT != linux.S_IFCHR:
			return fmt.Errorf("terminal of mode %#o", rep.Attr.Mode)
		}
	case hostapi.ConsoleKindRead:
		left.Count = 0
		if uint64(bytes) > uint64(req.Count) {
			return fmt.Errorf("read of %d bytes returned %d", req.Count, bytes)
		}
		if uint64(rep.Count) != uint64(bytes) {
			return fmt.Errorf("%d bytes of data, count says %d", bytes, rep.Count)
		}
		wantBytes = bytes
	case hostapi.ConsoleKindWrite:
		left.Count = 0
		if uint64(rep.Count) > uint64(len(req.Data)) {
			return fmt.Errorf("write of %d bytes wrote %d", len(req.Data), rep.Count)
		}
		if rep.Count == 0 && len(req.Data) > 0 {
			return fmt.Errorf("write of %d bytes wrote none and failed not", len(req.Data))
		}
	case hostapi.ConsoleKindGetTermios:
		wantBytes = termiosBytes
	case hostapi.ConsoleKindGetSize:
		wantBytes = winsizeBytes
	case hostapi.ConsoleKindSeek:
		left.Offset = 0
		if rep.Offset < 0 {
			return fmt.Errorf("stream offset %d", rep.Offset)
		}
	}
	if bytes != wantBytes {
		return fmt.Errorf("%d bytes of data, want %d", bytes, wantBytes)
	}
	if !left.Equal(new(hostapi.ConsoleReply)) {
		return fmt.Errorf("fields that %v does not fill", req.Kind)
	}
	return nil
}

func checkWait(_ *Client, req *hostapi.WaitRequest, rep *hostapi.WaitReply, _ times) error {
	if len(rep.Events) != len(req.Streams) {
		return fmt.Errorf("events of %d streams, asked for %d", len(rep.Events), len(req.Streams))
	}
	for i, got := range rep.Events {
		const always = linux.POLLERR | linux.POLLHUP | linux.POLLNVAL
		if i >= len(req.Events) || got&^(req.Events[i]|always) != 0 {
			return fmt.Errorf("events %#x, asked for %#x", got, req.Events)
		}
	}
	return nil
}
