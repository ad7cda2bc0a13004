package fstest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func (k *task) encode(path string) (fsapi.EncodeHandleReply, linux.Errno) {
	var rep fsapi.EncodeHandleReply
	e := k.fs.EncodeHandle(&fsapi.EncodeHandleRequest{Cred: k.cred, Place: k.place(path)}, &rep)
	return rep, e
}

func (k *task) openByID(id fsapi.EncodeHandleReply) (uint64, linux.Errno) {
	var rep fsapi.OpenReply
	e := k.fs.Open(&fsapi.OpenRequest{Cred: k.cred, Place: k.place(""), FileId: id.Id, FileIdType: id.Type}, &rep)
	return rep.Handle, e
}

func init() {
	add(map[string]func(*task){
		"FileHandleFindsTheFileAgain": func(k *task) {
			k.create("f", "abc")
			id, e := k.encode("f")
			k.must("name_to_handle_at", e)
			k.must("rename", k.rename("f", "g", 0))
			h, e := k.openByID(id)
			k.must("open_by_handle_at", e)
			equal(k, "contents", k.readAt(h, 0, 10), "abc")
			k.must("unlink", k.unlink("g"))
			h2, e := k.openByID(id)
			k.must("of an open file without a name", e)
			k.close(h)
			k.close(h2)
			_, e = k.openByID(id)
			k.want("of a file that is gone", e, linux.ESTALE)
			_, e = k.as(5, 5).openByID(id)
			k.want("by a user", e, linux.EPERM)
			_, e = k.encode("/proc")
			k.want("of procfs", e, linux.EOPNOTSUPP)
		},
		"WriteHintBelongsToTheFile": func(k *task) {
			k.create("f", "abc")
			hint := func(k *task, h uint64, set bool, hint uint32) (uint32, linux.Errno) {
				var rep fsapi.WriteHintReply
				e := k.fs.WriteHint(&fsapi.WriteHintRequest{Cred: k.cred, Handle: h, Set: set, Hint: hint}, &rep)
				return rep.Hint, e
			}
			h := k.open("f", linux.O_RDONLY, 0)
			_, e := hint(k, h, true, 4)
			k.must("F_SET_RW_HINT", e)
			got, e := hint(k, k.open("f", linux.O_RDONLY, 0), false, 0)
			k.must("F_GET_RW_HINT", e)
			equal(k, "hint", got, 4)
			_, e = hint(k, h, true, 6)
			k.want("none", e, linux.EINVAL)
			_, e = hint(k.as(5, 5), h, true, 1)
			k.want("by another", e, linux.EPERM)
		},
	})
}
