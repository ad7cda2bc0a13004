package fs_test

import (
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs"
)

// onWritable makes an FS with a writable host tree at /m.
func onWritable(t *testing.T) (user, string) {
	dir := hostTree(t)
	var f atomic.Pointer[fs.FS]
	f.Store(open(t, fs.Config{
		Host:   hostOf(t, func(ticket uint64) { f.Load().HostDone(ticket) }, true, dir),
		Mounts: []fs.Mount{{Target: "/m", Source: dir, Write: true}},
	}))
	return user{t, f.Load()}, dir
}

func TestThroughReachesTheHost(t *testing.T) {
	u, dir := onWritable(t)
	h := u.open("/m/new", linux.O_CREAT|linux.O_RDWR)
	u.write(h, 0, []byte("hello"))
	text := func(name string) string {
		b, _ := os.ReadFile(filepath.Join(dir, name))
		return string(b)
	}
	check(u, "the host's file", text("new"), "hello")
	u.write(u.open("/m/lower/file", linux.O_RDWR), 5, []byte("HERE"))
	check(u, "an old file", text("lower/file"), "from HEREhost")
	check(u, "as seen here", u.contents("/m/lower/link"), "from HEREhost")
	u.rename("/m/new", "/m/lower/moved")
	check(u, "moved", text("lower/moved"), "hello")
	u.truncate(h, 2)
	check(u, "truncated", text("lower/moved"), "he")
	u.unlink("/m/lower/moved")
	if _, err := os.Stat(filepath.Join(dir, "lower/moved")); !os.IsNotExist(err) {
		t.Errorf("the removed file is still there: %v", err)
	}
	u.write(h, 0, []byte("HE"))
	check(u, "an open file without a name", string(u.read(h, 0, 9)), "HE")
}

// TestThroughMapsByAnyName maps a file whose first name is gone, as git makes
// its objects.
func TestThroughMapsByAnyName(t *testing.T) {
	u, _ := onWritable(t)
	u.write(u.open("/m/tmp/new", linux.O_CREAT|linux.O_WRONLY), 0, []byte("object"))
	e := u.fs.Link(&fsapi.LinkRequest{Cred: rootCred, From: fsapi.Place{Path: "/m/tmp/new"}, To: fsapi.Place{Path: "/m/lower/object"}}, &fsapi.LinkReply{})
	check(u, "link", e, 0)
	u.unlink("/m/tmp/new")
	u.rename("/m/lower/object", "/m/object")
	rep := u.mapFile(u.open("/m/object", linux.O_RDONLY), false)
	if rep.DescriptorPlusOne == 0 {
		t.Fatal("no descriptor")
	}
	b := make([]byte, 6)
	f := os.NewFile(uintptr(dupFd(t, int(rep.DescriptorPlusOne-1))), "map")
	defer f.Close()
	f.ReadAt(b, 0)
	check(u, "mapped bytes", string(b), "object")
}
