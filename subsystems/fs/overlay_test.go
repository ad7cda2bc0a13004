package fs_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/hostcalls"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/subsystems/fs"
)

// user is root at "/", with the few calls that the tests here need.
type user struct {
	*testing.T
	fs fsapi.FS
}

var rootCred = fsapi.Cred{Caps: 1<<(linux.CAP_LAST_CAP+1) - 1}

func (u user) open(path string, flags uint32) uint64 {
	u.Helper()
	var rep fsapi.OpenReply
	if e := u.fs.Open(&fsapi.OpenRequest{Cred: rootCred, Place: fsapi.Place{Path: path}, Flags: flags, Mode: 0644}, &rep); e != 0 {
		u.Fatalf("open(%s) = %v", path, e)
	}
	return rep.Handle
}

func (u user) read(h uint64, off int64, n uint32) []byte {
	u.Helper()
	var rep fsapi.ReadReply
	if e := u.fs.Read(&fsapi.ReadRequest{Cred: rootCred, Handle: h, Offset: off, Count: n}, &rep); e != 0 {
		u.Fatalf("read = %v", e)
	}
	return rep.Data
}

func (u user) write(h uint64, off int64, data []byte) {
	u.Helper()
	var rep fsapi.WriteReply
	e := u.fs.Write(&fsapi.WriteRequest{Cred: rootCred, Handle: h, Offset: off, Data: data, SizeLimit: 1 << 62}, &rep)
	if e != 0 || int(rep.Count) != len(data) {
		u.Fatalf("write = %d, %v", rep.Count, e)
	}
}

func (u user) truncate(h uint64, size int64) {
	u.Helper()
	var rep fsapi.SetattrReply
	if e := u.fs.Setattr(&fsapi.SetattrRequest{Cred: rootCred, Handle: h, Valid: uint32(fsapi.SetattrValidSize),
		Size: size, SizeLimit: 1 << 62}, &rep); e != 0 {
		u.Fatalf("ftruncate = %v", e)
	}
}

func (u user) stat(path string) fsapi.Attr {
	u.Helper()
	var rep fsapi.GetattrReply
	if e := u.fs.Getattr(&fsapi.GetattrRequest{Cred: rootCred, Place: fsapi.Place{Path: path}}, &rep); e != 0 {
		u.Fatalf("stat(%s) = %v", path, e)
	}
	return rep.Attr
}

func (u user) statErr(path string) linux.Errno {
	var rep fsapi.GetattrReply
	return u.fs.Getattr(&fsapi.GetattrRequest{Cred: rootCred, Place: fsapi.Place{Path: path}}, &rep)
}

func (u user) unlink(path string) {
	u.Helper()
	if e := u.fs.Unlink(&fsapi.UnlinkRequest{Cred: rootCred, Place: fsapi.Place{Path: path}}, &fsapi.UnlinkReply{}); e != 0 {
		u.Fatalf("unlink(%s) = %v", path, e)
	}
}

func (u user) rename(from, to string) {
	u.Helper()
	if e := u.fs.Rename(&fsapi.RenameRequest{Cred: rootCred, From: fsapi.Place{Path: from}, To: fsapi.Place{Path: to}}, &fsapi.RenameReply{}); e != 0 {
		u.Fatalf("rename(%s, %s) = %v", from, to, e)
	}
}

func (u user) contents(path string) string {
	u.Helper()
	h := u.open(path, linux.O_RDONLY)
	defer u.fs.Close(&fsapi.CloseRequest{Handle: h}, &fsapi.CloseReply{})
	return string(u.read(h, 0, 1<<20))
}

func check[T comparable](u user, what string, got, want T) {
	u.Helper()
	if got != want {
		u.Errorf("%s = %v, want %v", what, got, want)
	}
}

// onHost makes an FS over dir and gives its user.
func onHost(t *testing.T, dir string) user {
	return user{t, open(t, fs.Config{Host: hostOf(t, nil, false, dir), Root: &fs.Tree{}})}
}

