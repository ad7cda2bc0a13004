package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/task"
	"adyton.dev/adyton/core/wait"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// async sends SIGIO when a file with O_ASYNC becomes ready, and SIGURG when an
// urgent byte comes to a socket with an owner: send_sigio and send_sigurg of
// fs/fcntl.c.
type async struct {
	e *Env
	f *fdtable.File
	// fd is the number by which O_ASYNC was set: si_fd.
	fd int32
	// seen is the generation of the last event: one signal an event.
	seen uint64
	// urgent: the byte that was told of is still there.
	urgent bool
}

// setAsync turns O_ASYNC of a description on or off. Files that cannot be
// polled have no such mode, and F_SETFL does not say so.
func (c *Call) setAsync(f *fdtable.File, on bool) linux.Errno {
	// Eventfds, epolls, pidfds and timerfds have no fasync.
	if !pollable(f) || f.Owner == fdtable.Core || f.Owner == fdtable.Signal || f.Name == eventfdName {
		return linux.ENOTTY
	}
	if !on {
		if f.Domain == 0 {
			c.forgetAsync(f)
		}
		f.Flags.And(^uint32(linux.O_ASYNC))
		return 0
	}
	c.watchAsync(f)
	f.Async.Watch.(*async).fd = c.Int(0)
	f.Flags.Or(linux.O_ASYNC)
	if f.Async.ID == 0 {
		c.own(f, linux.F_OWNER_PID, 0)
	}
	return 0
}

// watchAsync begins to look at a description.
func (c *Call) watchAsync(f *fdtable.File) {
	if f.Async.Watch != nil {
		return
	}
	a := &async{e: c.Env, f: f}
	var level uint32
	level, a.seen = c.pollFile(f, linux.POLLIN|linux.POLLOUT)
	a.urgent = level&linux.POLLPRI != 0
	f.Async.Watch = a
	c.Ready.Add(watchKey(f), a)
}

// forgetAsync ends the watch of a description.
func (e *Env) forgetAsync(f *fdtable.File) {
	if a, ok := f.Async.Watch.(*async); ok {
		e.Ready.Remove(watchKey(f), a)
		f.Async.Watch = nil
	}
}

// Notify implements wait.Watcher.
func (a *async) Notify(_ wait.Handle, level uint32, generation uint64) {
	o := &a.f.Async
	urgent := a.f.Domain != 0 && level&linux.POLLPRI != 0
	more := urgent && !a.urgent
	if a.urgent = urgent; more && o.ID != 0 {
		a.sendOwner(signalapi.Info{Signo: linux.SIGURG, Code: linux.SI_KERNEL})
	}
	if generation == a.seen || o.ID == 0 || a.f.Flags.Load()&linux.O_ASYNC == 0 {
		return
	}
	a.seen = generation
	info := signalapi.Info{Signo: linux.SIGIO, Code: linux.SI_KERNEL}
	if o.Signo != 0 {
		info = signalapi.Info{Signo: o.Signo, Code: linux.POLL_OUT, Fd: a.fd,
			Value: linux.POLLOUT | linux.POLLWRNORM | linux.POLLWRBAND}
		if level&linux.POLLIN != 0 {
			info.Code, info.Value = linux.POLL_IN, linux.POLLIN|linux.POLLRDNORM
		}
	}
	a.sendOwner(info)
}

// sendOwner sends to who F_SETOWN named.
func (a *async) sendOwner(info signalapi.Info) {
	e, o := a.e, &a.f.Async
	switch o.Type {
	case linux.F_OWNER_PGRP:
		if g := e.Tasks.Group(o.ID); g != nil {
			for _, p := range members(g) {
				a.send(p, nil, info)
			}
		}
	case linux.F_OWNER_TID:
		if t := e.Tasks.Thread(o.ID); t != nil && !t.Exited {
			a.send(t.Process, t, info)
		}
	default:
		if p := e.Tasks.Process(o.ID); p != nil {
			a.send(p, nil, info)
		}
	}
}

func members(g *task.Group) []*task.Process {
	var out []*task.Process
	for _, p := range g.Members {
		out = append(out, p)
	}
	return out
}

// send checks as sigio_perm does: with the credentials of who set the owner.
func (a *async) send(p *task.Process, t *task.Thread, info signalapi.Info) {
	if p.Zombie || p.Leader == nil {
		return
	}
	o, k := &a.f.Async, p.Leader.Cred
	if o.EUID != 0 && o.EUID != k.SUID && o.EUID != k.UID && o.UID != k.SUID && o.UID != k.UID {
		return
	}
	a.e.send(p, t, info, false)
}
