// Package hostcalls is the enclave boundary as the inside sees it: the only way
// out. Package client implements Host and checks every reply; package server is
// the untrusted side; package hostile is a server that lies.
//
// Nobody inside blocks on the host. A call answers at once from what has come,
// or it starts the request and gives a ticket.
package hostcalls

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// Host asks the untrusted host. Its calls are those of adyton.host.v1.
//
// A call that gives linux.EWAIT has been started and has no reply yet; ticket
// says when. When OnDone has announced the ticket, ask the same again, with an
// equal request: that answers, and forgets the answer. With any other errno the
// ticket is 0 and the call is over. A request must be asked again only after
// its ticket was announced, else a call that changes something happens twice.
//
// A reply has been checked: what a lying host could do wrong gives EIO, and the
// operator hears of it. The host can still say of its own files what it likes.
//
// Request and reply are lent for the call. A reply arrives zeroed, but for
// buffers to append to. All methods are safe for concurrent use.
type Host interface {
	// Hello gives the names of the exported roots, which others name by index,
	// and the most data that one request or reply may carry, in bytes.
	Hello(*hostapi.HelloRequest, *hostapi.HelloReply) (ticket uint64, e linux.Errno)
	// ClockRead reads the host's clocks. Monotonic and boot time never step
	// back, whatever the host says.
	ClockRead(*hostapi.ClockReadRequest, *hostapi.ClockReadReply) (ticket uint64, e linux.Errno)
	// Entropy appends exactly Count bytes that the host may know.
	Entropy(*hostapi.EntropyRequest, *hostapi.EntropyReply) (ticket uint64, e linux.Errno)

	// FileOpen opens a file and binds it to req.Handle, a fresh number from
	// NewHandle. Errors: those of open(2); EXDEV and ELOOP for a path that
	// leaves its root or meets a symbolic link; EROFS.
	FileOpen(*hostapi.FileOpenRequest, *hostapi.FileOpenReply) (ticket uint64, e linux.Errno)
	// FileStat gives the attributes of all paths, then of all handles, in the
	// order asked. One that fails says so in its AttrErrno.
	FileStat(*hostapi.FileStatRequest, *hostapi.FileStatReply) (ticket uint64, e linux.Errno)
	// FileRead appends the extents one after the other. Fewer bytes than asked
	// is the end of the file.
	FileRead(*hostapi.FileReadRequest, *hostapi.FileReadReply) (ticket uint64, e linux.Errno)
	// FileWrite writes at an offset, or at the end; Size is the file's size
	// afterwards, in bytes.
	FileWrite(*hostapi.FileWriteRequest, *hostapi.FileWriteReply) (ticket uint64, e linux.Errno)
	// FileSetAttr changes the attributes named in Valid, of a handle unless it
	// is 0, else of a path, whose last component is not followed.
	FileSetAttr(*hostapi.FileSetAttrRequest, *hostapi.FileSetAttrReply) (ticket uint64, e linux.Errno)
	// FileList appends the entries after the name in After, sorted by byte.
	FileList(*hostapi.FileListRequest, *hostapi.FileListReply) (ticket uint64, e linux.Errno)
	// FileSync serves fsync and fdatasync.
	FileSync(*hostapi.FileSyncRequest, *hostapi.FileSyncReply) (ticket uint64, e linux.Errno)
	// FileAllocate serves fallocate. Errors: those of fallocate(2).
	FileAllocate(*hostapi.FileAllocateRequest, *hostapi.FileAllocateReply) (ticket uint64, e linux.Errno)
	// FileXattr reads, lists, sets or removes extended attributes of users.
	// Errors: those of setxattr(2); EOPNOTSUPP for other names.
	FileXattr(*hostapi.FileXattrRequest, *hostapi.FileXattrReply) (ticket uint64, e linux.Errno)
	// NameOp changes names. Attr is that of the file made; zero for unlink,
	// rmdir and rename.
	NameOp(*hostapi.NameOpRequest, *hostapi.NameOpReply) (ticket uint64, e linux.Errno)

	// Console reads, writes, or asks a standard stream. A read that finds
	// nothing waits, by a ticket.
	Console(*hostapi.ConsoleRequest, *hostapi.ConsoleReply) (ticket uint64, e linux.Errno)
	// Wait waits for events of streams, by a ticket unless TimeoutNs is 0.
	Wait(*hostapi.WaitRequest, *hostapi.WaitReply) (ticket uint64, e linux.Errno)
	// Close releases handles. One that is not open is passed over.
	Close(*hostapi.CloseRequest, *hostapi.CloseReply) (ticket uint64, e linux.Errno)

	// NewHandle gives a number that was never used on this connection.
	NewHandle() uint64
	// Descriptor gives the host's own descriptor of a handle, so that its pages
	// can be mapped without a copy: one to read only or, of a handle opened
	// with O_RDWR, one to write too. It belongs to the host: duplicate it to
	// keep it past Close. Not every connection has one to give; ok is false
	// then.
	Descriptor(handle uint64, writable bool) (fd int, ok bool)
}

// OnDone hears that the answer for a ticket has come. It may be called on any
// goroutine, also before the call that gave the ticket has returned; it must
// not block and must not call the Host.
type OnDone func(ticket uint64)