func TestOverlayShowsTheHost(t *testing.T) {
	dir := hostTree(t)
	u := onHost(t, dir)
	check(u, "contents", u.contents("/lower/file"), "from the host")
	check(u, "through a link", u.contents("/lower/symlink"), "from the host")
	check(u, "deep", u.contents("/lower/sub/deep"), "deep")
	check(u, "nlink", u.stat("/lower/file").Nlink, 2)
	check(u, "ino of the hard link", u.stat("/lower/link").Ino, u.stat("/lower/file").Ino)
	check(u, "missing", u.statErr("/lower/none"), linux.ENOENT)
	info, _ := os.Stat(filepath.Join(dir, "lower/file"))
	check(u, "mtime", u.stat("/lower/file").MtimeSec, info.ModTime().Unix())
}

func TestOverlayKeepsChangesInMemory(t *testing.T) {
	dir := hostTree(t)
	u := onHost(t, dir)
	before := u.stat("/lower/file")
	h := u.open("/lower/file", linux.O_RDWR)
	u.write(h, 5, []byte("HERE"))
	check(u, "contents", u.contents("/lower/file"), "from HEREhost")
	check(u, "by the hard link", u.contents("/lower/link"), "from HEREhost")
	check(u, "ino after the change", u.stat("/lower/file").Ino, before.Ino)
	check(u, "dev after the change", u.stat("/lower/file").Dev, before.Dev)
	u.unlink("/lower/sub/deep")
	check(u, "removed", u.statErr("/lower/sub/deep"), linux.ENOENT)
	u.open("/lower/sub/deep", linux.O_CREAT|linux.O_WRONLY)
	check(u, "made anew", u.contents("/lower/sub/deep"), "")
	text, _ := os.ReadFile(filepath.Join(dir, "lower/file"))
	check(u, "the host's file", string(text), "from the host")
	text, _ = os.ReadFile(filepath.Join(dir, "lower/sub/deep"))
	check(u, "the host's other file", string(text), "deep")
}

func TestOverlayMovesHostDirectories(t *testing.T) {
	u := onHost(t, hostTree(t))
	u.rename("/lower", "/tmp/moved")
	check(u, "below it", u.contents("/tmp/moved/sub/deep"), "deep")
	check(u, "the old name", u.statErr("/lower"), linux.ENOENT)
	u.rename("/tmp/moved/sub", "/sub")
	check(u, "again", u.contents("/sub/deep"), "deep")
}

// TestOverlayHidesWhatWasRemoved removes a directory of the host and makes it
// anew: nothing of the host's shows in it, also after a move.
func TestOverlayHidesWhatWasRemoved(t *testing.T) {
	dir := hostTree(t)
	u := onHost(t, dir)
	u.unlink("/lower/sub/deep")
	remove := fsapi.UnlinkRequest{Cred: rootCred, Place: fsapi.Place{Path: "/lower/sub"}, Flags: linux.AT_REMOVEDIR}
	check(u, "rmdir", u.fs.Unlink(&remove, &fsapi.UnlinkReply{}), 0)
	check(u, "removed", u.statErr("/lower/sub"), linux.ENOENT)
	make := fsapi.MkdirRequest{Cred: rootCred, Place: remove.Place, Mode: 0755}
	check(u, "mkdir", u.fs.Mkdir(&make, &fsapi.MkdirReply{}), 0)
	check(u, "made anew", u.statErr("/lower/sub/deep"), linux.ENOENT)
	u.rename("/lower/sub", "/lower/other")
	check(u, "moved", u.statErr("/lower/other/deep"), linux.ENOENT)
	check(u, "the old name", u.statErr("/lower/sub"), linux.ENOENT)
	mode := fsapi.SetattrRequest{Cred: rootCred, Place: fsapi.Place{Path: "/lower/file"}, Valid: uint32(fsapi.SetattrValidMode), Mode: 0600}
	check(u, "chmod", u.fs.Setattr(&mode, &fsapi.SetattrReply{}), 0)
	check(u, "contents after chmod", u.contents("/lower/file"), "from the host")
	u.rename("/lower/file", "/lower/link")
	check(u, "names of one file", u.contents("/lower/file"), "from the host")
	text, _ := os.ReadFile(filepath.Join(dir, "lower/sub/deep"))
	check(u, "the host's file", string(text), "deep")
}

