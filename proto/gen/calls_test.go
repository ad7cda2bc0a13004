package gen

import (
	"fmt"
	"go/parser"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/coreapi"
	"adyton.dev/adyton/proto/gen/coverageapi"
	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/proto/gen/hostapi"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
)

// play decodes data by one contract and makes the calls on Noise, twice. It
// returns the calls as text and fails when something depends on more than data.
func play[S any, R interface {
	Equal(R) bool
	fmt.Stringer
}, C interface {
	Do(S) R
	GoString() string
}](decode func([]byte) []C, impl S) func(*testing.T, []byte) []string {
	return func(t *testing.T, data []byte) []string {
		var texts []string
		again := decode(data)
		for i, c := range decode(data) {
			text := c.GoString()
			if other := again[i].GoString(); other != text {
				t.Errorf("the same bytes give\n%s\nand\n%s", text, other)
			}
			if a, b := c.Do(impl), c.Do(impl); !a.Equal(b) || a.String() != b.String() {
				t.Errorf("%s answers %v, then %v", text, a, b)
			}
			if c.GoString() != text {
				t.Errorf("Do changed the call %s", text)
			}
			texts = append(texts, text)
		}
		return texts
	}
}

var plays = map[string]func(*testing.T, []byte) []string{
	"core":     play(coreapi.Calls, coreapi.Core(coreapi.Noise{})),
	"coverage": play(coverageapi.Calls, coverageapi.Coverage(coverageapi.Noise{})),
	"fs":       play(fsapi.Calls, fsapi.FS(fsapi.Noise{})),
	"host":     play(hostapi.Calls, hostapi.Host(hostapi.Noise{})),
	"ipc":      play(ipcapi.Calls, ipcapi.IPC(ipcapi.Noise{})),
	"mm":       play(mmapi.Calls, mmapi.MM(mmapi.Noise{})),
	"signal":   play(signalapi.Calls, signalapi.Signal(signalapi.Noise{})),
}

// FuzzCalls gives any bytes to every decoder: they must give at most 100 calls,
// always the same, that print as Go.
func FuzzCalls(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0})
	f.Add([]byte(strings.Repeat("\xff", 300)))
	f.Add([]byte(strings.Repeat("\xf8\x05", 300)))
	f.Add([]byte(strings.Repeat("\x00", 5000)))
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		data := make([]byte, 400)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		f.Add(data)
	}
	names := slices.Sorted(maps.Keys(plays))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1000 {
			data = data[:1000] // more is more of the same, and slow
		}
		for _, name := range names {
			play := plays[name]
			texts := play(t, data)
			if len(texts) > 100 {
				t.Errorf("%s: %d bytes give %d calls, want 100 at most", name, len(data), len(texts))
			}
			if len(data) > 0 && len(texts) == 0 {
				t.Errorf("%s: %d bytes give no call", name, len(data))
			}
			for _, text := range texts {
				if _, err := parser.ParseExpr(text); err != nil {
					t.Errorf("%s is no Go: %v", text, err)
				}
			}
		}
	})
}

// TestCallsMeetEachOther: handles are small and names few, or calls would
// hardly ever be about the same thing.
func TestCallsMeetEachOther(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	handles, small, paths, known := 0, 0, 0, 0
	for handles < 3000 || paths < 3000 {
		data := make([]byte, 4000)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		for _, c := range fsapi.Calls(data) {
			switch req := c.Req.(type) {
			case *fsapi.ReadRequest:
				handles++
				if req.Handle < 8 {
					small++
				}
			case *fsapi.MkdirRequest:
				paths++
				if len(strings.Trim(req.Place.Path, "abcdef./")) == 0 {
					known++
				}
				if len(req.Place.Path) > 4096 {
					t.Fatalf("path of %d bytes, want 4096 at most", len(req.Place.Path))
				}
			case *fsapi.WriteRequest:
				if len(req.Data) > 65536 {
					t.Fatalf("data of %d bytes, want 65536 at most", len(req.Data))
				}
			}
		}
	}
	if small < handles*6/10 {
		t.Errorf("%d of %d handles are below 8, want 6 of 10", small, handles)
	}
	if known < paths*9/10 {
		t.Errorf("%d of %d paths are of the usual names, want 9 of 10", known, paths)
	}
}

// forgetful keeps the reply that it was lent and scribbles over it later.
type forgetful struct {
	fsapi.Unimplemented
	last *fsapi.ReadReply
}

func (f *forgetful) scribble() {
	if f.last != nil && len(f.last.Data) > 0 {
		f.last.Data[0]++
	}
}

// TestResultsAreCopies: a fuzzer compares results after later calls were made.
func TestResultsAreCopies(t *testing.T) {
	impl := &forgetful{}
	read := fsapi.Call{Method: method("Read"), Req: &fsapi.ReadRequest{Count: 4}}
	first := read.Do(impl)
	want := first.String()
	impl.scribble()
	if got := first.String(); got != want || impl.last == nil {
		t.Errorf("result is %s after the next call, was %s", got, want)
	}
}

func (f *forgetful) Read(_ *fsapi.ReadRequest, rep *fsapi.ReadReply) linux.Errno {
	rep.Data = append(rep.Data, "data"...)
	f.last = rep
	return 0
}

func method(name string) *fsapi.Method {
	for i := range fsapi.Methods {
		if fsapi.Methods[i].Name == name {
			return &fsapi.Methods[i]
		}
	}
	return nil
}
