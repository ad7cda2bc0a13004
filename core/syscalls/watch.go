package syscalls

import (
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// StartWatch follows the Watch streams of the subsystems: changes that no call
// caused. Each stream has a goroutine that posts what comes. One that ends says
// that its subsystem is gone.
func (e *Env) StartWatch() {
	go e.follow(fdtable.FS, func() linux.Errno {
		return e.FS.Watch(&fsapi.WatchRequest{}, func(r *fsapi.WatchReply) bool {
			ready, raise, tickets := clone(r.Ready), clone(r.Raise), clone(r.Tickets)
			e.Leader.Post(func() {
				e.fsReady(ready)
				e.raise(raise)
				for _, t := range tickets {
					e.TicketDone(fdtable.FS, t)
				}
			})
			return true
		})
	})
	go e.follow(fdtable.IPC, func() linux.Errno {
		return e.IPC.Watch(&ipcapi.WatchRequest{}, func(r *ipcapi.WatchReply) bool {
			ready, tickets := clone(r.Ready), clone(r.Tickets)
			e.Leader.Post(func() {
				e.ipcReady(ready)
				for _, t := range tickets {
					e.TicketDone(fdtable.IPC, t)
				}
			})
			return true
		})
	})
	go e.follow(fdtable.Signal, func() linux.Errno {
		return e.Signal.Watch(&signalapi.WatchRequest{}, func(r *signalapi.WatchReply) bool {
			ready, effects, deadline := clone(r.Ready), clone(r.Effects), r.DeadlineNs
			e.Leader.Post(func() {
				e.effects(effects)
				e.signalReady(ready)
				e.armSignal(deadline)
			})
			return true
		})
	})
	go e.MM.Watch(&mmapi.WatchRequest{}, func(r *mmapi.WatchReply) bool {
		kill := clone(r.Kill)
		e.Leader.Post(func() {
			for _, s := range kill {
				e.killSpace(s)
			}
		})
		return true
	})
}

// follow has those who wait for a subsystem hear of it when its stream ends
// with an error.
func (e *Env) follow(owner fdtable.Owner, watch func() linux.Errno) {
	if watch() != 0 {
		e.Leader.Post(func() { e.Ready.Lose(uint8(owner)) })
	}
}

func clone[T any](s []T) []T { return append([]T(nil), s...) }

// killSpace ends the processes of an address space that mm gave up for lack
// of memory.
func (e *Env) killSpace(mm uint64) {
	for _, p := range e.Tasks.Processes() {
		if p.Space != nil && p.Space.MM == mm && !p.Zombie {
			e.killProcess(p, linux.SIGKILL)
		}
	}
}
