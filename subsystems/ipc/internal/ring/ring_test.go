package ring

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestBuffer plays random operations on a Buffer and on a plain slice.
func TestBuffer(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var pool Pool
	var b, other Buffer
	var want []byte
	next := byte(0)
	for i := range 20000 {
		switch r.IntN(4) {
		case 0, 1:
			data := make([]byte, r.IntN(3000))
			for j := range data {
				data[j] = next
				next++
			}
			b.Append(&pool, data)
			want = append(want, data...)
		case 2:
			n := r.IntN(min(len(want), 5000) + 1)
			b.Discard(n)
			want = want[n:]
		case 3:
			off := r.IntN(len(want) + 1)
			n := r.IntN(len(want) - off + 1)
			if got := b.Peek(nil, off, n); !bytes.Equal(got, want[off:off+n]) {
				t.Fatalf("step %d: Peek(%d, %d) of %d bytes differs", i, off, n, len(want))
			}
			other.Move(&pool, &b, off, n)
			if got := other.Peek(nil, 0, other.Len()); !bytes.Equal(got, want[off:off+n]) {
				t.Fatalf("step %d: Move(%d, %d) of %d bytes differs", i, off, n, len(want))
			}
			other.Release(&pool)
		}
		if b.Len() != len(want) {
			t.Fatalf("step %d: Len() = %d, want %d", i, b.Len(), len(want))
		}
		if len(want) > 200_000 {
			b.Release(&pool)
			want = nil
		}
	}
}

func TestPoolKeepsFew(t *testing.T) {
	var pool Pool
	for _, size := range []int{4096, 1 << 20, 4 << 20} {
		var all []Buffer
		for range 100 {
			var b Buffer
			b.Append(&pool, make([]byte, size))
			all = append(all, b)
		}
		for i := range all {
			all[i].Release(&pool)
		}
	}
	kept := 0
	for _, list := range pool.free {
		for _, b := range list {
			kept += len(b)
		}
	}
	if kept > 3<<20 {
		t.Errorf("the pool keeps %d bytes, want at most 3 MiB", kept)
	}
}
