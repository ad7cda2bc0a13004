package fs_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

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

// settle calls an operation until it waits for no ticket any more, as the core
// does; done tells of tickets.
func settle[P any](done *ticketLog, rep *P, wait *fsapi.Wait, op func() linux.Errno) linux.Errno {
	for {
		e := op()
		if e != linux.EWAIT || wait.Ticket == 0 {
			return e
		}
		done.await(wait.Ticket)
		var zero P
		*rep = zero
	}
}

// ticketLog follows Watch.
type ticketLog struct {
	mu   sync.Mutex
	cond *sync.Cond
	done map[uint64]bool
}

func follow(f fsapi.FS) *ticketLog {
	l := &ticketLog{done: make(map[uint64]bool)}
	l.cond = sync.NewCond(&l.mu)
	go f.Watch(&fsapi.WatchRequest{}, func(r *fsapi.WatchReply) bool {
		l.mu.Lock()
		for _, t := range r.Tickets {
			l.done[t] = true
		}
		l.cond.Broadcast()
		l.mu.Unlock()
		return true
	})
	return l
}

func (l *ticketLog) await(ticket uint64) {
	l.mu.Lock()
	for !l.done[ticket] {
		l.cond.Wait()
	}
	l.mu.Unlock()
}

// onBoth runs a test on a writable host tree in this process and over a socket.
func onBoth(t *testing.T, test func(t *testing.T, f fsapi.FS)) {
	t.Run("embedded", func(t *testing.T) { test(t, writable(t)) })
	t.Run("socket", func(t *testing.T) { test(t, writableRemote(t)) })
}

// TestHammerThroughAppends has many append to one file: no record may be lost
// or cut, and the size must be the sum.
func TestHammerThroughAppends(t *testing.T) {
	const writers, each, size = 8, 50, 40
	onBoth(t, func(t *testing.T, f fsapi.FS) {
		log := follow(f)
		open := func(flags uint32) uint64 {
			var rep fsapi.OpenReply
			req := fsapi.OpenRequest{Cred: rootCred, Place: fsapi.Place{Path: "/tmp/log"}, Flags: flags, Mode: 0644}
			check(user{t, f}, "open", settle(log, &rep, &rep.Wait, func() linux.Errno { return f.Open(&req, &rep) }), 0)
			return rep.Handle
		}
		open(linux.O_CREAT | linux.O_RDWR)
		var wg sync.WaitGroup
		for w := range writers {
			h := open(linux.O_WRONLY | linux.O_APPEND)
			wg.Go(func() {
				record := bytes.Repeat([]byte{byte('a' + w)}, size)
				for range each {
					var rep fsapi.WriteReply
					req := fsapi.WriteRequest{Cred: rootCred, Handle: h, Append: true, Data: record, SizeLimit: 1 << 62}
					if e := settle(log, &rep, &rep.Wait, func() linux.Errno { return f.Write(&req, &rep) }); e != 0 || rep.Count != size {
						t.Errorf("write = %d, %v", rep.Count, e)
					}
				}
			})
		}
		wg.Wait()
		var rep fsapi.ReadReply
		h := open(linux.O_RDONLY)
		req := fsapi.ReadRequest{Cred: rootCred, Handle: h, Count: 1 << 20}
		check(user{t, f}, "read", settle(log, &rep, &rep.Wait, func() linux.Errno { return f.Read(&req, &rep) }), 0)
		check(user{t, f}, "size", len(rep.Data), writers*each*size)
		seen := map[byte]int{}
		for i := 0; i+size <= len(rep.Data); i += size {
			record := rep.Data[i : i+size]
			if bytes.Count(record, record[:1]) != size {
				t.Fatalf("record at %d is cut: %q", i, record)
			}
			seen[record[0]]++
		}
		for w := range writers {
			check(user{t, f}, "records of one writer", seen[byte('a'+w)], each)
		}
	})
}

// TestHammerThroughReadsSeeWrites has readers fill the cache while a writer
// changes the bytes: what was written last must be read afterwards.
func TestHammerThroughReadsSeeWrites(t *testing.T) {
	onBoth(t, func(t *testing.T, f fsapi.FS) {
		log := follow(f)
		var rep fsapi.OpenReply
		req := fsapi.OpenRequest{Cred: rootCred, Place: fsapi.Place{Path: "/tmp/f"}, Flags: linux.O_CREAT | linux.O_RDWR, Mode: 0644}
		check(user{t, f}, "open", settle(log, &rep, &rep.Wait, func() linux.Errno { return f.Open(&req, &rep) }), 0)
		h := rep.Handle
		write := func(i int) {
			var rep fsapi.WriteReply
			req := fsapi.WriteRequest{Cred: rootCred, Handle: h, Data: fmt.Appendf(nil, "%08d", i), SizeLimit: 1 << 62}
			settle(log, &rep, &rep.Wait, func() linux.Errno { return f.Write(&req, &rep) })
		}
		read := func() string {
			var rep fsapi.ReadReply
			req := fsapi.ReadRequest{Cred: rootCred, Handle: h, Count: 8}
			if e := settle(log, &rep, &rep.Wait, func() linux.Errno { return f.Read(&req, &rep) }); e != 0 {
				t.Errorf("read = %v", e)
			}
			return string(rep.Data)
		}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						read()
					}
				}
			})
		}
		for i := range 60 {
			write(i)
			if got, want := read(), fmt.Sprintf("%08d", i); got != want {
				t.Errorf("read %s after a write of %s", got, want)
				break
			}
		}
		close(stop)
		wg.Wait()
	})
}

