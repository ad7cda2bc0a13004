package client

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// once asks at once when the host is in this process, else by a ticket.
func once[Q, P any](c *Client, k *call[Q, P], req *Q, rep *P) (uint64, linux.Errno) {
	if c.now != nil {
		return 0, k.inline(c, c.host, req, rep)
	}
	return k.async(c, req, rep)
}

// Hello implements hostcalls.Host.
func (c *Client) Hello(req *hostapi.HelloRequest, rep *hostapi.HelloReply) (uint64, linux.Errno) {
	return once(c, helloCall, req, rep)
}

var helloCall = &call[hostapi.HelloRequest, hostapi.HelloReply]{
	name:   "Hello",
	do:     hostapi.Host.Hello,
	errnos: errnos(linux.EPROTO),
	check:  checkHello,
	equal:  (*hostapi.HelloRequest).Equal,
	clone:  (*hostapi.HelloRequest).Clone,
	copy:   (*hostapi.HelloReply).Clone,
	joins:  true,
}

// ClockRead implements hostcalls.Host.
func (c *Client) ClockRead(req *hostapi.ClockReadRequest, rep *hostapi.ClockReadReply) (uint64, linux.Errno) {
	return once(c, clockReadCall, req, rep)
}

var clockReadCall = &call[hostapi.ClockReadRequest, hostapi.ClockReadReply]{
	name:   "ClockRead",
	do:     hostapi.Host.ClockRead,
	errnos: errnos(),
	check:  checkClockRead,
	equal:  (*hostapi.ClockReadRequest).Equal,
	clone:  (*hostapi.ClockReadRequest).Clone,
	copy:   (*hostapi.ClockReadReply).Clone,
	timed:  true,
}

// Entropy implements hostcalls.Host.
func (c *Client) Entropy(req *hostapi.EntropyRequest, rep *hostapi.EntropyReply) (uint64, linux.Errno) {
	return once(c, entropyCall, req, rep)
}

var entropyCall = &call[hostapi.EntropyRequest, hostapi.EntropyReply]{
	name:   "Entropy",
	do:     hostapi.Host.Entropy,
	errnos: errnos(linux.EINVAL),
	check:  checkEntropy,
	data:   func(rep *hostapi.EntropyReply) *[]byte { return &rep.Data },
	equal:  (*hostapi.EntropyRequest).Equal,
	clone:  (*hostapi.EntropyRequest).Clone,
	copy:   (*hostapi.EntropyReply).Clone,
}

// FileOpen implements hostcalls.Host.
func (c *Client) FileOpen(req *hostapi.FileOpenRequest, rep *hostapi.FileOpenReply) (uint64, linux.Errno) {
	return once(c, fileOpenCall, req, rep)
}

var fileOpenCall = &call[hostapi.FileOpenRequest, hostapi.FileOpenReply]{
	name:   "FileOpen",
	do:     hostapi.Host.FileOpen,
	errnos: openErrnos,
	check:  checkFileOpen,
	equal:  (*hostapi.FileOpenRequest).Equal,
	clone:  (*hostapi.FileOpenRequest).Clone,
	copy:   (*hostapi.FileOpenReply).Clone,
	changes: func(req *hostapi.FileOpenRequest) subjects {
		switch {
		case req.Flags&linux.O_TRUNC != 0:
			return names | contents
		case req.Flags&linux.O_CREAT != 0:
			return names
		}
		return 0
	},
}

// FileStat implements hostcalls.Host.
func (c *Client) FileStat(req *hostapi.FileStatRequest, rep *hostapi.FileStatReply) (uint64, linux.Errno) {
	return once(c, fileStatCall, req, rep)
}

var fileStatCall = &call[hostapi.FileStatRequest, hostapi.FileStatReply]{
	name:   "FileStat",
	do:     hostapi.Host.FileStat,
	errnos: errnos(linux.EINVAL, linux.ENODEV, linux.EBADF),
	check:  checkFileStat,
	equal:  (*hostapi.FileStatRequest).Equal,
	clone:  (*hostapi.FileStatRequest).Clone,
	copy:   (*hostapi.FileStatReply).Clone,
	joins:  true,
	reads:  names,
}

