package fs_test

import (
	"math/rand/v2"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs"
)

// FuzzFS makes calls as they come on one tree. There is no model of fs: nothing
// may panic, an errno is one of Linux, no more data comes than was asked for,
// and the tree is there afterwards. The names are few, so that calls meet.
func FuzzFS(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) { playFS(t, fsapi.Calls(data)) })
}

func TestAnyCalls(t *testing.T) {
	source := rand.NewChaCha8([32]byte{3})
	for range 300 {
		data := make([]byte, 3000)
		source.Read(data)
		playFS(t, fsapi.Calls(data))
	}
}

func playFS(t *testing.T, calls []fsapi.Call) {
	const most = 1 << 22 // bytes that a call may have made at once
	f := open(t, fs.Config{})
	root := fsapi.Cred{Caps: 1<<(linux.CAP_LAST_CAP+1) - 1, Pid: 1, Tid: 1, Pgid: 1, Sid: 1}
	for i, path := range []string{"/tmp/a", "/tmp/b", "/tmp/d"} {
		var rep fsapi.OpenReply
		if e := f.Open(&fsapi.OpenRequest{Cred: root, Place: fsapi.Place{Path: path}, Flags: linux.O_RDWR | linux.O_CREAT, Mode: 0o666}, &rep); e != 0 {
			t.Fatalf("open %s = %v (%d)", path, e, i)
		}
	}
	for _, c := range calls {
		limit := -1
		switch q := c.Req.(type) {
		case *fsapi.AllocateRequest:
			q.Offset, q.Length = q.Offset%most, q.Length%most
		case *fsapi.ReadRequest:
			q.Count %= most
			limit = int(q.Count)
		case *fsapi.OpenMemoryRequest:
			q.Size %= most
		}
		r := c.Do(fsapi.FS(f))
		if r.Errno > 4095 {
			t.Errorf("%#v = %v", c, r.Errno)
		}
		if rep, ok := r.Reply.(*fsapi.ReadReply); ok && limit >= 0 && len(rep.Data) > limit {
			t.Errorf("%#v gave %d bytes", c, len(rep.Data))
		}
	}
	var rep fsapi.GetattrReply
	if e := f.Getattr(&fsapi.GetattrRequest{Cred: root, Place: fsapi.Place{Path: "/"}}, &rep); e != 0 || rep.Attr.Mode&linux.S_IFMT != linux.S_IFDIR {
		t.Errorf("the root is gone: %v, mode %#o", e, rep.Attr.Mode)
	}
}