func TestOverlayReadsTruncatedFiles(t *testing.T) {
	u := onHost(t, hostTree(t))
	h := u.open("/lower/file", linux.O_RDWR)
	u.truncate(h, 4)
	u.truncate(h, 8)
	check(u, "contents", u.contents("/lower/file"), "from\x00\x00\x00\x00")
}

// TestOverlayDataAgainstBytes plays random changes on a host file of several
// extents and on a plain slice.
func TestOverlayDataAgainstBytes(t *testing.T) {
	dir := hostTree(t)
	const size = 600_000
	model := make([]byte, size)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range model {
		model[i] = byte(rng.Uint32())
	}
	os.WriteFile(filepath.Join(dir, "big"), model, 0o644)
	u := user{t, open(t, fs.Config{Host: hostOf(t, nil, false, dir), Root: &fs.Tree{}, CacheBytes: 256 << 10})}
	h := u.open("/big", linux.O_RDWR)
	grow := func(n int) {
		if n > len(model) {
			model = append(model, make([]byte, n-len(model))...)
		}
	}
	for i := range 3000 {
		off := int64(rng.IntN(size + 50_000))
		n := rng.IntN(20_000)
		if rng.IntN(3) == 0 {
			n = rng.IntN(100)
		}
		switch rng.IntN(12) {
		case 0:
			u.truncate(h, off)
			if int(off) <= len(model) {
				model = model[:off:off]
			}
			grow(int(off))
		case 1, 2:
			var rep fsapi.AllocateReply
			u.fs.Allocate(&fsapi.AllocateRequest{Cred: rootCred, Handle: h, Mode: linux.FALLOC_FL_PUNCH_HOLE | linux.FALLOC_FL_KEEP_SIZE,
				Offset: off, Length: int64(n + 1)}, &rep)
			if int(off) < len(model) {
				clear(model[off:min(len(model), int(off)+n+1)])
			}
		case 3, 4, 5:
			data := bytes.Repeat([]byte{byte(i)}, n)
			u.write(h, off, data)
			if n > 0 {
				grow(int(off) + n)
			}
			copy(model[min(int(off), len(model)):], data)
		case 6:
			if i > 2000 && i%500 == 0 {
				u.mapFile(h, true)
			}
		default:
			got := u.read(h, off, uint32(n))
			var want []byte
			if int(off) < len(model) {
				want = model[off:min(len(model), int(off)+n)]
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("step %d: read(%d, %d) differs: got %d bytes, want %d", i, off, n, len(got), len(want))
			}
		}
	}
	if got := u.stat("/big").Size; got != int64(len(model)) {
		t.Errorf("size = %d, want %d", got, len(model))
	}
}

func (u user) mapFile(h uint64, shared bool) fsapi.MapFileReply {
	u.Helper()
	var rep fsapi.MapFileReply
	if e := u.fs.MapFile(&fsapi.MapFileRequest{Cred: rootCred, Handle: h, Prot: linux.PROT_READ, Shared: shared}, &rep); e != 0 {
		u.Fatalf("mapfile = %v", e)
	}
	return rep
}

