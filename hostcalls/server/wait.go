package server

import (
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// maxWaitNs bounds one Wait, so that a caller that went away is noticed.
const maxWaitNs = int64(time.Hour)

// Wait implements hostapi.Host. A stream that does not exist has POLLNVAL.
func (s *Server) Wait(req *hostapi.WaitRequest, rep *hostapi.WaitReply) linux.Errno {
	if e := s.enter(); e != 0 {
		return e
	}
	defer s.leave()
	if len(req.Streams) != len(req.Events) || len(req.Streams) > 3 || req.TimeoutNs < 0 {
		return linux.EINVAL
	}
	fds := make([]unix.PollFd, 0, 4)
	for i, n := range req.Streams {
		if n > 2 {
			return linux.EINVAL
		}
		fd := s.streams[n].fd
		if fd < 0 {
			fd = 1 << 30 // poll(2) passes over negative ones; this gives POLLNVAL
		}
		fds = append(fds, unix.PollFd{Fd: int32(fd), Events: int16(req.Events[i])})
	}
	fds = append(fds, unix.PollFd{Fd: int32(s.stop), Events: unix.POLLIN})

	end := time.Now().Add(time.Duration(min(req.TimeoutNs, maxWaitNs)))
	for {
		left := unix.NsecToTimespec(max(0, time.Until(end).Nanoseconds()))
		_, err := unix.Ppoll(fds, &left, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return errnoOf(err)
		}
		break
	}
	if fds[len(fds)-1].Revents != 0 {
		return linux.EIO
	}
	for i := range req.Streams {
		rep.Events = append(rep.Events, uint32(uint16(fds[i].Revents)))
	}
	return 0
}
