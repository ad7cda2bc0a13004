package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// dnotify sends a signal when something happens in a directory: fs/notify/
// dnotify. Behind it is an inotify instance that no app sees.
type dnotify struct {
	async
	key  wait.Handle
	mask uint32 // DN_*
}

// notifyDirectory serves F_NOTIFY.
func (c *Call) notifyDirectory(f *fdtable.File, mask uint32) (int64, linux.Errno) {
	const known = linux.DN_ACCESS | linux.DN_MODIFY | linux.DN_CREATE | linux.DN_DELETE | linux.DN_RENAME | linux.DN_ATTRIB
	if mask&known == 0 && f.Owner == fdtable.FS && f.Mode&linux.S_IFMT == linux.S_IFDIR && mask&^linux.DN_MULTISHOT != 0 {
		return 0, 0 // events that nobody knows never come
	}
	if mask&^linux.DN_MULTISHOT == 0 {
		c.forgetDnotify(f)
		return 0, 0
	}
	if f.Owner != fdtable.FS || f.Mode&linux.S_IFMT != linux.S_IFDIR {
		return 0, linux.ENOTDIR
	}
	d, _ := f.Dnotify.(*dnotify)
	if d == nil {
		q := fsapi.OpenInotifyRequest{Cred: c.Cred(), Hidden: true}
		var r fsapi.OpenInotifyReply
		if e := c.FS.OpenInotify(&q, &r); e != 0 {
			return 0, e
		}
		d = &dnotify{async: async{e: c.Env, f: f}, key: wait.Handle{Owner: uint8(fdtable.FS), ID: r.Handle}}
		f.Dnotify = d
		c.Ready.Add(d.key, d)
	}
	d.fd = c.Int(0)
	d.mask |= mask & (known | linux.DN_MULTISHOT)
	q := fsapi.AddWatchRequest{Cred: c.Cred(), Handle: d.key.ID, Place: fsapi.Place{Root: c.T.FS.Root.Handle, Dir: f.Handle}, Mask: d.events()}
	var r fsapi.AddWatchReply
	if e := ask(c, c.FS.AddWatch, &q, &r, &r.Wait); e != 0 {
		c.forgetDnotify(f)
		return 0, e
	}
	if f.Async.ID == 0 {
		c.own(f, linux.F_OWNER_PID, c.P.Pid)
	}
	return 0, 0
}

// events gives the IN_* behind the mask: convert_arg of fs/notify/dnotify.
func (d *dnotify) events() (mask uint32) {
	for _, x := range [...]struct{ dn, in uint32 }{
		{linux.DN_ACCESS, linux.IN_ACCESS}, {linux.DN_MODIFY, linux.IN_MODIFY}, {linux.DN_ATTRIB, linux.IN_ATTRIB},
		{linux.DN_CREATE, linux.IN_CREATE | linux.IN_MOVED_TO}, {linux.DN_DELETE, linux.IN_DELETE | linux.IN_MOVED_FROM},
		{linux.DN_RENAME, linux.IN_MOVED_FROM | linux.IN_MOVED_TO},
	} {
		if d.mask&x.dn != 0 {
			mask |= x.in
		}
	}
	return mask
}

// wants reports whether an event is one to tell. A name that moves within the
// directory is DN_RENAME, told once, by its second event.
func (d *dnotify) wants(mask uint32, within bool) bool {
	switch {
	case mask&linux.IN_MOVED_FROM != 0:
		return d.mask&linux.DN_DELETE != 0
	case mask&linux.IN_MOVED_TO != 0:
		return d.mask&linux.DN_CREATE != 0 || within && d.mask&linux.DN_RENAME != 0
	}
	return mask&linux.IN_ALL_EVENTS != 0
}

// Notify implements wait.Watcher: one signal for each event.
func (d *dnotify) Notify(wait.Handle, uint32, uint64) {
	q := fsapi.ReadRequest{Handle: d.key.ID, Count: pageSize}
	var r fsapi.ReadReply
	if d.f.Dnotify != d || d.e.FS.Read(&q, &r) != 0 {
		return
	}
	from := uint32(0)
	for b := r.Data; len(b) >= linux.SizeofInotifyEvent; {
		mask, cookie, name := le.Uint32(b[4:]), le.Uint32(b[8:]), int(le.Uint32(b[12:]))
		if name > len(b)-linux.SizeofInotifyEvent {
			return
		}
		if b = b[linux.SizeofInotifyEvent+name:]; !d.wants(mask, cookie != 0 && cookie == from) {
			from = cookie
			continue
		}
		from = cookie
		info := signalapi.Info{Signo: linux.SIGIO, Code: linux.SI_KERNEL}
		if s := d.f.Async.Signo; s != 0 {
			info = signalapi.Info{Signo: s, Code: linux.POLL_MSG, Fd: d.fd, Value: linux.POLLIN | linux.POLLRDNORM | linux.POLLMSG}
		}
		d.sendOwner(info)
		if d.mask&linux.DN_MULTISHOT == 0 {
			d.e.forgetDnotify(d.f)
			return
		}
	}
}

// forgetDnotify ends what F_NOTIFY began: a close of any descriptor of the
// directory does.
func (e *Env) forgetDnotify(f *fdtable.File) {
	d, ok := f.Dnotify.(*dnotify)
	if !ok {
		return
	}
	f.Dnotify = nil
	e.Ready.Remove(d.key, d)
	var r fsapi.CloseReply
	e.FS.Close(&fsapi.CloseRequest{Handle: d.key.ID}, &r)
}
