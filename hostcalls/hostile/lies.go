package hostile

import (
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// Lies is the table. Each must give EIO and one line to the operator.
var Lies = append(errnoLies(), []Lie{
	hello("Version", func(r *hostapi.HelloReply) { r.Version = 2 }),
	hello("TinyData", func(r *hostapi.HelloReply) { r.MaxData = 1 }),
	hello("HugeData", func(r *hostapi.HelloReply) { r.MaxData = 1 << 31 }),
	hello("NamelessRoot", func(r *hostapi.HelloReply) { r.Roots = append(r.Roots, "") }),
	hello("NulInRoot", func(r *hostapi.HelloReply) { r.Roots = append(r.Roots, "/a\x00b") }),
	hello("LongRoot", func(r *hostapi.HelloReply) { r.Roots = append(r.Roots, strings.Repeat("/a", 4096)) }),
	hello("TwinRoots", func(r *hostapi.HelloReply) { r.Roots = append(r.Roots, "/a", "/a") }),
	hello("ManyRoots", func(r *hostapi.HelloReply) {
		for i := range 2000 {
			r.Roots = append(r.Roots, "/r"+strings.Repeat("x", i))
		}
	}),

	clock("MonotonicBack", func(r *hostapi.ClockReadReply) { r.MonotonicNs = 1 }),
	clock("BootBack", func(r *hostapi.ClockReadReply) { r.BoottimeNs, r.MonotonicNs = 1, 1 }),
	clock("BootBehind", func(r *hostapi.ClockReadReply) { r.MonotonicNs = r.BoottimeNs + 1 }),
	clock("RealBack", func(r *hostapi.ClockReadReply) { r.RealtimeNs -= 3600e9 }),
	clock("RealNegative", func(r *hostapi.ClockReadReply) { r.RealtimeNs = -1 }),
	clock("MonotonicNegative", func(r *hostapi.ClockReadReply) { r.MonotonicNs = -1 << 63 }),
	clock("Zero", func(r *hostapi.ClockReadReply) { *r = hostapi.ClockReadReply{} }),

	entropy("None", func(r *hostapi.EntropyReply) { r.Data = nil }),
	entropy("Short", func(r *hostapi.EntropyReply) { r.Data = append([]byte(nil), 1) }),
	entropy("Long", func(r *hostapi.EntropyReply) { r.Data = make([]byte, 1<<16) }),

	read("Longer", func(r *hostapi.FileReadReply) { r.Data, r.Lengths = make([]byte, 70000), []uint32{70000} }),
	read("LengthWraps", func(r *hostapi.FileReadReply) { r.Data, r.Lengths = nil, []uint32{1<<32 - 1} }),
	read("NoLength", func(r *hostapi.FileReadReply) { r.Lengths = nil }),
	read("TwoLengths", func(r *hostapi.FileReadReply) { r.Lengths = append(r.Lengths, 0) }),
	read("DataLess", func(r *hostapi.FileReadReply) { r.Data, r.Lengths = make([]byte, 2), []uint32{3} }),
	read("DataMore", func(r *hostapi.FileReadReply) { r.Data, r.Lengths = make([]byte, 3), []uint32{2} }),
	read("DataAlone", func(r *hostapi.FileReadReply) { r.Data, r.Lengths = make([]byte, 3), []uint32{0} }),

	write("More", func(r *hostapi.FileWriteReply) { r.Count, r.Size = 1<<20, 1<<30 }),
	write("None", func(r *hostapi.FileWriteReply) { r.Count = 0 }),
	write("SizeNegative", func(r *hostapi.FileWriteReply) { r.Size = -1 }),
	write("SizeBelowCount", func(r *hostapi.FileWriteReply) { r.Size = 0 }),
	write("SizeBeforeEnd", func(r *hostapi.FileWriteReply) { r.Size = 3 }),
	{Call: "FileWrite", Name: "AppendSizeBelowCount", spoil: spoil(func(r *hostapi.FileWriteReply) { r.Size = 1 }),
		Request: &hostapi.FileWriteRequest{Handle: 1, Data: []byte("end"), Append: true}, fits: long},

	list("Slash", func(r *hostapi.FileListReply) { name(r, "a/b") }),
	list("Nul", func(r *hostapi.FileListReply) { name(r, "a\x00") }),
	list("Dot", func(r *hostapi.FileListReply) { name(r, ".") }),
	list("DotDot", func(r *hostapi.FileListReply) { name(r, "..") }),
	list("Nameless", func(r *hostapi.FileListReply) { name(r, "") }),
	list("Long", func(r *hostapi.FileListReply) { name(r, strings.Repeat("n", 256)) }),
	list("Twice", func(r *hostapi.FileListReply) { name(r, "z", "z") }),
	list("Unsorted", func(r *hostapi.FileListReply) { name(r, "z", "y") }),
	list("More", func(r *hostapi.FileListReply) { name(r, make([]string, 70000)...) }),
	list("EmptyAndNotLast", func(r *hostapi.FileListReply) { *r = hostapi.FileListReply{} }),
	{Call: "FileList", Name: "BeforeAfter", spoil: spoil(func(r *hostapi.FileListReply) { name(r, "a") }),
		Request: &hostapi.FileListRequest{Path: "dir", After: "a", MaxEntries: 10}, fits: paged},
	{Call: "FileList", Name: "MoreThanAsked", spoil: spoil(func(r *hostapi.FileListReply) { name(r, "x", "y", "z") }),
		Request: &hostapi.FileListRequest{Path: "dir", MaxEntries: 2}, fits: bounded},

	wait("NoEvents", func(r *hostapi.WaitReply) { r.Events = nil }),
	wait("MoreEvents", func(r *hostapi.WaitReply) { r.Events = append(r.Events, 0) }),
	wait("Unasked", func(r *hostapi.WaitReply) { r.Events = []uint32{linux.POLLIN | linux.POLLPRI} }),
	wait("HighBits", func(r *hostapi.WaitReply) { r.Events = []uint32{1 << 31} }),
}...)

func init() {
	Lies = append(Lies, attrLies()...)
	Lies = append(Lies, nameLies()...)
	Lies = append(Lies, xattrLies()...)
	Lies = append(Lies, consoleLies()...)
}

// spoil makes a change of a reply a lie that claims success.
func spoil[P any](change func(*P)) func(req, rep any) linux.Errno {
	return func(_, rep any) linux.Errno {
		change(rep.(*P))
		return 0
	}
}

func hello(n string, change func(*hostapi.HelloReply)) Lie {
	return Lie{Call: "Hello", Name: n, Request: &hostapi.HelloRequest{Version: 1}, spoil: spoil(change)}
}

func clock(n string, change func(*hostapi.ClockReadReply)) Lie {
	return Lie{Call: "ClockRead", Name: n, Request: &hostapi.ClockReadRequest{}, spoil: spoil(change)}
}

func entropy(n string, change func(*hostapi.EntropyReply)) Lie {
	return Lie{Call: "Entropy", Name: n, Request: &hostapi.EntropyRequest{Count: 32}, spoil: spoil(change),
		fits: func(req any) bool { c := req.(*hostapi.EntropyRequest).Count; return c > 1 && c < 1<<16 }}
}

func read(n string, change func(*hostapi.FileReadReply)) Lie {
	return Lie{Call: "FileRead", Name: n, spoil: spoil(change),
		Request: &hostapi.FileReadRequest{Extents: []hostapi.Extent{{Handle: 1, Length: 4}}},
		fits: func(req any) bool {
			x := req.(*hostapi.FileReadRequest).Extents
			return len(x) == 1 && x[0].Length > 2 && x[0].Length < 70000
		}}
}

func write(n string, change func(*hostapi.FileWriteReply)) Lie {
	return Lie{Call: "FileWrite", Name: n, spoil: spoil(change),
		Request: &hostapi.FileWriteRequest{Handle: 1, Offset: 2, Data: []byte("12")},
		fits: func(req any) bool {
			r := req.(*hostapi.FileWriteRequest)
			return !r.Append && len(r.Data) > 0 && len(r.Data) < 1<<20 && r.Offset+int64(len(r.Data)) > 3
		}}
}

// long fits writes of more than one byte.
func long(req any) bool {
	r := req.(*hostapi.FileWriteRequest)
	return r.Append && len(r.Data) > 1
}

func list(n string, change func(*hostapi.FileListReply)) Lie {
	return Lie{Call: "FileList", Name: n, Request: &hostapi.FileListRequest{Path: "dir"}, spoil: spoil(change)}
}

func paged(req any) bool { return req.(*hostapi.FileListRequest).After >= "a" }

func bounded(req any) bool {
	m := req.(*hostapi.FileListRequest).MaxEntries
	return m > 0 && m < 3
}

// name makes a page of regular files of these names.
func name(r *hostapi.FileListReply, names ...string) {
	r.Entries = r.Entries[:0]
	for _, n := range names {
		r.Entries = append(r.Entries, hostapi.HostEntry{Name: n, Attr: hostapi.HostAttr{Mode: linux.S_IFREG | 0o644, Nlink: 1}})
	}
	r.Last = true
}

func wait(n string, change func(*hostapi.WaitReply)) Lie {
	return Lie{Call: "Wait", Name: n, spoil: spoil(change),
		Request: &hostapi.WaitRequest{Streams: []uint32{0}, Events: []uint32{linux.POLLIN}},
		fits: func(req any) bool {
			e := req.(*hostapi.WaitRequest).Events
			return len(e) == 1 && e[0]&linux.POLLPRI == 0
		}}
}

// errnoLies are told by every call: errnos that it never gives, and those that
// are the kernel's own.
func errnoLies() (lies []Lie) {
	for call, req := range honest {
		for n, e := range map[string]linux.Errno{
			"ErrnoForeign":  linux.ENOTSOCK,
			"ErrnoNoMore":   linux.EHWPOISON + 1,
			"ErrnoRestart":  linux.ERESTARTSYS,
			"ErrnoWait":     linux.EWAIT,
			"ErrnoMeaning0": 65535,
		} {
			lies = append(lies, Lie{Call: call, Name: n, Request: req, errno: true, spoil: func(_, _ any) linux.Errno { return e }})
		}
	}
	return lies
}

// honest holds a request for every call, in no order.
var honest = map[string]any{
	"Hello":        &hostapi.HelloRequest{Version: 1},
	"ClockRead":    &hostapi.ClockReadRequest{},
	"Entropy":      &hostapi.EntropyRequest{Count: 8},
	"FileOpen":     &hostapi.FileOpenRequest{Path: "file", Handle: 1 << 20},
	"FileStat":     &hostapi.FileStatRequest{Paths: []string{"file"}, Handles: []uint64{1}},
	"FileRead":     &hostapi.FileReadRequest{Extents: []hostapi.Extent{{Handle: 1, Length: 4}}},
	"FileWrite":    &hostapi.FileWriteRequest{Handle: 1, Data: []byte("x")},
	"FileSetAttr":  &hostapi.FileSetAttrRequest{Path: "file", Valid: 1, Mode: 0o600},
	"FileList":     &hostapi.FileListRequest{Path: "dir"},
	"FileAllocate": &hostapi.FileAllocateRequest{Handle: 1, Length: 4096},
	"FileXattr":    &hostapi.FileXattrRequest{Kind: hostapi.XattrKindList, Path: "file"},
	"FileSync":     &hostapi.FileSyncRequest{Handle: 1},
	"NameOp":       &hostapi.NameOpRequest{Kind: hostapi.NameOpKindMkdir, Path: "made", Mode: 0o700},
	"Console":      &hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindStat},
	"Wait":         &hostapi.WaitRequest{Streams: []uint32{0}, Events: []uint32{linux.POLLIN}},
	"Close":        &hostapi.CloseRequest{Handles: []uint64{1 << 30}},
}
