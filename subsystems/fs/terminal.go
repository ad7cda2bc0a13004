package fs

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// OpenConsole implements fsapi.FS.
func (f *FS) OpenConsole(req *fsapi.OpenConsoleRequest, rep *fsapi.OpenConsoleReply) linux.Errno {
	return linux.ENXIO
}

// SetTerminal implements fsapi.FS.
func (f *FS) SetTerminal(req *fsapi.SetTerminalRequest, rep *fsapi.SetTerminalReply) linux.Errno {
	return linux.ENOTTY
}