// TestMountInsideWritableMount mounts below a directory that the host lacks.
func TestMountInsideWritableMount(t *testing.T) {
	dir, inner := hostTree(t), hostTree(t)
	var f atomic.Pointer[fs.FS]
	f.Store(open(t, fs.Config{
		Host: hostOf(t, func(ticket uint64) { f.Load().HostDone(ticket) }, true, dir, inner),
		Mounts: []fs.Mount{{Target: "/m", Source: dir, Write: true},
			{Tree: fs.Tree{Root: 1}, Target: "/m/new/lower/in", Source: inner, Write: true},
			{Tree: fs.Tree{Root: 1}, Target: "/m/lower/in", Source: inner}},
	}))
	u := user{t, f.Load()}
	check(u, "below the new directory", u.contents("/m/new/lower/in/lower/file"), "from the host")
	check(u, "below the host's directory", u.contents("/m/lower/in/lower/file"), "from the host")
	u.write(u.open("/m/new/lower/file", linux.O_CREAT|linux.O_RDWR), 0, []byte("beside"))
	b, err := os.ReadFile(filepath.Join(dir, "new/lower/file"))
	check(u, "beside the mount, at the host", string(b), "beside")
	check(u, "its error", err, nil)
}

// TestThroughClosesHandles counts the descriptors that the host keeps for files
// that are gone.
func TestThroughClosesHandles(t *testing.T) {
	u, dir := onWritable(t)
	count := func() (n int) {
		entries, _ := os.ReadDir("/proc/self/fd")
		for _, x := range entries {
			if to, _ := os.Readlink("/proc/self/fd/" + x.Name()); strings.HasPrefix(to, dir+"/") {
				n++
			}
		}
		return n
	}
	before := count()
	for i := range 20 {
		name := fmt.Sprintf("/m/f%d", i)
		u.fs.Close(&fsapi.CloseRequest{Handle: u.open(name, linux.O_CREAT|linux.O_WRONLY)}, &fsapi.CloseReply{})
		r := u.open(name, linux.O_RDONLY)
		u.mapFile(r, false)
		w := u.open(name, linux.O_RDWR)
		u.write(w, 0, []byte("x"))
		check(u, "by the first handle", string(u.read(r, 0, 9)), "x")
		u.unlink(name)
		check(u, "an unlinked file", string(u.read(r, 0, 9)), "x")
		u.fs.Close(&fsapi.CloseRequest{Handle: r}, &fsapi.CloseReply{})
		u.fs.Close(&fsapi.CloseRequest{Handle: w}, &fsapi.CloseReply{})
	}
	check(u, "descriptors left", count()-before, 0)
}

// TestThroughSharedMap writes by a descriptor to map, as a program's stores do.
func TestThroughSharedMap(t *testing.T) {
	u, dir := onWritable(t)
	h := u.open("/m/lower/file", linux.O_RDWR)
	check(u, "before", string(u.read(h, 0, 20)), "from the host")
	var rep fsapi.MapFileReply
	e := u.fs.MapFile(&fsapi.MapFileRequest{Cred: rootCred, Handle: h, Shared: true, Prot: linux.PROT_READ | linux.PROT_WRITE}, &rep)
	check(u, "map", e, 0)
	check(u, "may be written", rep.Writable, true)
	file := os.NewFile(uintptr(dupFd(t, int(rep.DescriptorPlusOne-1))), "map")
	defer file.Close()
	file.WriteAt([]byte("FROM"), 0)
	check(u, "read here", string(u.read(h, 0, 20)), "FROM the host")
	u.write(h, 5, []byte("THE"))
	b := make([]byte, 8)
	file.ReadAt(b, 0)
	check(u, "seen by the map", string(b), "FROM THE")
	b, _ = os.ReadFile(filepath.Join(dir, "lower/file"))
	check(u, "at the host", string(b), "FROM THE host")

	reader := u.open("/m/lower/file", linux.O_RDONLY)
	e = u.fs.MapFile(&fsapi.MapFileRequest{Cred: rootCred, Handle: reader, Shared: true, Prot: linux.PROT_READ}, &rep)
	check(u, "map to read", e, 0)
	check(u, "may be written by a reader", rep.Writable, false)
	if _, err := unix.Write(int(rep.DescriptorPlusOne-1), nil); err != unix.EBADF {
		t.Errorf("write by a reader's descriptor: %v, want EBADF", err)
	}
}