// FileRead implements hostcalls.Host.
func (c *Client) FileRead(req *hostapi.FileReadRequest, rep *hostapi.FileReadReply) (uint64, linux.Errno) {
	return once(c, fileReadCall, req, rep)
}

var fileReadCall = &call[hostapi.FileReadRequest, hostapi.FileReadReply]{
	name:   "FileRead",
	do:     hostapi.Host.FileRead,
	errnos: errnos(linux.EBADF, linux.EINVAL, linux.EISDIR, linux.EOVERFLOW, linux.ENOMEM, linux.ESTALE),
	check:  checkFileRead,
	data:   func(rep *hostapi.FileReadReply) *[]byte { return &rep.Data },
	equal:  (*hostapi.FileReadRequest).Equal,
	clone:  (*hostapi.FileReadRequest).Clone,
	copy:   (*hostapi.FileReadReply).Clone,
	joins:  true,
	reads:  contents,
}

// FileWrite implements hostcalls.Host.
func (c *Client) FileWrite(req *hostapi.FileWriteRequest, rep *hostapi.FileWriteReply) (uint64, linux.Errno) {
	return once(c, fileWriteCall, req, rep)
}

var fileWriteCall = &call[hostapi.FileWriteRequest, hostapi.FileWriteReply]{
	name: "FileWrite",
	do:   hostapi.Host.FileWrite,
	errnos: errnos(linux.EBADF, linux.EINVAL, linux.EFBIG, linux.ENOSPC, linux.EDQUOT, linux.EPERM, linux.EROFS,
		linux.ENOMEM, linux.ESTALE, linux.ETXTBSY),
	check:   checkFileWrite,
	equal:   (*hostapi.FileWriteRequest).Equal,
	clone:   (*hostapi.FileWriteRequest).Clone,
	copy:    (*hostapi.FileWriteReply).Clone,
	changes: func(*hostapi.FileWriteRequest) subjects { return names | contents },
}

// FileSetAttr implements hostcalls.Host.
func (c *Client) FileSetAttr(req *hostapi.FileSetAttrRequest, rep *hostapi.FileSetAttrReply) (uint64, linux.Errno) {
	return once(c, fileSetAttrCall, req, rep)
}

var fileSetAttrCall = &call[hostapi.FileSetAttrRequest, hostapi.FileSetAttrReply]{
	name: "FileSetAttr",
	do:   hostapi.Host.FileSetAttr,
	errnos: pathErrnos.with(linux.EBADF, linux.EPERM, linux.EROFS, linux.EISDIR, linux.EFBIG, linux.ENOSPC, linux.EDQUOT,
		linux.EOPNOTSUPP, linux.ETXTBSY),
	check: checkFileSetAttr,
	equal: (*hostapi.FileSetAttrRequest).Equal,
	clone: (*hostapi.FileSetAttrRequest).Clone,
	copy:  (*hostapi.FileSetAttrReply).Clone,
	changes: func(req *hostapi.FileSetAttrRequest) subjects {
		if req.Valid&validSize != 0 {
			return names | contents
		}
		return names
	},
}

// FileList implements hostcalls.Host.
func (c *Client) FileList(req *hostapi.FileListRequest, rep *hostapi.FileListReply) (uint64, linux.Errno) {
	return once(c, fileListCall, req, rep)
}

var fileListCall = &call[hostapi.FileListRequest, hostapi.FileListReply]{
	name:   "FileList",
	do:     hostapi.Host.FileList,
	errnos: pathErrnos.with(linux.EMFILE, linux.ENFILE, linux.EPERM),
	check:  checkFileList,
	equal:  (*hostapi.FileListRequest).Equal,
	clone:  (*hostapi.FileListRequest).Clone,
	copy:   (*hostapi.FileListReply).Clone,
	joins:  true,
	reads:  names,
}

