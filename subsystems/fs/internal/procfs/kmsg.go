package procfs

import (
	"bytes"
	"slices"
	"strconv"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs/internal/vfs"
)

// Log is the driver of /dev/kmsg: the core has the records, each open file a
// place among them (kernel/printk/printk.c, devkmsg_*).
type Log struct {
	p     *FS
	files []*vfs.File
	// count is how many records there are, as last heard.
	count int
}

// logReader is an open /dev/kmsg. next is the record that it reads next; after
// a seek to the end or to what dmesg shows, whence says so until the next read.
type logReader struct {
	*Log
	next   int
	whence uint32
}

// NewLog gives the log of the core that p asks.
func NewLog(p *FS) *Log { return &Log{p: p} }

// Open makes file a reader from the first record on.
func (l *Log) Open(file *vfs.File) {
	file.Stream = &logReader{Log: l}
	file.Pollable = true
	l.files = append(l.files, file)
}

// Close implements vfs.Closer.
func (r *logReader) Close(_ *vfs.Ctx, f *vfs.File) {
	r.files = slices.DeleteFunc(r.files, func(x *vfs.File) bool { return x == f })
}

// Read implements vfs.Stream: one record a call, EINVAL when it does not fit.
func (r *logReader) Read(c *vfs.Ctx, f *vfs.File, _ int64, n int, dst []byte) ([]byte, linux.Errno) {
	if r.p.Core == nil {
		return dst, 0
	}
	rep, e := ask(c, r, r.p.Core.Text, &coreapi.TextRequest{Name: "kmsg"})
	if e != 0 {
		return dst, e
	}
	first, rest, _ := bytes.Cut(rep.Data, []byte("\n"))
	cleared, _ := strconv.Atoi(string(first))
	records := bytes.SplitAfter(rest, []byte("\n"))
	r.count = len(records) - 1 // the last is what follows the last newline
	switch r.whence {
	case linux.SEEK_DATA:
		r.next = cleared
	case linux.SEEK_END:
		r.next = r.count
	}
	r.whence = linux.SEEK_SET
	if r.next >= r.count {
		return dst, c.WaitFor(f.Handle, linux.POLLIN)
	}
	record := records[r.next]
	if len(record) > n {
		return dst, linux.EINVAL
	}
	r.next++
	return append(dst, record...), 0
}

// Write implements vfs.Stream.
func (r *logReader) Write(c *vfs.Ctx, _ *vfs.File, _ int64, p []byte) (int, linux.Errno) {
	if r.p.Core == nil {
		return len(p), 0
	}
	if _, e := ask(c, r, r.p.Core.SetText, &coreapi.SetTextRequest{Name: "kmsg", Data: slices.Clone(p), Caps: c.Cred.Caps}); e != 0 {
		return 0, e
	}
	r.count++
	for _, f := range r.files {
		f.Generation++
		level := uint32(linux.POLLIN | linux.POLLRDNORM)
		c.Ready = append(c.Ready, fsapi.Ready{Handle: f.Handle, Level: level, Generation: f.Generation})
	}
	return len(p), 0
}

// Poll implements vfs.Poller. The record of the start is always there.
func (r *logReader) Poll(_ *vfs.Ctx, f *vfs.File) (uint32, uint64) {
	if r.whence != linux.SEEK_END && r.next < max(1, r.count) {
		return linux.POLLIN | linux.POLLRDNORM, f.Generation
	}
	return 0, f.Generation
}

// Seek implements vfs.Seeker: to the first record, to what dmesg -C left, or
// past the last.
func (r *logReader) Seek(_ *vfs.File, offset int64, whence uint32, _ int64) (int64, linux.Errno) {
	if offset != 0 {
		return 0, linux.ESPIPE
	}
	switch whence {
	case linux.SEEK_SET, linux.SEEK_DATA, linux.SEEK_END:
		r.next, r.whence = 0, whence
		return 0, 0
	}
	return 0, linux.EINVAL
}
