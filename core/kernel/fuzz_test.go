package kernel

import (
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/core/platform/fake"
	"adyton.dev/adyton/core/strace"
	"adyton.dev/adyton/core/syscalls"
)

// maxCalls is how many calls one input makes.
const maxCalls = 40

// source takes an input apart. It gives zeros when there is no more.
type source struct{ data []byte }

func (s *source) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

func (s *source) word() (v uint64) {
	for range 8 {
		v = v<<8 | uint64(s.byte())
	}
	return v
}

// address is mostly one in the app's memory, often near an end.
func (s *source) address() uint64 {
	switch k := s.byte(); k % 8 {
	case 0:
		return 0
	case 1:
		return memoryAt + memoryLen - uint64(s.byte())
	case 2:
		return s.word()
	case 3:
		return ^uint64(0) - uint64(s.byte())
	default:
		return memoryAt + uint64(k/8)*512 + uint64(s.byte())
	}
}

// number is mostly small, or lies at an edge.
func (s *source) number() uint64 {
	edges := [...]uint64{1 << 31, 1<<31 - 1, 1<<32 - 1, 1 << 32, 1 << 63, 1<<63 - 1, ^uint64(0), ^uint64(99), 4096, 65536}
	switch k := s.byte(); {
	case k < 200:
		return uint64(k % 40)
	case k < 240:
		return edges[int(k)%len(edges)]
	}
	return s.word()
}

// argument makes one argument as its row says.
func (s *source) argument(a *strace.Arg) uint64 {
	switch a.Kind {
	case strace.Flags, strace.Enum:
		v := uint64(0)
		for range s.byte() % 3 {
			if len(a.Flags) > 0 {
				v |= a.Flags[int(s.byte())%len(a.Flags)].Value
			}
		}
		return v
	case strace.FD, strace.Uint, strace.Int, strace.Long, strace.Hex, strace.Octal, strace.Signal, strace.OpenFlags,
		strace.MmapFlags, strace.CloneFlags, strace.FutexOp, strace.DevNr:
		return s.number()
	case strace.DirFD:
		if s.byte()%2 == 0 {
			return uint64(0xffffff9c) // AT_FDCWD
		}
		return s.number()
	}
	return s.address()
}

// left out: they wait for a time of their own choosing, or end the run.
var leftOut = map[string]bool{"exit": true, "exit_group": true}

// FuzzDecode makes calls of every row with any arguments over any memory. The
// core must live: no panic, and no call that never lets the others run.
func FuzzDecode(f *testing.F) {
	rows := syscalls.Rows()
	f.Add([]byte("\x00some calls"))
	for i := range rows {
		f.Add([]byte{1, byte(i), byte(i >> 8), 200, 9, 3, 77, 40, 12, 250, 1, 2, 3, 4, 5, 6, 7, 8, 90, 7, 33, 120, 14})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &source{data: data}
		w := newWorld(t)
		uid := uint32(s.byte()%2) * 1000
		idle := 0
		w.Idle = func() {
			// All wait: a signal ends the first process, and with it the run.
			if idle++; idle > 3 {
				w.Stop()
				return
			}
			w.kernel.env.SignalFirst(linux.SIGKILL)
		}
		w.run(t, uid, func(th *fake.Thread) {
			memory := make([]byte, memoryLen)
			for i := range memory {
				if len(data) > 0 {
					memory[i] = data[(i*7+i>>9)%len(data)]
				}
			}
			th.Memory().Write(memoryAt, memory)
			text(th, 0, "/tmp/f")
			text(th, 512, "/proc/self/status")
			text(th, 1024, "d")
			for range maxCalls {
				if len(s.data) == 0 {
					break
				}
				r := &rows[(int(s.byte())|int(s.byte())<<8)%len(rows)]
				if leftOut[r.Name] {
					continue
				}
				var args [6]uint64
				for i := range r.Args {
					if i < len(args) {
						args[i] = s.argument(&r.Args[i])
					}
				}
				if _, ok := th.Call(uint64(nr[r.Name]), args[:]...); !ok && !th.Alive() {
					return
				}
			}
		})
	})
}
