package fstest

import (
	"sync"
	"testing"
	"time"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// patience is how long a case waits for a ticket.
const patience = 20 * time.Second

// waiter stands between a case and the file system: it waits for tickets, as
// the core does, so that a case sees only answers. Waits for handles pass.
type waiter struct {
	fsapi.FS
	t *testing.T

	mu   sync.Mutex // guards done
	done map[uint64]bool
	news chan struct{}
}

func newWaiter(t *testing.T, fs fsapi.FS) *waiter {
	w := &waiter{FS: fs, t: t, done: make(map[uint64]bool), news: make(chan struct{}, 1)}
	go fs.Watch(&fsapi.WatchRequest{}, func(r *fsapi.WatchReply) bool {
		w.mu.Lock()
		for _, ticket := range r.Tickets {
			w.done[ticket] = true
		}
		w.mu.Unlock()
		select {
		case w.news <- struct{}{}:
		default:
		}
		return true
	})
	return w
}

// again calls until the answer is no wait for a ticket.
func again[Q, P any](w *waiter, do func(*Q, *P) linux.Errno, req *Q, rep *P, wait *fsapi.Wait) linux.Errno {
	w.t.Helper()
	for {
		e := do(req, rep)
		if e != linux.EWAIT || wait.Ticket == 0 {
			return e
		}
		w.wait(wait.Ticket)
		var zero P
		*rep = zero
	}
}

func (w *waiter) wait(ticket uint64) {
	w.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		w.mu.Lock()
		done := w.done[ticket]
		delete(w.done, ticket)
		w.mu.Unlock()
		if done {
			return
		}
		select {
		case <-w.news:
		case <-late.C:
			w.t.Fatalf("ticket %d is not done after %v", ticket, patience)
		}
	}
}

func (w *waiter) Open(req *fsapi.OpenRequest, rep *fsapi.OpenReply) linux.Errno {
	return again(w, w.FS.Open, req, rep, &rep.Wait)
}

func (w *waiter) Read(req *fsapi.ReadRequest, rep *fsapi.ReadReply) linux.Errno {
	return again(w, w.FS.Read, req, rep, &rep.Wait)
}

func (w *waiter) Write(req *fsapi.WriteRequest, rep *fsapi.WriteReply) linux.Errno {
	return again(w, w.FS.Write, req, rep, &rep.Wait)
}

func (w *waiter) Seek(req *fsapi.SeekRequest, rep *fsapi.SeekReply) linux.Errno {
	return again(w, w.FS.Seek, req, rep, &rep.Wait)
}

func (w *waiter) ReadDir(req *fsapi.ReadDirRequest, rep *fsapi.ReadDirReply) linux.Errno {
	return again(w, w.FS.ReadDir, req, rep, &rep.Wait)
}

func (w *waiter) Ioctl(req *fsapi.IoctlRequest, rep *fsapi.IoctlReply) linux.Errno {
	return again(w, w.FS.Ioctl, req, rep, &rep.Wait)
}

func (w *waiter) Allocate(req *fsapi.AllocateRequest, rep *fsapi.AllocateReply) linux.Errno {
	return again(w, w.FS.Allocate, req, rep, &rep.Wait)
}

func (w *waiter) CopyRange(req *fsapi.CopyRangeRequest, rep *fsapi.CopyRangeReply) linux.Errno {
	return again(w, w.FS.CopyRange, req, rep, &rep.Wait)
}

func (w *waiter) Sync(req *fsapi.SyncRequest, rep *fsapi.SyncReply) linux.Errno {
	return again(w, w.FS.Sync, req, rep, &rep.Wait)
}

func (w *waiter) MapFile(req *fsapi.MapFileRequest, rep *fsapi.MapFileReply) linux.Errno {
	return again(w, w.FS.MapFile, req, rep, &rep.Wait)
}

func (w *waiter) Getattr(req *fsapi.GetattrRequest, rep *fsapi.GetattrReply) linux.Errno {
	return again(w, w.FS.Getattr, req, rep, &rep.Wait)
}

func (w *waiter) Setattr(req *fsapi.SetattrRequest, rep *fsapi.SetattrReply) linux.Errno {
	return again(w, w.FS.Setattr, req, rep, &rep.Wait)
}

func (w *waiter) Access(req *fsapi.AccessRequest, rep *fsapi.AccessReply) linux.Errno {
	return again(w, w.FS.Access, req, rep, &rep.Wait)
}

func (w *waiter) Mkdir(req *fsapi.MkdirRequest, rep *fsapi.MkdirReply) linux.Errno {
	return again(w, w.FS.Mkdir, req, rep, &rep.Wait)
}

func (w *waiter) Mknod(req *fsapi.MknodRequest, rep *fsapi.MknodReply) linux.Errno {
	return again(w, w.FS.Mknod, req, rep, &rep.Wait)
}

func (w *waiter) Symlink(req *fsapi.SymlinkRequest, rep *fsapi.SymlinkReply) linux.Errno {
	return again(w, w.FS.Symlink, req, rep, &rep.Wait)
}

func (w *waiter) Link(req *fsapi.LinkRequest, rep *fsapi.LinkReply) linux.Errno {
	return again(w, w.FS.Link, req, rep, &rep.Wait)
}

func (w *waiter) Unlink(req *fsapi.UnlinkRequest, rep *fsapi.UnlinkReply) linux.Errno {
	return again(w, w.FS.Unlink, req, rep, &rep.Wait)
}

func (w *waiter) Rename(req *fsapi.RenameRequest, rep *fsapi.RenameReply) linux.Errno {
	return again(w, w.FS.Rename, req, rep, &rep.Wait)
}

func (w *waiter) Readlink(req *fsapi.ReadlinkRequest, rep *fsapi.ReadlinkReply) linux.Errno {
	return again(w, w.FS.Readlink, req, rep, &rep.Wait)
}

func (w *waiter) Resolve(req *fsapi.ResolveRequest, rep *fsapi.ResolveReply) linux.Errno {
	return again(w, w.FS.Resolve, req, rep, &rep.Wait)
}

func (w *waiter) PathOf(req *fsapi.PathOfRequest, rep *fsapi.PathOfReply) linux.Errno {
	return again(w, w.FS.PathOf, req, rep, &rep.Wait)
}

func (w *waiter) Statfs(req *fsapi.StatfsRequest, rep *fsapi.StatfsReply) linux.Errno {
	return again(w, w.FS.Statfs, req, rep, &rep.Wait)
}

func (w *waiter) GetXattr(req *fsapi.GetXattrRequest, rep *fsapi.GetXattrReply) linux.Errno {
	return again(w, w.FS.GetXattr, req, rep, &rep.Wait)
}

func (w *waiter) SetXattr(req *fsapi.SetXattrRequest, rep *fsapi.SetXattrReply) linux.Errno {
	return again(w, w.FS.SetXattr, req, rep, &rep.Wait)
}

func (w *waiter) Lock(req *fsapi.LockRequest, rep *fsapi.LockReply) linux.Errno {
	return again(w, w.FS.Lock, req, rep, &rep.Wait)
}

func (w *waiter) Mount(req *fsapi.MountRequest, rep *fsapi.MountReply) linux.Errno {
	return again(w, w.FS.Mount, req, rep, &rep.Wait)
}

func (w *waiter) Unmount(req *fsapi.UnmountRequest, rep *fsapi.UnmountReply) linux.Errno {
	return again(w, w.FS.Unmount, req, rep, &rep.Wait)
}
