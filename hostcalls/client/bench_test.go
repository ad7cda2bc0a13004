package client_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/hostcalls/server"
	"adyton.dev/adyton/proto/gen/hostapi"
)

const bulk = 64 << 10

// bulkFile makes a file of 64 KiB and returns its directory.
func bulkFile(t testing.TB) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), make([]byte, bulk), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func readerOf(t testing.TB, open func(testing.TB, server.Options) *inside, dir string) (*inside, *hostapi.FileReadRequest) {
	in := open(t, server.Options{Roots: []server.Root{{Name: "/", Dir: dir}}, Streams: []int{}})
	h, e := in.open("f", linux.O_RDONLY)
	if e != 0 {
		t.Fatal(e)
	}
	return in, &hostapi.FileReadRequest{Extents: []hostapi.Extent{{Handle: h, Length: bulk}}}
}

// TestReadAllocs guards the hot path: an embedded read allocates nothing when
// the caller's buffer is large enough, also behind bytes that are there.
func TestReadAllocs(t *testing.T) {
	in, req := readerOf(t, embedded, bulkFile(t))
	rep := hostapi.FileReadReply{Data: make([]byte, 0, bulk+8), Lengths: make([]uint32, 0, 1)}
	if n := testing.AllocsPerRun(100, func() {
		rep.Data, rep.Lengths = append(rep.Data[:0], "behind: "...), rep.Lengths[:0]
		if _, e := in.FileRead(req, &rep); e != 0 || len(rep.Data) != bulk+8 {
			t.Fatalf("read = %d bytes, %v", len(rep.Data), e)
		}
	}); n != 0 {
		t.Errorf("FileRead: %v allocations, want 0", n)
	}
}

// BenchmarkFileRead64K compares a read through the boundary with pread(2).
func BenchmarkFileRead64K(b *testing.B) {
	dir := bulkFile(b)
	b.Run("native", func(b *testing.B) {
		f, err := os.Open(filepath.Join(dir, "f"))
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		fd, buf := int(f.Fd()), make([]byte, bulk)
		b.SetBytes(bulk)
		for b.Loop() {
			syscall.Pread(fd, buf, 0)
		}
	})
	for name, open := range ways {
		b.Run(name, func(b *testing.B) {
			in, req := readerOf(b, open, dir)
			rep := hostapi.FileReadReply{Data: make([]byte, 0, bulk)}
			b.SetBytes(bulk)
			b.ReportAllocs()
			for b.Loop() {
				rep.Data, rep.Lengths = rep.Data[:0], rep.Lengths[:0]
				must(in, in.FileRead, req, &rep)
			}
		})
	}
}

// BenchmarkFileList1000 compares a directory of 1000 entries with its attributes
// with getdents64(2) and an lstat(2) of each.
func BenchmarkFileList1000(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%04d", i)), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("native", func(b *testing.B) {
		buf := make([]byte, 32<<10)
		for b.Loop() {
			fd, err := syscall.Open(dir, syscall.O_RDONLY|syscall.O_DIRECTORY, 0)
			if err != nil {
				b.Fatal(err)
			}
			var names []string
			for {
				n, _ := syscall.Getdents(fd, buf)
				if n <= 0 {
					break
				}
				_, _, names = syscall.ParseDirent(buf[:n], -1, names)
			}
			var st syscall.Stat_t
			for _, name := range names {
				syscall.Lstat(dir+"/"+name, &st)
			}
			syscall.Close(fd)
		}
	})
	for name, open := range ways {
		b.Run(name, func(b *testing.B) {
			in := open(b, server.Options{Roots: []server.Root{{Name: "/", Dir: dir}}, Streams: []int{}})
			var rep hostapi.FileListReply
			b.ReportAllocs()
			for b.Loop() {
				rep.Entries = rep.Entries[:0]
				must(in, in.FileList, &hostapi.FileListRequest{MaxEntries: 1000}, &rep)
				if len(rep.Entries) != 1000 {
					b.Fatalf("%d entries", len(rep.Entries))
				}
			}
		})
	}
}