// FileSync implements hostcalls.Host. It gives a ticket also when the host is
// in this process: a disk takes its time.
func (c *Client) FileSync(req *hostapi.FileSyncRequest, rep *hostapi.FileSyncReply) (uint64, linux.Errno) {
	return fileSyncCall.async(c, req, rep)
}

var fileSyncCall = &call[hostapi.FileSyncRequest, hostapi.FileSyncReply]{
	name:   "FileSync",
	do:     hostapi.Host.FileSync,
	errnos: errnos(linux.EBADF, linux.EINVAL, linux.ENOSPC, linux.EDQUOT, linux.EROFS, linux.ESTALE),
	check:  func(*Client, *hostapi.FileSyncRequest, *hostapi.FileSyncReply, times) error { return nil },
	equal:  (*hostapi.FileSyncRequest).Equal,
	clone:  (*hostapi.FileSyncRequest).Clone,
	copy:   (*hostapi.FileSyncReply).Clone,
	slow:   true,
}

// FileAllocate implements hostcalls.Host.
func (c *Client) FileAllocate(req *hostapi.FileAllocateRequest, rep *hostapi.FileAllocateReply) (uint64, linux.Errno) {
	return once(c, fileAllocateCall, req, rep)
}

var fileAllocateCall = &call[hostapi.FileAllocateRequest, hostapi.FileAllocateReply]{
	name: "FileAllocate",
	do:   hostapi.Host.FileAllocate,
	errnos: errnos(linux.EBADF, linux.EINVAL, linux.EFBIG, linux.ENOSPC, linux.EDQUOT, linux.EPERM, linux.EROFS, linux.ENODEV,
		linux.EISDIR, linux.EOPNOTSUPP, linux.ENOMEM, linux.ESTALE, linux.ETXTBSY, linux.EINTR, linux.ENOSYS),
	check:   checkFileAllocate,
	equal:   (*hostapi.FileAllocateRequest).Equal,
	clone:   (*hostapi.FileAllocateRequest).Clone,
	copy:    (*hostapi.FileAllocateReply).Clone,
	changes: func(*hostapi.FileAllocateRequest) subjects { return names | contents },
}

// FileXattr implements hostcalls.Host.
func (c *Client) FileXattr(req *hostapi.FileXattrRequest, rep *hostapi.FileXattrReply) (uint64, linux.Errno) {
	return once(c, fileXattrCall, req, rep)
}

var fileXattrCall = &call[hostapi.FileXattrRequest, hostapi.FileXattrReply]{
	name: "FileXattr",
	do:   hostapi.Host.FileXattr,
	errnos: pathErrnos.with(linux.EBADF, linux.EPERM, linux.EROFS, linux.EEXIST, linux.ENODATA, linux.ENOSPC, linux.EDQUOT,
		linux.E2BIG, linux.ERANGE, linux.EOPNOTSUPP),
	check: checkFileXattr,
	data:  func(rep *hostapi.FileXattrReply) *[]byte { return &rep.Value },
	equal: (*hostapi.FileXattrRequest).Equal,
	clone: (*hostapi.FileXattrRequest).Clone,
	copy:  (*hostapi.FileXattrReply).Clone,
	changes: func(req *hostapi.FileXattrRequest) subjects {
		if req.Kind == hostapi.XattrKindSet || req.Kind == hostapi.XattrKindRemove {
			return names
		}
		return 0
	},
}

// NameOp implements hostcalls.Host.
func (c *Client) NameOp(req *hostapi.NameOpRequest, rep *hostapi.NameOpReply) (uint64, linux.Errno) {
	return once(c, nameOpCall, req, rep)
}

