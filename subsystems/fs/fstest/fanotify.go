package fstest

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func (k *task) fanotify(flags uint32) uint64 {
	k.Helper()
	var rep fsapi.OpenFanotifyReply
	k.must("fanotify_init", k.fs.OpenFanotify(&fsapi.OpenFanotifyRequest{Cred: k.cred, Flags: flags}, &rep))
	return rep.Handle
}

func (k *task) mark(h uint64, flags uint32, mask uint64, path string) linux.Errno {
	return k.fs.FanotifyMark(&fsapi.FanotifyMarkRequest{Cred: k.cred, Handle: h, Flags: flags, Mask: mask, Place: k.place(path)}, &fsapi.FanotifyMarkReply{})
}

func init() {
	add(map[string]func(*task){
		"FanotifyOpensTheFile": func(k *task) {
			k.create("f", "abc")
			h := k.fanotify(0)
			k.must("fanotify_mark", k.mark(h, linux.FAN_MARK_ADD, linux.IN_OPEN|linux.IN_CLOSE, "f"))
			k.close(k.open("f", linux.O_RDONLY, 0))
			var rep fsapi.ReadReply
			k.must("read", k.fs.Read(&fsapi.ReadRequest{Cred: k.cred, Handle: h, Count: 4096}, &rep))
			if len(rep.Opened) == 0 || len(rep.Data) < linux.SizeofFanotifyEvent {
				k.Fatalf("read: %d bytes, files %v, want an event with its file", len(rep.Data), rep.Opened)
			}
			equal(k, "first event", binary.LittleEndian.Uint64(rep.Data[8:])&linux.IN_OPEN, linux.IN_OPEN)
			equal(k, "contents", k.readAt(rep.Opened[0], 0, 10), "abc")
			for _, file := range rep.Opened {
				k.close(file)
			}
			k.want("nothing of its own", k.fs.Read(&fsapi.ReadRequest{Cred: k.cred, Handle: h, Count: 4096}, &rep), linux.EWAIT)
		},
		"FanotifyRules": func(k *task) {
			k.create("f", "abc")
			h := k.fanotify(0)
			k.want("no event", k.mark(h, linux.FAN_MARK_ADD, 0, "f"), linux.EINVAL)
			k.want("of names, without ids", k.mark(h, linux.FAN_MARK_ADD, linux.IN_CREATE, "/tmp"), linux.EINVAL)
			k.want("none to remove", k.mark(h, linux.FAN_MARK_REMOVE, linux.IN_OPEN, "f"), linux.ENOENT)
			k.want("of another file", k.mark(k.open("f", linux.O_RDONLY, 0), linux.FAN_MARK_ADD, linux.IN_OPEN, "f"), linux.EINVAL)
			user := k.as(5, 5)
			k.want("by a user", user.fs.OpenFanotify(&fsapi.OpenFanotifyRequest{Cred: user.cred}, &fsapi.OpenFanotifyReply{}), linux.EPERM)
			own := user.fanotify(linux.FAN_REPORT_FID)
			k.want("of a mount, by a user", user.mark(own, linux.FAN_MARK_ADD|linux.FAN_MARK_MOUNT, linux.IN_OPEN, "f"), linux.EPERM)
		},
	})
}
