// Package filemem keeps the bytes of one file in a memfd of the host kernel, so
// that they can be mapped by app processes and read and written here at once.
// It is the only package of fs that holds host descriptors.
//
// It never maps the memfd: an app could not shrink it, but plain reads and
// writes need no such argument.
package filemem

import (
	"adyton.dev/adyton/core/linux"

	"golang.org/x/sys/unix"
)

// File is one memfd. The caller serialises its methods.
type File struct{ fd int }

// Create makes an empty file, which Seal may be called for when it is sealable.
// name only shows up in the host's /proc. Errors: those of memfd_create(2).
func Create(name string, sealable bool) (*File, linux.Errno) {
	flags := unix.MFD_CLOEXEC
	if sealable {
		flags |= unix.MFD_ALLOW_SEALING
	}
	// MFD_NOEXEC_SEAL would forbid mapping it executable; hosts with
	// vm.memfd_noexec=1 need MFD_EXEC said aloud, older ones do not know it.
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_EXEC)
	if err == unix.EINVAL {
		fd, err = unix.MemfdCreate(name, flags)
	}
	if err != nil {
		return nil, errno(err)
	}
	return &File{fd: fd}, 0
}

// Fd is the descriptor, valid until Close.
func (f *File) Fd() int { return f.fd }

// ReadAt fills p from offset off and gives how much there was.
func (f *File) ReadAt(p []byte, off int64) (int, linux.Errno) {
	done := 0
	for done < len(p) {
		n, err := unix.Pread(f.fd, p[done:], off+int64(done))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return done, errno(err)
		}
		if n == 0 {
			break
		}
		done += n
	}
	return done, 0
}

// WriteAt writes all of p at offset off.
func (f *File) WriteAt(p []byte, off int64) (int, linux.Errno) {
	done := 0
	for done < len(p) {
		n, err := unix.Pwrite(f.fd, p[done:], off+int64(done))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return done, errno(err)
		}
		done += n
	}
	return done, 0
}

// Truncate sets the size in bytes.
func (f *File) Truncate(size int64) linux.Errno { return errno(unix.Ftruncate(f.fd, size)) }

// Punch makes a hole; the size stays.
func (f *File) Punch(off, length int64) linux.Errno {
	return errno(unix.Fallocate(f.fd, unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, off, length))
}

// Allocate reserves pages; the size stays.
func (f *File) Allocate(off, length int64) linux.Errno {
	return errno(unix.Fallocate(f.fd, unix.FALLOC_FL_KEEP_SIZE, off, length))
}

// Find looks for data (hole false) or a hole from off on. Errors: ENXIO.
func (f *File) Find(off int64, hole bool) (int64, linux.Errno) {
	whence := unix.SEEK_DATA
	if hole {
		whence = unix.SEEK_HOLE
	}
	n, err := unix.Seek(f.fd, off, whence)
	return n, errno(err)
}

// SealWrite forbids every change from now on. Errors: EBUSY while a mapping
// can make one.
func (f *File) SealWrite() linux.Errno {
	_, err := unix.FcntlInt(uintptr(f.fd), unix.F_ADD_SEALS, unix.F_SEAL_WRITE)
	return errno(err)
}

// Blocks gives the number of 512-byte blocks in use.
func (f *File) Blocks() uint64 {
	var st unix.Stat_t
	if unix.Fstat(f.fd, &st) != nil {
		return 0
	}
	return uint64(st.Blocks)
}

// Close gives the memory back, once nobody maps it any more.
func (f *File) Close() { unix.Close(f.fd) }

func errno(err error) linux.Errno {
	if err == nil {
		return 0
	}
	if e, ok := err.(unix.Errno); ok {
		return linux.Errno(e)
	}
	return linux.EIO
}