var nameOpCall = &call[hostapi.NameOpRequest, hostapi.NameOpReply]{
	name: "NameOp",
	do:   hostapi.Host.NameOp,
	errnos: pathErrnos.with(linux.EPERM, linux.EROFS, linux.EEXIST, linux.ENOTEMPTY, linux.EISDIR, linux.EBUSY, linux.EMLINK,
		linux.ENOSPC, linux.EDQUOT, linux.EOPNOTSUPP),
	check:   checkNameOp,
	equal:   (*hostapi.NameOpRequest).Equal,
	clone:   (*hostapi.NameOpRequest).Clone,
	copy:    (*hostapi.NameOpReply).Clone,
	changes: func(*hostapi.NameOpRequest) subjects { return names },
}

// Console implements hostcalls.Host.
func (c *Client) Console(req *hostapi.ConsoleRequest, rep *hostapi.ConsoleReply) (uint64, linux.Errno) {
	if _, ok := c.now.(patient); ok || c.now == nil || c.flights.has(func(f *flight) bool {
		return f.done && f.call == any(consoleCall) && f.req.(*hostapi.ConsoleRequest).Equal(req)
	}) {
		return consoleCall.async(c, req, rep)
	}
	switch e := consoleNowCall.inline(c, c.now, req, rep); {
	case e != linux.EWAIT:
		return 0, e
	case req.Nowait && req.Kind != hostapi.ConsoleKindSetTermios:
		return 0, linux.EAGAIN
	}
	return consoleCall.async(c, req, rep)
}

var consoleCall = &call[hostapi.ConsoleRequest, hostapi.ConsoleReply]{
	name:   "Console",
	do:     hostapi.Host.Console,
	errnos: consoleErrnos,
	check:  checkConsole,
	data:   func(rep *hostapi.ConsoleReply) *[]byte { return &rep.Data },
	equal:  (*hostapi.ConsoleRequest).Equal,
	clone:  (*hostapi.ConsoleRequest).Clone,
	copy:   (*hostapi.ConsoleReply).Clone,
	slow:   true,
}

// consoleNowCall is consoleCall for a host that says when it would wait.
var consoleNowCall = &call[hostapi.ConsoleRequest, hostapi.ConsoleReply]{
	name: "Console",
	do: func(h hostapi.Host, req *hostapi.ConsoleRequest, rep *hostapi.ConsoleReply) linux.Errno {
		return h.(nowHost).ConsoleNow(req, rep)
	},
	errnos: consoleErrnos.with(linux.EWAIT),
	check:  checkConsole,
	data:   consoleCall.data,
}

// Wait implements hostcalls.Host.
func (c *Client) Wait(req *hostapi.WaitRequest, rep *hostapi.WaitReply) (uint64, linux.Errno) {
	if c.now != nil && req.TimeoutNs == 0 {
		return 0, waitCall.inline(c, c.host, req, rep)
	}
	return waitCall.async(c, req, rep)
}

var waitCall = &call[hostapi.WaitRequest, hostapi.WaitReply]{
	name:   "Wait",
	do:     hostapi.Host.Wait,
	errnos: errnos(linux.EINVAL, linux.ENOMEM, linux.EBADF),
	check:  checkWait,
	equal:  (*hostapi.WaitRequest).Equal,
	clone:  (*hostapi.WaitRequest).Clone,
	copy:   (*hostapi.WaitReply).Clone,
	joins:  true,
	slow:   true,
}

// Close implements hostcalls.Host.
func (c *Client) Close(req *hostapi.CloseRequest, rep *hostapi.CloseReply) (uint64, linux.Errno) {
	ticket, e := once(c, closeCall, req, rep)
	if e != linux.EWAIT {
		c.drop(req.Handles)
	}
	return ticket, e
}

var closeCall = &call[hostapi.CloseRequest, hostapi.CloseReply]{
	name:   "Close",
	do:     hostapi.Host.Close,
	errnos: errnos(linux.EBADF),
	check:  func(*Client, *hostapi.CloseRequest, *hostapi.CloseReply, times) error { return nil },
	equal:  (*hostapi.CloseRequest).Equal,
	clone:  (*hostapi.CloseRequest).Clone,
	copy:   (*hostapi.CloseReply).Clone,
}
