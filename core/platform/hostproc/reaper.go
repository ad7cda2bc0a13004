package hostproc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// reaper waits for the ends of app processes by pidfd, so that it never takes
// a child of os/exec or of a plugin.
type reaper struct {
	p  *Platform
	ep int
}

func newReaper(p *Platform) (*reaper, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1 for the reaper: %w", err)
	}
	return &reaper{p: p, ep: ep}, nil
}

// watch follows a process that is known to be our child.
func (r *reaper) watch(pr *process) error {
	fd, err := unix.PidfdOpen(pr.pid, 0)
	if err != nil {
		return fmt.Errorf("pidfd_open %d: %w", pr.pid, err)
	}
	pr.pidfd = fd
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd), Pad: int32(pr.pid)}
	if err := unix.EpollCtl(r.ep, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("watch pidfd of %d: %w", pr.pid, err)
	}
	return nil
}

func (r *reaper) loop() {
	var evs [32]unix.EpollEvent
	for {
		n, err := unix.EpollWait(r.ep, evs[:], -1)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			operatorError("the reaper's epoll_wait: %v", err)
			return
		}
		pids := make([]int, 0, n)
		for _, ev := range evs[:n] {
			unix.EpollCtl(r.ep, unix.EPOLL_CTL_DEL, int(ev.Fd), nil)
			unix.Waitid(unix.P_PIDFD, int(ev.Fd), nil, unix.WEXITED|unix.WNOHANG, nil)
			pids = append(pids, int(ev.Pad))
		}
		r.p.leader.Post(func() {
			for _, pid := range pids {
				r.p.died(pid)
			}
		})
	}
}
