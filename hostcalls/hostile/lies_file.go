package hostile

import (
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// badAttrs spoil the attributes of any file.
var badAttrs = map[string]func(*hostapi.HostAttr){
	"Typeless":     func(a *hostapi.HostAttr) { a.Mode &= 0o7777 },
	"TwoTypes":     func(a *hostapi.HostAttr) { a.Mode |= linux.S_IFMT },
	"HighMode":     func(a *hostapi.HostAttr) { a.Mode |= 1 << 20 },
	"SizeNegative": func(a *hostapi.HostAttr) { a.Size = -1 },
	"HugeBlocks":   func(a *hostapi.HostAttr) { a.Blocks = 1 << 63 },
	"TargetOfFile": func(a *hostapi.HostAttr) { a.Mode, a.Target = linux.S_IFREG|0o644, "x" },
	"NoTarget":     func(a *hostapi.HostAttr) { a.Mode, a.Target = linux.S_IFLNK|0o777, "" },
	"NulInTarget":  func(a *hostapi.HostAttr) { a.Mode, a.Target = linux.S_IFLNK|0o777, "a\x00b" },
	"LongTarget":   func(a *hostapi.HostAttr) { a.Mode, a.Target = linux.S_IFLNK|0o777, strings.Repeat("t", 4096) },
	"ErrnoAndAttr": func(a *hostapi.HostAttr) { a.AttrErrno = uint32(linux.EACCES) },
	"FileErrno":    func(a *hostapi.HostAttr) { *a = hostapi.HostAttr{AttrErrno: uint32(linux.ENOTSOCK)} },
	"FileErrnoBig": func(a *hostapi.HostAttr) { *a = hostapi.HostAttr{AttrErrno: 1 << 31} },
}

// attrLies are bad attributes in every reply that has some, and attributes that
// do not fit the request.
func attrLies() (lies []Lie) {
	for n, bad := range badAttrs {
		lies = append(lies,
			openLie(n, 0, bad),
			Lie{Call: "FileStat", Name: "Path" + n, Request: &hostapi.FileStatRequest{Paths: []string{"file"}}, fits: paths,
				spoil: spoil(func(r *hostapi.FileStatReply) { bad(whole(&r.Attrs[0])) })},
			Lie{Call: "FileSetAttr", Name: n, Request: honest["FileSetAttr"],
				spoil: spoil(func(r *hostapi.FileSetAttrReply) { bad(&r.Attr) })},
			Lie{Call: "FileList", Name: "Entry" + n, Request: honest["FileList"],
				spoil: spoil(func(r *hostapi.FileListReply) { name(r, "x"); bad(&r.Entries[0].Attr) })},
			mkdirLie(n, bad),
			Lie{Call: "Console", Name: "Stat" + n, Request: honest["Console"], fits: kind(hostapi.ConsoleKindStat),
				spoil: spoil(func(r *hostapi.ConsoleReply) { bad(&r.Attr) })},
		)
	}
	other := func(a *hostapi.HostAttr) { a.Ino++ }
	return append(lies,
		openLie("Device", 0, typ(linux.S_IFCHR)),
		openLie("Fifo", 0, typ(linux.S_IFIFO)),
		openLie("Link", 0, func(a *hostapi.HostAttr) { a.Mode, a.Target = linux.S_IFLNK|0o777, "x" }),
		openLie("FileForDirectory", linux.O_DIRECTORY, typ(linux.S_IFREG)),
		openLie("DirectoryToWrite", linux.O_RDWR, typ(linux.S_IFDIR)),

		Lie{Call: "FileStat", Name: "Fewer", Request: &hostapi.FileStatRequest{Paths: []string{"file", "dir"}}, fits: paths,
			spoil: spoil(func(r *hostapi.FileStatReply) { r.Attrs = r.Attrs[:len(r.Attrs)-1] })},
		Lie{Call: "FileStat", Name: "More", Request: &hostapi.FileStatRequest{Paths: []string{"file"}},
			spoil: spoil(func(r *hostapi.FileStatReply) {
				r.Attrs = append(r.Attrs, hostapi.HostAttr{Mode: linux.S_IFREG})
			})},
		Lie{Call: "FileStat", Name: "OtherFile", Request: &hostapi.FileStatRequest{Handles: []uint64{1}}, fits: handle1,
			spoil: spoil(func(r *hostapi.FileStatReply) { other(&r.Attrs[0]) })},
		Lie{Call: "FileStat", Name: "OtherType", Request: &hostapi.FileStatRequest{Handles: []uint64{1}}, fits: handle1,
			spoil: spoil(func(r *hostapi.FileStatReply) { typ(linux.S_IFDIR)(&r.Attrs[0]) })},
		Lie{Call: "FileSetAttr", Name: "OtherFile", Request: &hostapi.FileSetAttrRequest{Handle: 1, Valid: 1, Mode: 0o600},
			fits:  func(req any) bool { return req.(*hostapi.FileSetAttrRequest).Handle == 1 },
			spoil: spoil(func(r *hostapi.FileSetAttrReply) { other(&r.Attr) })},
		Lie{Call: "FileSetAttr", Name: "SizeOfDirectory", Request: &hostapi.FileSetAttrRequest{Path: "file", Valid: 8, Size: 4},
			fits:  func(req any) bool { return req.(*hostapi.FileSetAttrRequest).Valid&8 != 0 },
			spoil: spoil(func(r *hostapi.FileSetAttrReply) { typ(linux.S_IFDIR)(&r.Attr) })},
	)
}

// whole makes the attributes of a file that could not be read those of one that
// could.
func whole(a *hostapi.HostAttr) *hostapi.HostAttr {
	if a.AttrErrno != 0 {
		*a = hostapi.HostAttr{Mode: linux.S_IFREG | 0o644, Nlink: 1}
	}
	return a
}

func openLie(n string, flags uint32, bad func(*hostapi.HostAttr)) Lie {
	path := "file"
	if flags&linux.O_DIRECTORY != 0 {
		path = "dir"
	}
	return Lie{Call: "FileOpen", Name: n, Request: &hostapi.FileOpenRequest{Path: path, Flags: flags, Handle: 1 << 20},
		fits:  func(req any) bool { return req.(*hostapi.FileOpenRequest).Flags&flags == flags },
		spoil: spoil(func(r *hostapi.FileOpenReply) { bad(&r.Attr) })}
}

func typ(t uint32) func(*hostapi.HostAttr) {
	return func(a *hostapi.HostAttr) { a.Mode, a.Target = t|0o644, "" }
}

func paths(req any) bool { return len(req.(*hostapi.FileStatRequest).Paths) > 0 }

func handle1(req any) bool {
	r := req.(*hostapi.FileStatRequest)
	return len(r.Paths) == 0 && len(r.Handles) > 0 && r.Handles[0] == 1
}

// nameLies say that something else was made, or more than was done.
func nameLies() []Lie {
	return []Lie{
		mkdirLie("File", typ(linux.S_IFREG)),
		nameOp("LinkNot", hostapi.NameOpRequest{Kind: hostapi.NameOpKindSymlink, Path: "made", Other: "to"}, typ(linux.S_IFREG)),
		nameOp("LinkElsewhere", hostapi.NameOpRequest{Kind: hostapi.NameOpKindSymlink, Path: "made", Other: "to"},
			func(a *hostapi.HostAttr) { a.Mode, a.Target = linux.S_IFLNK|0o777, "/etc/shadow" }),
		nameOp("FifoNot", hostapi.NameOpRequest{Kind: hostapi.NameOpKindMknod, Path: "made", Mode: linux.S_IFIFO | 0o600}, typ(linux.S_IFDIR)),
		nameOp("LinkToDirectory", hostapi.NameOpRequest{Kind: hostapi.NameOpKindLink, Path: "file", Other: "made"}, typ(linux.S_IFDIR)),
		nameOp("AttrOfGone", hostapi.NameOpRequest{Kind: hostapi.NameOpKindUnlink, Path: "made"}, typ(linux.S_IFREG)),
		nameOp("AttrOfGoneDirectory", hostapi.NameOpRequest{Kind: hostapi.NameOpKindRmdir, Path: "made"}, typ(linux.S_IFDIR)),
		nameOp("AttrOfRenamed", hostapi.NameOpRequest{Kind: hostapi.NameOpKindRename, Path: "made", Other: "made2"}, typ(linux.S_IFREG)),
	}
}

func mkdirLie(n string, bad func(*hostapi.HostAttr)) Lie {
	return nameOp("Mkdir"+n, *honest["NameOp"].(*hostapi.NameOpRequest), func(a *hostapi.HostAttr) {
		*a = hostapi.HostAttr{Mode: linux.S_IFDIR | 0o700, Nlink: 2}
		bad(a)
	})
}

func nameOp(n string, req hostapi.NameOpRequest, bad func(*hostapi.HostAttr)) Lie {
	return Lie{Call: "NameOp", Name: n, Request: &req,
		fits:  func(r any) bool { return r.(*hostapi.NameOpRequest).Kind == req.Kind },
		spoil: spoil(func(r *hostapi.NameOpReply) { bad(&r.Attr) })}
}

// kind fits console requests of one kind.
func kind(k hostapi.ConsoleKind) func(any) bool {
	return func(req any) bool { return req.(*hostapi.ConsoleRequest).Kind == k }
}

func consoleLies() []Lie {
	stat := hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindStat}
	read := hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindRead, Count: 4, Offset: 0}
	write := hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindWrite, Stream: 1, Data: []byte("x"), Offset: -1}
	termios := hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindGetTermios, Stream: 2}
	size := hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindGetSize, Stream: 2}
	seek := hostapi.ConsoleRequest{Kind: hostapi.ConsoleKindSeek, Offset: 1}
	lie := func(n string, req hostapi.ConsoleRequest, change func(*hostapi.ConsoleReply)) Lie {
		return Lie{Call: "Console", Name: n, Request: &req, spoil: spoil(change), fits: func(r any) bool {
			c := r.(*hostapi.ConsoleRequest)
			return c.Kind == req.Kind && (c.Kind != write.Kind || len(c.Data) > 0)
		}}
	}
	return []Lie{
		lie("StatFlags", stat, func(r *hostapi.ConsoleReply) { r.Flags |= linux.O_CREAT }),
		lie("StatAccess", stat, func(r *hostapi.ConsoleReply) { r.Flags = linux.O_ACCMODE }),
		lie("StatTerminalFile", stat, func(r *hostapi.ConsoleReply) { r.Terminal, r.Attr.Mode = true, linux.S_IFREG|0o600 }),
		lie("StatData", stat, func(r *hostapi.ConsoleReply) { r.Data = []byte("x") }),
		lie("StatCount", stat, func(r *hostapi.ConsoleReply) { r.Count = 1 }),
		lie("ReadLonger", read, func(r *hostapi.ConsoleReply) { r.Data, r.Count = make([]byte, 1<<20+1), 1<<20+1 }),
		lie("ReadCount", read, func(r *hostapi.ConsoleReply) { r.Count = uint32(len(r.Data)) + 1 }),
		lie("ReadOffset", read, func(r *hostapi.ConsoleReply) { r.Offset = 1 }),
		lie("WriteMore", write, func(r *hostapi.ConsoleReply) { r.Count = 1 << 31 }),
		lie("WriteNone", write, func(r *hostapi.ConsoleReply) { r.Count = 0 }),
		lie("WriteData", write, func(r *hostapi.ConsoleReply) { r.Data = []byte("x") }),
		lie("TermiosShort", termios, func(r *hostapi.ConsoleReply) { r.Data = make([]byte, 35) }),
		lie("TermiosLong", termios, func(r *hostapi.ConsoleReply) { r.Data = make([]byte, 60) }),
		lie("SizeShort", size, func(r *hostapi.ConsoleReply) { r.Data = make([]byte, 7) }),
		lie("SizeLong", size, func(r *hostapi.ConsoleReply) { r.Data = make([]byte, 9) }),
		lie("SeekNegative", seek, func(r *hostapi.ConsoleReply) { r.Offset = -1 }),
		lie("SeekAttr", seek, func(r *hostapi.ConsoleReply) { r.Attr.Ino = 1 }),
	}
}
