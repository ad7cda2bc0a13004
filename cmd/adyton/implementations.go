package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"adyton.dev/adyton/core/platform/leader"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/proto/gen/signalapi"
	"adyton.dev/adyton/subsystems/ipc"
	"adyton.dev/adyton/subsystems/ipc/quota"
	"adyton.dev/adyton/subsystems/mm"
	"adyton.dev/adyton/subsystems/signal"
)

// implementation is which of the linked ones of a subsystem is meant, as
// NAME[?KEY=VALUE&...]; "" is the default.
type implementation struct {
	kind, name string
	options    url.Values
}

// parseImplementation reads text.
func parseImplementation(kind, text string) (implementation, error) {
	name, query, _ := strings.Cut(text, "?")
	x := implementation{kind: kind, name: name}
	var err error
	if x.options, err = url.ParseQuery(query); err != nil {
		return x, fmt.Errorf("--%s linked:%s: %w", kind, text, err)
	}
	return x, nil
}

// only fails when an option is none of known.
func (x *implementation) only(known ...string) error {
	for k := range x.options {
		if !slices.Contains(known, k) {
			return fmt.Errorf("--%s linked:%s has no option %q; it has %s", x.kind, x.name, k, strings.Join(known, ", "))
		}
	}
	return nil
}

// unknown is the error for a name that is none of known.
func (x *implementation) unknown(known ...string) error {
	return fmt.Errorf("--%s linked:%s: no such implementation; there is %s", x.kind, x.name, strings.Join(known, ", "))
}

// plain fails for all but the default without options, of a subsystem that has
// one implementation.
func (x *implementation) plain() error {
	if x.name != "" && x.name != "default" {
		return x.unknown("default")
	}
	return x.only()
}

// number is an option that counts; 0 when it is not given.
func (x *implementation) number(key string) (int, error) {
	v := x.options.Get(key)
	if v == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(v, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("--%s linked:%s: %s=%q is no number", x.kind, x.name, key, v)
	}
	return int(n), nil
}

func newLinkedMM(s *setup, x implementation) (mmapi.MM, error) {
	if err := x.only(); err != nil {
		return nil, err
	}
	cfg := mm.Config{MemoryLimit: s.Memory, PopulateSmall: true, HugePages: true, PopulateText: true}
	switch x.name {
	case "", "default":
	case "strict":
		if cfg.Strict = true; s.Memory == 0 {
			return nil, fmt.Errorf("--mm linked:strict needs --memory: it promises no more than that")
		}
	default:
		return nil, x.unknown("default", "strict")
	}
	return mm.New(cfg)
}

func newLinkedSignal(x implementation) (signalapi.Signal, error) {
	if err := x.plain(); err != nil {
		return nil, err
	}
	return signal.New(signal.Config{Realtime: func() int64 { return time.Now().UnixNano() }, Monotonic: leader.Now})
}

func newLinkedIPC(s *setup, x implementation) (ipcapi.IPC, error) {
	inner, err := ipc.New(ipc.Config{Now: leader.Now, NoNetwork: s.Net == "none"})
	if err != nil {
		return nil, err
	}
	switch x.name {
	case "", "default":
		return inner, x.only()
	case "quota":
		limits, err := quotaLimits(x)
		if err != nil {
			return nil, err
		}
		return quota.New(inner, limits)
	}
	return nil, x.unknown("default", "quota")
}

// quotaLimits are the options of ipc quota.
func quotaLimits(x implementation) (quota.Limits, error) {
	var l quota.Limits
	if err := x.only("handles", "segments", "segment-bytes", "queues", "semaphores"); err != nil {
		return l, err
	}
	for key, at := range map[string]*int{"handles": &l.Handles, "segments": &l.Segments, "queues": &l.Queues, "semaphores": &l.Semaphores} {
		n, err := x.number(key)
		if err != nil {
			return l, err
		}
		*at = n
	}
	if v := x.options.Get("segment-bytes"); v != "" {
		n, err := parseSize(v)
		if err != nil {
			return l, fmt.Errorf("--%s linked:quota: segment-bytes=%w", x.kind, err)
		}
		l.SegmentBytes = n
	}
	return l, nil
}
