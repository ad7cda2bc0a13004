package fstest

import (
	"encoding/binary"
	"fmt"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func (k *task) inotify() uint64 {
	k.Helper()
	var rep fsapi.OpenInotifyReply
	k.must("inotify_init", k.fs.OpenInotify(&fsapi.OpenInotifyRequest{Cred: k.cred}, &rep))
	return rep.Handle
}

func (k *task) watch(h uint64, path string, mask uint32) (int32, linux.Errno) {
	var rep fsapi.AddWatchReply
	e := k.fs.AddWatch(&fsapi.AddWatchRequest{Cred: k.cred, Handle: h, Place: k.place(path), Mask: mask}, &rep)
	return rep.Wd, e
}

// events reads what is queued, as "wd:mask:name" each.
func (k *task) events(h uint64) string {
	k.Helper()
	var rep fsapi.ReadReply
	e := k.fs.Read(&fsapi.ReadRequest{Cred: k.cred, Handle: h, Count: 4096}, &rep)
	if e == linux.EWAIT {
		return ""
	}
	k.must("read", e)
	var out []string
	for b := rep.Data; len(b) >= linux.SizeofInotifyEvent; {
		n := binary.LittleEndian.Uint32(b[12:])
		name := strings.TrimRight(string(b[16:16+n]), "\x00")
		out = append(out, fmt.Sprintf("%d:%#x:%s", int32(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:]), name))
		b = b[16+n:]
	}
	return strings.Join(out, " ")
}

func init() {
	add(map[string]func(*task){
		"InotifyTellsOfNamesAndData": func(k *task) {
			k.mustMkdir("d")
			h := k.inotify()
			_, e := k.watch(h, "d", linux.IN_ALL_EVENTS)
			k.must("inotify_add_watch", e)
			k.create("d/f", "x")
			equal(k, "created", k.events(h), "1:0x100:f 1:0x20:f 1:0x2:f 1:0x8:f")
			k.must("rename", k.rename("d/f", "d/g", 0))
			equal(k, "renamed", k.events(h), "1:0x40:f 1:0x80:g")
			k.must("unlink", k.unlink("d/g"))
			equal(k, "removed", k.events(h), "1:0x200:g")
			k.must("rmdir", k.rmdir("d"))
			equal(k, "itself", k.events(h), "1:0x400: 1:0x8000:")
		},
		"InotifyReadyComesWithTheCall": func(k *task) {
			k.create("f", "x")
			h := k.inotify()
			_, e := k.watch(h, "f", linux.IN_ATTRIB)
			k.must("inotify_add_watch", e)
			var rep fsapi.LinkReply
			k.must("link", k.fs.Link(&fsapi.LinkRequest{Cred: k.cred, From: k.place("f"), To: k.place("g")}, &rep))
			if len(rep.Ready) != 1 || rep.Ready[0].Handle != h || rep.Ready[0].Level&linux.POLLIN == 0 {
				k.Errorf("link: ready %v, want POLLIN of %d", rep.Ready, h)
			}
		},
		"InotifyRules": func(k *task) {
			k.create("f", "x")
			h := k.inotify()
			_, e := k.watch(h, "f", 0)
			k.want("no event", e, linux.EINVAL)
			_, e = k.watch(h, "f", linux.IN_OPEN|linux.IN_ONLYDIR)
			k.want("IN_ONLYDIR", e, linux.ENOTDIR)
			wd, e := k.watch(h, "f", linux.IN_OPEN)
			k.must("inotify_add_watch", e)
			_, e = k.watch(h, "f", linux.IN_OPEN|linux.IN_MASK_CREATE)
			k.want("IN_MASK_CREATE", e, linux.EEXIST)
			_, e = k.watch(k.open("f", linux.O_RDONLY, 0), "f", linux.IN_OPEN)
			k.want("of a file", e, linux.EINVAL)
			var rep fsapi.RemoveWatchReply
			k.must("inotify_rm_watch", k.fs.RemoveWatch(&fsapi.RemoveWatchRequest{Handle: h, Wd: wd}, &rep))
			k.want("again", k.fs.RemoveWatch(&fsapi.RemoveWatchRequest{Handle: h, Wd: wd}, &rep), linux.EINVAL)
			equal(k, "events", k.events(h), "1:0x20: 1:0x8000:")
			_, e = k.as(5, 5).watch(h, "f", linux.IN_OPEN)
			k.must("by another who may read", e)
		},
	})
}
