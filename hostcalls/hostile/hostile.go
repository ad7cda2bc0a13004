// Package hostile is a host that lies. It wraps an honest one and spoils its
// replies by a script: one lie at a time for tests of the client, or lies at
// random for runs of the whole kernel. Nothing that it says may be believed,
// crash the kernel or change what is inside.
//
// Lies that no check can see (other contents of its own files, a plausible
// time) are not in the table: against those an app needs sealed images.
package hostile

import (
	"math/rand/v2"
	"slices"
	"sync"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/hostapi"
)

// Lie is one way to answer that no honest host has.
type Lie struct {
	// Call is the rpc that it answers, Name says how, in a word.
	Call, Name string
	// Request is an honest request to tell it to. Handle 1 is an open file of
	// some bytes, "file" its path; "dir" is a directory with two files.
	Request any
	// spoil makes the honest reply a lie and returns its errno. Request and
	// reply have the types of Call. A call that failed is not spoiled, but by
	// lies about the errno.
	spoil func(req, rep any) linux.Errno
	errno bool
	// fits says whether it can be told to a request; nil: to any.
	fits func(req any) bool
}

// Host lies for another host. It implements hostapi.Host.
type Host struct {
	honest hostapi.Host

	mu     sync.Mutex // guards all below
	script func(call string, req any) *Lie
	told   int
}

// New returns a host that is honest until told otherwise.
func New(honest hostapi.Host) *Host { return &Host{honest: honest} }

// Tell makes the host tell one lie whenever it can; nil makes it honest again.
func (h *Host) Tell(l *Lie) {
	h.follow(func(call string, req any) *Lie {
		if l != nil && l.answers(call, req) {
			return l
		}
		return nil
	})
}

// TellAny makes the host tell some lie in one of every oneIn calls, by chance.
// The same seed and the same calls give the same lies.
func (h *Host) TellAny(seed uint64, oneIn int) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	h.follow(func(call string, req any) *Lie {
		if rnd.IntN(oneIn) != 0 {
			return nil
		}
		lies := slices.DeleteFunc(slices.Clone(Lies), func(l Lie) bool { return !l.answers(call, req) })
		return &lies[rnd.IntN(len(lies))] // never empty: errno lies fit every call
	})
}

func (h *Host) follow(script func(string, any) *Lie) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.script = script
}

// Told says how many lies were told.
func (h *Host) Told() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.told
}

func (l *Lie) answers(call string, req any) bool {
	return l.Call == call && (l.fits == nil || l.fits(req))
}

func (h *Host) next(call string, req any) *Lie {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.script == nil {
		return nil
	}
	return h.script(call, req)
}

// answer asks the honest host and spoils what it says. What the call did was
// done: a lie is about the answer.
func answer[Q, P any](h *Host, call string, do func(hostapi.Host, *Q, *P) linux.Errno, req *Q, rep *P) linux.Errno {
	l := h.next(call, req)
	e := do(h.honest, req, rep)
	if l == nil || e != 0 && !l.errno {
		return e
	}
	h.mu.Lock()
	h.told++
	h.mu.Unlock()
	return l.spoil(req, rep)
}

// Hello implements hostapi.Host; so do the others.
func (h *Host) Hello(req *hostapi.HelloRequest, rep *hostapi.HelloReply) linux.Errno {
	return answer(h, "Hello", hostapi.Host.Hello, req, rep)
}

func (h *Host) ClockRead(req *hostapi.ClockReadRequest, rep *hostapi.ClockReadReply) linux.Errno {
	return answer(h, "ClockRead", hostapi.Host.ClockRead, req, rep)
}

func (h *Host) Entropy(req *hostapi.EntropyRequest, rep *hostapi.EntropyReply) linux.Errno {
	return answer(h, "Entropy", hostapi.Host.Entropy, req, rep)
}

func (h *Host) FileOpen(req *hostapi.FileOpenRequest, rep *hostapi.FileOpenReply) linux.Errno {
	return answer(h, "FileOpen", hostapi.Host.FileOpen, req, rep)
}

func (h *Host) FileStat(req *hostapi.FileStatRequest, rep *hostapi.FileStatReply) linux.Errno {
	return answer(h, "FileStat", hostapi.Host.FileStat, req, rep)
}

func (h *Host) FileRead(req *hostapi.FileReadRequest, rep *hostapi.FileReadReply) linux.Errno {
	return answer(h, "FileRead", hostapi.Host.FileRead, req, rep)
}

func (h *Host) FileWrite(req *hostapi.FileWriteRequest, rep *hostapi.FileWriteReply) linux.Errno {
	return answer(h, "FileWrite", hostapi.Host.FileWrite, req, rep)
}

func (h *Host) FileSetAttr(req *hostapi.FileSetAttrRequest, rep *hostapi.FileSetAttrReply) linux.Errno {
	return answer(h, "FileSetAttr", hostapi.Host.FileSetAttr, req, rep)
}

func (h *Host) FileList(req *hostapi.FileListRequest, rep *hostapi.FileListReply) linux.Errno {
	return answer(h, "FileList", hostapi.Host.FileList, req, rep)
}

func (h *Host) FileAllocate(req *hostapi.FileAllocateRequest, rep *hostapi.FileAllocateReply) linux.Errno {
	return answer(h, "FileAllocate", hostapi.Host.FileAllocate, req, rep)
}

// FileXattr implements hostapi.Host.
func (h *Host) FileXattr(req *hostapi.FileXattrRequest, rep *hostapi.FileXattrReply) linux.Errno {
	return answer(h, "FileXattr", hostapi.Host.FileXattr, req, rep)
}

// FileSync implements hostapi.Host.
func (h *Host) FileSync(req *hostapi.FileSyncRequest, rep *hostapi.FileSyncReply) linux.Errno {
	return answer(h, "FileSync", hostapi.Host.FileSync, req, rep)
}

func (h *Host) NameOp(req *hostapi.NameOpRequest, rep *hostapi.NameOpReply) linux.Errno {
	return answer(h, "NameOp", hostapi.Host.NameOp, req, rep)
}

func (h *Host) Console(req *hostapi.ConsoleRequest, rep *hostapi.ConsoleReply) linux.Errno {
	return answer(h, "Console", hostapi.Host.Console, req, rep)
}

func (h *Host) Wait(req *hostapi.WaitRequest, rep *hostapi.WaitReply) linux.Errno {
	return answer(h, "Wait", hostapi.Host.Wait, req, rep)
}

func (h *Host) Close(req *hostapi.CloseRequest, rep *hostapi.CloseReply) linux.Errno {
	return answer(h, "Close", hostapi.Host.Close, req, rep)
}
