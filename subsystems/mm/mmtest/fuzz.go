package mmtest

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/mmapi"
)

// Small spaces, so that calls meet.
const (
	fuzzPages = 1200
	fuzzHigh  = low + fuzzPages*page
	fuzzTop   = fuzzHigh - 40*page
)

// Fuzz plays the same calls on an implementation and on the model, and stops at
// the first answer that differs. The ops are done on a Host, which must then
// agree with the areas. open gives an implementation with so many areas at
// most, and with or without huge pages.
func Fuzz(f *testing.F, open func(t *testing.T, maxAreas int, huge bool) mmapi.MM) {
	for i := byte(0); i < 40; i++ {
		seed := make([]byte, 600)
		for k := range seed {
			seed[k] = byte(int(i)*131 + k*k*7 + k>>3*int(i+3))
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { Play(t, data, open) })
}

// Play is one round of Fuzz.
func Play(t *testing.T, data []byte, open func(t *testing.T, maxAreas int, huge bool) mmapi.MM) {
	if len(data) == 0 {
		return
	}
	maxAreas := 65530
	if data[0]&6 == 0 {
		maxAreas = 24
	}
	// Both at once would count areas that only the host has.
	huge := data[0]&1 != 0 && maxAreas > 24
	p := &player{t: t, impl: open(t, maxAreas, huge), model: NewModel(maxAreas, huge), spaces: make(map[uint64]*played)}
	p.do("NewSpace", &mmapi.NewSpaceRequest{})
	// Calls reads 100 calls at most, so feed it in pieces.
	for piece := range slices.Chunk(data[1:], 1000) {
		for _, c := range mmapi.Calls(piece) {
			p.do(c.Method.Name, c.Req)
			if t.Failed() {
				return
			}
		}
	}
}

// player is one run of Fuzz.
type player struct {
	t           *testing.T
	impl, model mmapi.MM
	spaces      map[uint64]*played
	log         []mmapi.Call
	// salt makes equal numbers of later calls other ones.
	salt uint64
}

// played is what a run knows of a space.
type played struct {
	host *Host
	refs map[uint64]int64
	ops  []mmapi.Op // of the last change
	// taken says that ops can be taken back.
	taken bool
}

// do makes one call, tamed, on both sides.
func (p *player) do(name string, req any) {
	p.salt++
	if !p.tame(req) {
		return
	}
	if r, ok := req.(*mmapi.RevertRequest); ok {
		s := p.spaces[r.Space]
		if s == nil || !s.taken || len(s.ops) == 0 {
			return
		}
		r.Ops = s.ops
	}
	var method *mmapi.Method
	for i := range mmapi.Methods {
		if mmapi.Methods[i].Name == name {
			method = &mmapi.Methods[i]
		}
	}
	call := mmapi.Call{Method: method, Req: req}
	p.log = append(p.log, call)
	got, want := call.Do(p.impl), call.Do(p.model)
	ops := takeOps(got.Reply)
	takeOps(want.Reply)
	takeFields(got.Reply)
	takeFields(want.Reply)
	if !got.Equal(want) {
		p.fail(fmt.Sprintf("got  %v\nwant %v", got, want))
		return
	}
	p.follow(req, got, ops)
}

// fail prints what differs and the calls up to there, those on the space of the
// last one only.
func (p *player) fail(what string) {
	space := func(c mmapi.Call) uint64 {
		f := reflect.ValueOf(c.Req).Elem().FieldByName("Space")
		if !f.IsValid() {
			return 0
		}
		return f.Uint()
	}
	last := space(p.log[len(p.log)-1])
	var b strings.Builder
	for _, c := range p.log {
		if s := space(c); s == last || s == 0 || c.Method.Name == "ForkSpace" {
			b.WriteString(c.GoString() + "\n")
		}
	}
	p.t.Errorf("%s\nafter\n%s", what, b.String())
}

// takeOps takes the ops out of a reply.
func takeOps(reply any) []mmapi.Op {
	f := reflect.ValueOf(reply).Elem().FieldByName("Ops")
	if !f.IsValid() {
		return nil
	}
	ops := f.Interface().([]mmapi.Op)
	f.SetZero()
	return ops
}

// takeFields puts references in order, and drops an empty list.
func takeFields(reply any) {
	f := reflect.ValueOf(reply).Elem().FieldByName("Files")
	if !f.IsValid() {
		return
	}
	if files, ok := f.Interface().([]mmapi.FileRef); ok {
		slices.SortFunc(files, func(a, b mmapi.FileRef) int { return cmp.Compare(a.File, b.File) })
		if len(files) == 0 {
			f.SetZero()
		}
	}
}

// follow does the ops and checks the space of the call.
func (p *player) follow(req any, got mmapi.Result, ops []mmapi.Op) {
	var id uint64
	if f := reflect.ValueOf(req).Elem().FieldByName("Space"); f.IsValid() {
		id = f.Uint()
	}
	s := p.spaces[id]
	switch r := req.(type) {
	case *mmapi.NewSpaceRequest:
		id = got.Reply.(*mmapi.NewSpaceReply).Space
		s = &played{host: NewHost(), refs: make(map[uint64]int64)}
		p.spaces[id] = s
	case *mmapi.ForkSpaceRequest:
		if got.Errno != 0 {
			return
		}
		host := s.host.Fork()
		id = got.Reply.(*mmapi.ForkSpaceReply).Space
		s = &played{host: host, refs: make(map[uint64]int64)}
		p.spaces[id] = s
	case *mmapi.FreeSpaceRequest:
		if got.Errno == 0 {
			delete(p.spaces, id)
			s.count(got.Reply)
			if len(s.refs) != 0 {
				p.fail(fmt.Sprintf("references are left: %v", s.refs))
			}
		}
		return
	case *mmapi.RevertRequest:
		// The host did them; from now on it is as the space says.
		s.host = NewHost()
		s.ops, s.taken = nil, false
		s.count(got.Reply)
		p.rebuild(id, s)
		p.check(id, s)
		return
	case *mmapi.MapRequest, *mmapi.UnmapRequest, *mmapi.ProtectRequest, *mmapi.RemapRequest, *mmapi.BrkRequest, *mmapi.FaultRequest:
		if s != nil {
			s.ops, s.taken = slices.Clone(ops), true
		}
	case *mmapi.AdviseRequest, *mmapi.LockRequest, *mmapi.SealRequest:
		if s != nil {
			s.ops, s.taken = nil, false
		}
	default:
		_ = r
		return
	}
	if s == nil {
		return
	}
	if err := s.host.Do(ops); err != nil {
		p.fail(err.Error())
		return
	}
	s.count(got.Reply)
	p.check(id, s)
}

// rebuild makes the host of a space what its areas say.
func (p *player) rebuild(id uint64, s *played) {
	var rep mmapi.AreasReply
	p.impl.Areas(&mmapi.AreasRequest{Space: id}, &rep)
	for _, a := range rep.Areas {
		s.host.put(run{a.Addr, a.Addr + a.Length, a.Prot, a.Flags&linux.MAP_SHARED != 0, a.File, a.FileOffset})
	}
}

func (s *played) count(reply any) {
	f := reflect.ValueOf(reply).Elem().FieldByName("Files")
	if !f.IsValid() {
		return
	}
	for _, ref := range f.Interface().([]mmapi.FileRef) {
		s.refs[ref.File] += ref.Delta
		if s.refs[ref.File] == 0 {
			delete(s.refs, ref.File)
		}
	}
}

// check compares areas, sums, host and references of a space.
func (p *player) check(id uint64, s *played) {
	var got, want mmapi.AreasReply
	p.impl.Areas(&mmapi.AreasRequest{Space: id}, &got)
	p.model.Areas(&mmapi.AreasRequest{Space: id}, &want)
	if !slices.Equal(got.Areas, want.Areas) {
		p.fail(fmt.Sprintf("areas are\n%+v\nwant\n%+v", got.Areas, want.Areas))
		return
	}
	var gotUsage, wantUsage mmapi.UsageReply
	p.impl.Usage(&mmapi.UsageRequest{Space: id}, &gotUsage)
	p.model.Usage(&mmapi.UsageRequest{Space: id}, &wantUsage)
	if gotUsage != wantUsage {
		p.fail(fmt.Sprintf("usage is %+v, want %+v", gotUsage, wantUsage))
		return
	}
	if err := s.host.Check(got.Areas, mmapi.Range{Addr: round(gotUsage.Brk), Length: 2 << 20}); err != nil {
		p.fail(err.Error())
		return
	}
	named := make(map[uint64]int64)
	for _, a := range got.Areas {
		if a.File != 0 {
			named[a.File]++
		}
	}
	for f := uint64(0); f < 16; f++ {
		if named[f] != s.refs[f] {
			p.fail(fmt.Sprintf("%d references to file %d, want %d", s.refs[f], f, named[f]))
		}
	}
}

// tame makes a request of any numbers one that has a chance: addresses inside
// the small space, known flags more often than not. Wild numbers stay now and
// then. It says no to a call that would spoil the game.
func (p *player) tame(req any) bool {
	live := slices.Sorted(maps.Keys(p.spaces))
	if f := reflect.ValueOf(req).Elem().FieldByName("Space"); f.IsValid() && len(live) > 0 {
		if m := p.mix(f.Uint()); m%64 != 0 {
			f.SetUint(live[m/64%uint64(len(live))])
		}
	}
	switch r := req.(type) {
	case *mmapi.NewSpaceRequest:
		if len(live) >= 3 {
			return false
		}
		*r = mmapi.NewSpaceRequest{Low: low, High: fuzzHigh, MmapTop: fuzzTop, Limits: p.limits(r.Limits),
			Reserved: []mmapi.Range{{Addr: low + 900*page, Length: 3 * page}, {Addr: fuzzTop - 9*page, Length: 2 * page}}}
	case *mmapi.ForkSpaceRequest:
		return len(live) < 4
	case *mmapi.FreeSpaceRequest:
		return len(live) > 2
	case *mmapi.MapRequest:
		r.Addr, r.Length = p.addr(r.Addr), p.length(r.Length)
		r.Prot = p.pick(r.Prot, []uint32{0, r1, rw, rx, 7, 2})
		const anonymous = linux.MAP_PRIVATE | linux.MAP_ANONYMOUS
		wild := r.Flags
		r.Flags = p.pick(wild>>3, []uint32{anonymous, anonymous, anonymous | fixed, anonymous | linux.MAP_FIXED_NOREPLACE, anonymous | linux.MAP_GROWSDOWN,
			linux.MAP_PRIVATE, linux.MAP_PRIVATE | fixed, shared, shared | fixed, linux.MAP_SHARED_VALIDATE, shared | linux.MAP_ANONYMOUS,
			linux.MAP_DROPPABLE | linux.MAP_ANONYMOUS, anonymous | linux.MAP_LOCKED, anonymous | linux.MAP_NORESERVE, anonymous | linux.MAP_STACK | fixed | linux.MAP_GROWSDOWN})
		if wild%7 == 0 {
			r.Flags |= wild
		}
		r.File = r.File % 4
		if r.Flags&linux.MAP_ANONYMOUS != 0 && r.Flags&linux.MAP_TYPE == linux.MAP_PRIVATE {
			r.File = 0
		}
		if r.FileOffset%5 != 0 {
			r.FileOffset = p.mix(r.FileOffset) % 64 * page
		}
		r.MaxProt = p.pick(r.MaxProt, []uint32{7, 7, 7, rx, rw, r1, 0})
		if r.Refused = p.pick(r.Refused, []uint32{0, 0, 0, 0, 0, 0, uint32(linux.ENODEV)}); r.Refused != 0 {
			r.File = 0
		}
		if r.FileLimit%3 != 0 {
			r.FileLimit = 0
		}
		if r.Kind %= 5; r.Kind != mmapi.AreaKindStack {
			r.Kind = 0
		}
	case *mmapi.UnmapRequest:
		r.Addr, r.Length = p.addr(r.Addr), p.length(r.Length)
	case *mmapi.ProtectRequest:
		r.Addr, r.Length = p.addr(r.Addr), p.length(r.Length)
		r.Prot = p.pick(r.Prot, []uint32{0, r1, rw, rx, 7, 2, r1 | linux.PROT_GROWSDOWN, r.Prot})
	case *mmapi.RemapRequest:
		r.Addr, r.OldLength, r.NewLength, r.NewAddr = p.addr(r.Addr), p.length(r.OldLength), p.length(r.NewLength), p.addr(r.NewAddr)
		r.Flags %= 9
		if r.Flags >= 4 && r.Flags < 8 && r.NewLength%3 != 0 {
			r.NewLength = r.OldLength
		}
	case *mmapi.BrkRequest:
		if r.Start%8 == 1 {
			r.Start = p.addr(r.Start) &^ (page - 1)
		} else {
			r.Start = 0
		}
		r.Addr = p.addr(r.Addr)
		if r.Start > 1<<40 {
			r.Start = 0
		}
	case *mmapi.AdviseRequest:
		r.Addr, r.Length = p.addr(r.Addr), p.length(r.Length)
		r.Advice %= 28
	case *mmapi.SealRequest:
		if r.Length%4 != 0 {
			return false // or nothing could change soon
		}
		r.Addr, r.Length = p.addr(r.Addr), p.length(r.Length)
	case *mmapi.SyncRequest:
		r.Addr, r.Length = p.addr(r.Addr), p.length(r.Length)
		r.Flags %= 9
	case *mmapi.LockRequest:
		r.Addr, r.Length = p.addr(r.Addr), p.length(r.Length)
		r.Flags %= 9
	case *mmapi.CheckRequest:
		r.Addr, r.Length = p.addr(r.Addr), p.length(r.Length)
		r.Prot %= 8
	case *mmapi.FaultRequest:
		r.Addr = p.addr(r.Addr)
		r.Access = p.pick(r.Access, []uint32{r1, linux.PROT_WRITE, linux.PROT_EXEC})
	case *mmapi.AreasRequest:
		r.From, r.Max = p.addr(r.From), r.Max%9
	case *mmapi.SetLimitsRequest:
		r.Limits = p.limits(r.Limits)
	}
	return true
}

const r1 = linux.PROT_READ

// mix spreads small numbers.
func (p *player) mix(n uint64) uint64 { return (n + p.salt<<32) * 0x9e3779b97f4a7c15 >> 20 }

func (p *player) pick(n uint32, from []uint32) uint32 {
	return from[p.mix(uint64(n))%uint64(len(from))]
}

// addr is in a small part of the space more often than not.
func (p *player) addr(n uint64) uint64 {
	m := p.mix(n)
	switch m % 23 {
	case 0:
		return n
	case 1:
		return low + m%(fuzzPages*page)
	case 2:
		return 0
	case 3, 4, 5, 6, 7:
		return low + m/23%fuzzPages*page
	case 8, 9, 10, 11:
		return fuzzTop - m/23%50*page
	}
	return low + (300+m/23%50)*page
}

func (p *player) length(n uint64) uint64 {
	m := p.mix(n + 1)
	switch m % 23 {
	case 0:
		return n
	case 1:
		return m / 23 % (700 * page)
	case 2:
		return 2 << 20
	}
	return (m/23%12+1)*page - m>>30&1
}

// limits are none at most times.
func (p *player) limits(l mmapi.Limits) mmapi.Limits {
	bound := func(n uint64) uint64 {
		m := p.mix(n + 2)
		if m%6 != 0 {
			return inf
		}
		return m / 6 % (fuzzPages * page)
	}
	if p.mix(l.As)%3 == 0 {
		return unlimited
	}
	return mmapi.Limits{As: bound(l.As), Data: bound(l.Data), Stack: bound(l.Stack), Memlock: bound(l.Memlock), IpcLock: l.IpcLock}
}
