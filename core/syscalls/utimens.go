package syscalls

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/proto/gen/fsapi"
)

var utimensRows = []Row{
	{"utime", FS, args(path("filename"), ptr("times")), sysUtime},
	{"utimes", FS, args(path("filename"), ptr("times")), sysUtimes},
	{"futimesat", FS, args(dirfd("dirfd"), path("pathname"), ptr("times")), sysFutimesat},
	{"utimensat", FS, args(dirfd("dirfd"), path("pathname"), kind("times", strace.TimespecIn), flags("flags", linux.AtFlags)), sysUtimensat},
}

func sysUtime(c *Call) (int64, linux.Errno) {
	if c.Args[1] == 0 {
		return 0, c.utimes(-1, 0, nil, 0)
	}
	var b [16]byte
	if e := c.CopyIn(c.Args[1], b[:]); e != 0 {
		return 0, e
	}
	t := [2]linux.Timespec{{Sec: int64(binary.LittleEndian.Uint64(b[:]))}, {Sec: int64(binary.LittleEndian.Uint64(b[8:]))}}
	return 0, c.utimes(-1, 0, &t, 0)
}

func sysUtimes(c *Call) (int64, linux.Errno)    { return 0, c.futimesat(-1, 0) }
func sysFutimesat(c *Call) (int64, linux.Errno) { return 0, c.futimesat(0, 1) }

// futimesat checks the microseconds before anything else: do_futimesat of
// fs/utimes.c. The times are the argument after the path.
func (c *Call) futimesat(dir, path int) linux.Errno {
	t, e := c.twoTimes(c.Args[path+1])
	if e != 0 {
		return e
	}
	if t != nil {
		for i := range t {
			if t[i].Nsec < 0 || t[i].Nsec >= 1e6 {
				return linux.EINVAL
			}
			t[i].Nsec *= 1e3
		}
	}
	return c.utimes(dir, path, t, 0)
}

func sysUtimensat(c *Call) (int64, linux.Errno) {
	t, e := c.twoTimes(c.Args[2])
	if e != 0 {
		return 0, e
	}
	if t != nil && t[0].Nsec == linux.UTIME_OMIT && t[1].Nsec == linux.UTIME_OMIT {
		return 0, 0 // the path is not even looked at
	}
	return 0, c.utimes(0, 1, t, c.Uint(3))
}

// twoTimes reads two timespecs, or timevals, of the same size. nil is now.
func (c *Call) twoTimes(addr uint64) (*[2]linux.Timespec, linux.Errno) {
	if addr == 0 {
		return nil, 0
	}
	var b [2 * linux.SizeofTimespec]byte
	if e := c.CopyIn(addr, b[:]); e != 0 {
		return nil, e
	}
	var t [2]linux.Timespec
	t[0].Decode(b[:])
	t[1].Decode(b[linux.SizeofTimespec:])
	return &t, 0
}

// utimes is do_utimes: no path means the descriptor.
func (c *Call) utimes(dir, path int, t *[2]linux.Timespec, fl uint32) linux.Errno {
	q, valid := timesRequest(t)
	if c.Args[path] == 0 && dir >= 0 && c.Int(dir) != linux.AT_FDCWD {
		if fl != 0 {
			return linux.EINVAL
		}
		f, e := c.file(dir)
		if e != 0 {
			return e
		}
		defer c.unref(f)
		if !valid {
			return linux.EINVAL
		}
		return c.setattrFile(f, q)
	}
	if valid {
		return c.setattrAt(dir, path, fl, q)
	}
	// vfs_utimes looks at the nanoseconds once the file is found.
	if fl&^(linux.AT_SYMLINK_NOFOLLOW|linux.AT_EMPTY_PATH) != 0 {
		return linux.EINVAL
	}
	if _, e := c.statAt(dir, path, fl); e != 0 {
		return e
	}
	return linux.EINVAL
}

// timesRequest says what to set, and whether the nanoseconds are valid.
func timesRequest(t *[2]linux.Timespec) (*fsapi.SetattrRequest, bool) {
	q := &fsapi.SetattrRequest{}
	if t == nil {
		q.Valid = uint32(fsapi.SetattrValidAtimeNow | fsapi.SetattrValidMtimeNow)
		return q, true
	}
	for i := range t {
		switch t[i].Nsec {
		case linux.UTIME_OMIT:
		case linux.UTIME_NOW:
			q.Valid |= uint32([2]fsapi.SetattrValid{fsapi.SetattrValidAtimeNow, fsapi.SetattrValidMtimeNow}[i])
		default:
			if t[i].Nsec < 0 || t[i].Nsec >= 1e9 {
				return q, false
			}
			q.Valid |= uint32([2]fsapi.SetattrValid{fsapi.SetattrValidAtime, fsapi.SetattrValidMtime}[i])
		}
	}
	q.AtimeSec, q.AtimeNsec = t[0].Sec, uint32(t[0].Nsec)
	q.MtimeSec, q.MtimeNsec = t[1].Sec, uint32(t[1].Nsec)
	return q, true
}
