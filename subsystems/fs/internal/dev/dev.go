// Package dev has the character devices that hold nothing: null, zero, full,
// random and urandom.
package dev

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Null is /dev/null: the end of file at once, and takes everything.
type Null struct{}

// Read implements vfs.Stream.
func (Null) Read(_ *vfs.Ctx, _ *vfs.File, _ int64, _ int, dst []byte) ([]byte, linux.Errno) {
	return dst, 0
}

// Write implements vfs.Stream.
func (Null) Write(_ *vfs.Ctx, _ *vfs.File, _ int64, p []byte) (int, linux.Errno) {
	return len(p), 0
}

// Discards says that a write takes bytes without looking at them: write_null.
func (Null) Discards() bool { return true }

// Seek implements vfs.Seeker: null_lseek in drivers/char/mem.c.
func (Null) Seek(*vfs.File, int64, uint32, int64) (int64, linux.Errno) { return 0, 0 }

// Zero is /dev/zero.
type Zero struct{ Null }

// Read implements vfs.Stream.
func (Zero) Read(_ *vfs.Ctx, _ *vfs.File, _ int64, n int, dst []byte) ([]byte, linux.Errno) {
	dst, p := extend(dst, n)
	clear(p)
	return dst, 0
}

// Zeros says that a mapping of it is memory of zeros.
func (Zero) Zeros() bool { return true }

// Full is /dev/full: zeros to read, no room to write.
type Full struct{ Zero }

// Write implements vfs.Stream.
func (Full) Write(_ *vfs.Ctx, _ *vfs.File, _ int64, p []byte) (int, linux.Errno) {
	return 0, linux.ENOSPC
}

// Zeros says that it cannot be mapped: ENODEV, unlike /dev/zero.
func (Full) Zeros() bool { return false }

// Random is /dev/random and /dev/urandom over a source of random bytes.
type Random struct{ Fill func(p []byte) }

// Read implements vfs.Stream.
func (r Random) Read(_ *vfs.Ctx, _ *vfs.File, _ int64, n int, dst []byte) ([]byte, linux.Errno) {
	dst, p := extend(dst, n)
	r.Fill(p)
	return dst, 0
}

// Write implements vfs.Stream. What is written is not needed for entropy.
func (Random) Write(_ *vfs.Ctx, _ *vfs.File, _ int64, p []byte) (int, linux.Errno) {
	return len(p), 0
}

// Seek implements vfs.Seeker: noop_llseek, of a position that no read moves.
func (Random) Seek(*vfs.File, int64, uint32, int64) (int64, linux.Errno) { return 0, 0 }

// Ioctl implements vfs.Ioctler: random_ioctl in drivers/char/random.c.
func (Random) Ioctl(c *vfs.Ctx, _ *vfs.File, command uint32, _ uint64, _, out []byte) ([]byte, int64, linux.Errno) {
	switch command {
	case linux.RNDGETENTCNT:
		return append(out, 0, 1, 0, 0), 0, 0 // 256 bits: seeded
	case linux.RNDADDTOENTCNT, linux.RNDADDENTROPY, linux.RNDZAPENTCNT, linux.RNDCLEARPOOL, linux.RNDRESEEDCRNG:
		if !c.Capable(linux.CAP_SYS_ADMIN) {
			return out, 0, linux.EPERM
		}
		return out, 0, 0
	}
	return out, 0, linux.EINVAL
}

func extend(dst []byte, n int) (all, added []byte) {
	had := len(dst)
	if cap(dst)-had >= n {
		dst = dst[:had+n]
	} else {
		dst = append(dst, make([]byte, n)...)
	}
	return dst, dst[had:]
}
