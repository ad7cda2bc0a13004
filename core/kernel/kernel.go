// Package kernel puts the parts together: platform, decoder, tasks and the four
// subsystems. It is imported by cmd only and holds no behaviour of its own.
package kernel

import (
	"encoding/binary"
	"os"
	"sync/atomic"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/fdtable"
	"adyton.dev/adyton/core/platform"
	"adyton.dev/adyton/core/platform/leader"
	"adyton.dev/adyton/core/syscalls"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// Machine is a platform with the leader that runs its handlers.
type Machine interface {
	platform.Platform
	Leader() *leader.Leader
}

// Parts are what a kernel is made of.
type Parts struct {
	Machine Machine
	FS      fsapi.FS
	MM      mmapi.MM
	Signal  signalapi.Signal
	IPC     ipcapi.IPC
	// Claims are the subsystems' own, in any order.
	Claims [][]coverage.Claim
	Config syscalls.Config
}

// Kernel is one instance; make it with New and call Run once.
type Kernel struct {
	env    *syscalls.Env
	parts  Parts
	booted atomic.Bool
}

// New checks the claims and wires the parts. Errors tell the operator.
func New(p Parts) (*Kernel, error) {
	env, err := syscalls.NewEnv(append([][]coverage.Claim{syscalls.Claims}, p.Claims...)...)
	if err != nil {
		return nil, err
	}
	env.FS, env.MM, env.Signal, env.IPC, env.Config = p.FS, p.MM, p.Signal, p.IPC, p.Config
	env.Config.HWCap, env.Config.HWCap2 = hwcaps()
	env.Attach(p.Machine, p.Machine.Leader())
	return &Kernel{env: env, parts: p}, nil
}

// Env gives the decoder's state, for reports.
func (k *Kernel) Env() *syscalls.Env { return k.env }

// TicketDone is told by the host client, on any goroutine, that an answer for
// fs has come.
func (k *Kernel) TicketDone(ticket uint64) {
	k.parts.Machine.Leader().Post(func() { k.env.TicketDone(fdtable.FS, ticket) })
}

// Run starts the first program and returns its wait status when it has ended.
func (k *Kernel) Run(first *syscalls.First) (int32, error) {
	var start error
	m := k.parts.Machine
	k.env.StartWatch()
	err := m.Run(k.env, func() {
		if start = k.env.Boot(first); start != nil {
			m.Stop()
			return
		}
		k.booted.Store(true)
	})
	if start != nil {
		return 0, start
	}
	return k.env.Status(), err
}

// Booted reports whether the first program runs.
func (k *Kernel) Booted() bool { return k.booted.Load() }

// hwcaps reads what the host's kernel tells programs of the processor.
func hwcaps() (hwcap, hwcap2 uint64) {
	const (
		atHWCap, atHWCap2 = 16, 26
		fsgsbase          = 2 // GS is the platform's
	)
	b, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return 0, 0
	}
	for ; len(b) >= 16; b = b[16:] {
		v := binary.LittleEndian.Uint64(b[8:])
		switch binary.LittleEndian.Uint64(b) {
		case atHWCap:
			hwcap = v
		case atHWCap2:
			hwcap2 = v &^ fsgsbase
		}
	}
	return hwcap, hwcap2
}

// Machine gives the platform, for reports.
func (k *Kernel) Machine() Machine { return k.parts.Machine }

// Signal sends the first process a signal from outside: on any goroutine.
func (k *Kernel) Signal(signo int32) {
	k.parts.Machine.Leader().Post(func() { k.env.SignalFirst(signo) })
}
