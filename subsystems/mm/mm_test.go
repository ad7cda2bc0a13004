package mm

import (
	"testing"

	"adyton.dev/adyton/proto/gen/mmapi"
	"adyton.dev/adyton/subsystems/mm/mmtest"
)

func open(cfg Config) func(*testing.T) mmapi.MM {
	return func(t *testing.T) mmapi.MM {
		m, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
}

var fast = Config{PopulateSmall: true, HugePages: true, PopulateText: true}

func TestLinked(t *testing.T)     { mmtest.Run(t, open(Config{})) }
func TestLinkedFast(t *testing.T) { mmtest.Run(t, open(fast)) }