func TestMapFileGivesTheHostsDescriptor(t *testing.T) {
	dir := hostTree(t)
	u := onHost(t, dir)
	h := u.open("/lower/file", linux.O_RDONLY)
	rep := u.mapFile(h, false)
	if rep.DescriptorPlusOne == 0 || rep.Writable {
		t.Fatalf("mapfile of a host file = %+v, want a read-only descriptor", rep)
	}
	name, _ := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", rep.DescriptorPlusOne-1))
	check(u, "descriptor", name, filepath.Join(dir, "lower/file"))
	version := rep.Version
	w := u.open("/lower/file", linux.O_RDWR)
	u.write(w, 0, []byte("FROM"))
	rep = u.mapFile(h, false)
	if rep.Version == version {
		t.Errorf("version stayed %d over a write", version)
	}
	got := make([]byte, 13)
	f := os.NewFile(uintptr(dupFd(t, int(rep.DescriptorPlusOne-1))), "map")
	defer f.Close()
	f.ReadAt(got, 0)
	check(u, "mapped bytes", string(got), "FROM the host")
	rep = u.mapFile(w, true)
	check(u, "writable", rep.Writable, true)
	f.WriteAt([]byte("both"), 0)
	check(u, "bytes written by the mapping", u.contents("/lower/file"), "both the host")
}

// counting counts the calls of a host.
type counting struct {
	hostcalls.Host
	lists, stats, opens, reads atomic.Int64
}

func (c *counting) FileList(q *hostapi.FileListRequest, p *hostapi.FileListReply) (uint64, linux.Errno) {
	c.lists.Add(1)
	return c.Host.FileList(q, p)
}

func (c *counting) FileStat(q *hostapi.FileStatRequest, p *hostapi.FileStatReply) (uint64, linux.Errno) {
	c.stats.Add(1)
	return c.Host.FileStat(q, p)
}

func (c *counting) FileOpen(q *hostapi.FileOpenRequest, p *hostapi.FileOpenReply) (uint64, linux.Errno) {
	c.opens.Add(1)
	return c.Host.FileOpen(q, p)
}

func (c *counting) FileRead(q *hostapi.FileReadRequest, p *hostapi.FileReadReply) (uint64, linux.Errno) {
	c.reads.Add(1)
	return c.Host.FileRead(q, p)
}

func TestOverlayAsksTheHostSeldom(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d", i)), []byte("x"), 0o644)
	}
	os.WriteFile(filepath.Join(dir, "big"), make([]byte, 4<<20), 0o644)
	host := &counting{Host: hostOf(t, nil, false, dir)}
	u := user{t, open(t, fs.Config{Host: host, Root: &fs.Tree{}})}
	for i := range 500 {
		u.stat(fmt.Sprintf("/f%d", i))
	}
	u.statErr("/none")
	if lists, stats, opens := host.lists.Load(), host.stats.Load(), host.opens.Load(); lists > 2 || stats > 1 || opens > 0 {
		t.Errorf("500 stats took %d lists, %d stats, %d opens of the host", lists, stats, opens)
	}
	h := u.open("/big", linux.O_RDONLY)
	for off := int64(0); off < 4<<20; off += 4096 {
		u.read(h, off, 4096)
	}
	if reads := host.reads.Load(); reads > 12 {
		t.Errorf("4 MiB in reads of 4 KiB took %d reads of the host", reads)
	}
}

func TestHostMounts(t *testing.T) {
	dir, other := hostTree(t), hostTree(t)
	f := open(t, fs.Config{
		Host: hostOf(t, nil, false, dir, other), Root: &fs.Tree{},
		Mounts: []fs.Mount{{Tree: fs.Tree{Root: 1, Path: "lower"}, Target: "/lower/empty", Source: "other"},
			{Tree: fs.Tree{Root: 1}, Target: "/new/place"}},
	})
	u := user{t, f}
	check(u, "in the mount", u.contents("/lower/empty/file"), "from the host")
	check(u, "beside the mount", u.contents("/lower/file"), "from the host")
	check(u, "in the other", u.contents("/new/place/lower/sub/deep"), "deep")
	e := f.Open(&fsapi.OpenRequest{Cred: rootCred, Place: fsapi.Place{Path: "/new/place/x"}, Flags: linux.O_CREAT | linux.O_WRONLY}, &fsapi.OpenReply{})
	check(u, "create in a read-only mount", e, linux.EROFS)
	if u.stat("/lower/empty").Dev == u.stat("/lower").Dev {
		t.Error("a mount has the device of the directory that it covers")
	}
}
