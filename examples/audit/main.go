// Command audit is an ipc plugin that answers as Adyton's own ipc does and
// writes a line for every connection and every System V segment to a file
// (default: standard error):
//
//	adyton run --ipc='plugin:./audit?arg=audit.log' -- PROGRAM
//
// It is a module of its own and imports only what any plugin may:
// proto/gen/*api and *wire (the contract), core/plugin (the process around it),
// core/linux (errnos and constants), core/coverage (claims), and here the linked
// implementation that it builds on.
package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"google.golang.org/grpc"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/plugin"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/ipcwire"
	"adyton.dev/adyton/subsystems/ipc"
)

// audit answers what it does not override by what is embedded.
type audit struct {
	ipcapi.IPC
	log *slog.Logger
}

func (a *audit) Connect(req *ipcapi.ConnectRequest, rep *ipcapi.ConnectReply) linux.Errno {
	e := a.IPC.Connect(req, rep)
	a.log.Info("connect", "uid", req.Cred.Uid, "pid", req.Cred.Pid, "address", fmt.Sprintf("%x", req.Address), "errno", e.Error())
	return e
}

func (a *audit) ShmGet(req *ipcapi.ShmGetRequest, rep *ipcapi.ShmGetReply) linux.Errno {
	e := a.IPC.ShmGet(req, rep)
	a.log.Info("shmget", "uid", req.Cred.Uid, "pid", req.Cred.Pid, "key", req.Key, "size", req.Size, "errno", e.Error())
	return e
}

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

func serve() error {
	var to io.Writer = os.Stderr
	if len(os.Args) > 1 {
		f, err := os.OpenFile(os.Args[1], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		to = f
	}
	inner, err := ipc.New(ipc.Config{})
	if err != nil {
		return err
	}
	a := &audit{inner, slog.New(slog.NewTextHandler(to, nil))}
	about := plugin.About{Kind: "ipc", Name: "audit", Version: "1", Claims: ipc.Claims}
	plugin.Serve(about, func(s *grpc.Server, _ coreapi.Core) { ipcwire.Register(s, a) })
	return nil
}
