package hostile

import (
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// xattrLies give attributes that no file has, or more than was asked, and space
// to what is no file.
func xattrLies() []Lie {
	const path = "file"
	lie := func(n string, req hostapi.FileXattrRequest, value string) Lie {
		return Lie{Call: "FileXattr", Name: n, Request: &req,
			fits:  func(r any) bool { return r.(*hostapi.FileXattrRequest).Kind == req.Kind },
			spoil: spoil(func(r *hostapi.FileXattrReply) { r.Value = []byte(value) })}
	}
	list := hostapi.FileXattrRequest{Kind: hostapi.XattrKindList, Path: path}
	set := hostapi.FileXattrRequest{Kind: hostapi.XattrKindSet, Path: path, Name: "user.a", Value: []byte("1")}
	get := hostapi.FileXattrRequest{Kind: hostapi.XattrKindGet, Path: path, Name: "user.a"}
	space := &hostapi.FileAllocateRequest{Handle: 1, Length: 4096}
	return []Lie{
		lie("ValueTooLong", get, strings.Repeat("x", linux.XATTR_SIZE_MAX+1)),
		lie("ValueOfSet", set, "x"),
		lie("ListUnended", list, "user.a"),
		lie("ListNameless", list, "user.a\x00\x00"),
		lie("ListOfOthers", list, "security.capability\x00"),
		lie("ListPrefixOnly", list, "user.\x00"),
		lie("ListTwice", list, "user.a\x00user.a\x00"),
		lie("ListTooLong", list, strings.Repeat("user.a\x00", 10000)),
		lie("ListLongName", list, "user."+strings.Repeat("n", 251)+"\x00"),
		{Call: "FileAllocate", Name: "OtherType", Request: space, spoil: spoil(func(r *hostapi.FileAllocateReply) { typ(linux.S_IFIFO)(&r.Attr) })},
		{Call: "FileAllocate", Name: "OtherFile", Request: space, spoil: spoil(func(r *hostapi.FileAllocateReply) {
			r.Attr = hostapi.HostAttr{Mode: linux.S_IFREG | 0o644, Ino: 1<<40 + 7, Nlink: 1}
		}), fits: func(r any) bool { return r.(*hostapi.FileAllocateRequest).Handle == 1 }},
		{Call: "FileOpen", Name: "UnnamedHasName", Request: &hostapi.FileOpenRequest{Path: "dir", Flags: linux.O_TMPFILE | linux.O_RDWR, Handle: 1 << 20, Mode: 0o600},
			fits:  func(r any) bool { return r.(*hostapi.FileOpenRequest).Flags&linux.O_TMPFILE == linux.O_TMPFILE },
			spoil: spoil(func(r *hostapi.FileOpenReply) { r.Attr = hostapi.HostAttr{Mode: linux.S_IFREG | 0o600, Nlink: 1} })},
	}
}
