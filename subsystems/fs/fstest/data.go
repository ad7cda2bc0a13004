package fstest

import (
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func (k *task) fallocate(h uint64, mode uint32, off, length int64) linux.Errno {
	var rep fsapi.AllocateReply
	return k.fs.Allocate(&fsapi.AllocateRequest{Cred: k.cred, Handle: h, Mode: mode, Offset: off, Length: length, SizeLimit: noLimit}, &rep)
}

func (k *task) copyRange(from uint64, fromOff int64, to uint64, toOff int64, n uint64) (uint64, linux.Errno) {
	var rep fsapi.CopyRangeReply
	e := k.fs.CopyRange(&fsapi.CopyRangeRequest{Cred: k.cred, SizeLimit: ^uint64(0), From: from, FromOffset: fromOff, To: to, ToOffset: toOff, Count: n}, &rep)
	return rep.Count, e
}

const punch = linux.FALLOC_FL_PUNCH_HOLE | linux.FALLOC_FL_KEEP_SIZE

func init() {
	add(map[string]func(*task){
		"WriteThenRead": func(k *task) {
			h := k.open("f", linux.O_CREAT|linux.O_RDWR, 0644)
			k.writeAt(h, 0, "hello")
			k.writeAt(h, 3, "LOW")
			equal(k, "contents", k.readAt(h, 0, 100), "helLOW")
			equal(k, "from the middle", k.readAt(h, 4, 100), "OW")
			equal(k, "at the end", k.readAt(h, 6, 100), "")
			equal(k, "beyond the end", k.readAt(h, 1000, 100), "")
			equal(k, "nothing", k.readAt(h, 0, 0), "")
		},
		"WriteBeyondEndLeavesHole": func(k *task) {
			h := k.open("f", linux.O_CREAT|linux.O_RDWR, 0644)
			k.writeAt(h, 10, "x")
			equal(k, "contents", k.readAt(h, 0, 100), strings.Repeat("\x00", 10)+"x")
			equal(k, "size", k.fstat(h).Size, 11)
		},
		"WriteAppends": func(k *task) {
			k.create("f", "abc")
			h := k.open("f", linux.O_WRONLY|linux.O_APPEND, 0)
			rep, e := k.tryWrite(h, 0, "def", true)
			k.must("write", e)
			equal(k, "position", rep.Offset, 6)
			equal(k, "contents", k.contents("f"), "abcdef")
		},
		"WriteLarge": func(k *task) {
			h := k.open("f", linux.O_CREAT|linux.O_RDWR, 0644)
			big := strings.Repeat("0123456789abcdef", 20_000)
			k.writeAt(h, 12345, big)
			k.writeAt(h, 70_000, "MARK")
			want := strings.Repeat("\x00", 12345) + big
			want = want[:70_000] + "MARK" + want[70_004:]
			if got := k.readAt(h, 0, 1<<20); got != want {
				k.Errorf("read gave %d bytes that differ from the %d written", len(got), len(want))
			}
		},
		"WriteOffsets": func(k *task) {
			h := k.open("f", linux.O_CREAT|linux.O_RDWR, 0644)
			_, e := k.tryWrite(h, -1, "x", false)
			k.want("pwrite(-1)", e, linux.EINVAL)
			_, e = k.tryRead(h, -1, 1)
			k.want("pread(-1)", e, linux.EINVAL)
			_, e = k.tryRead(h, 1<<63-1, 1)
			k.want("pread(LONG_MAX)", e, linux.EINVAL)
			_, e = k.tryWrite(h, 0, "", false)
			k.want("write of nothing", e, 0)
		},
		"WriteSizeLimit": func(k *task) {
			h := k.open("f", linux.O_CREAT|linux.O_RDWR, 0644)
			write := func(off int64, data string) (uint32, linux.Errno) {
				var rep fsapi.WriteReply
				e := k.fs.Write(&fsapi.WriteRequest{Cred: k.cred, Handle: h, Offset: off, Data: []byte(data), SizeLimit: 5}, &rep)
				return rep.Count, e
			}
			n, e := write(0, "abc")
			k.want("write below the limit", e, 0)
			n, e = write(3, "defgh")
			k.want("write across the limit", e, 0)
			equal(k, "bytes", n, 2)
			_, e = write(5, "x")
			k.want("write at the limit", e, linux.EFBIG)
			_, e = write(9, "")
			k.want("nothing beyond the limit", e, 0)
			var rep fsapi.SetattrReply
			k.want("ftruncate beyond it", k.fs.Setattr(&fsapi.SetattrRequest{Cred: k.cred, Handle: h,
				Valid: uint32(fsapi.SetattrValidSize), Size: 6, SizeLimit: 5}, &rep), linux.EFBIG)
		},
		"WriteClearsSetid": func(k *task) {
			k.createMode("f", "", 0644)
			k.must("chmod", k.chmod("f", 06777))
			u := k.as(1000, 1000)
			u.writeAt(u.open("f", linux.O_WRONLY, 0), 0, "x")
			equal(k, "mode", k.stat("f").Mode, linux.S_IFREG|0777)
			k.must("chmod", k.chmod("f", 06777))
			k.writeAt(k.open("f", linux.O_WRONLY, 0), 0, "x")
			equal(k, "mode after root's write", k.stat("f").Mode, linux.S_IFREG|06777)
		},
		"WriteSetsTimes": func(k *task) {
			k.create("f", "")
			k.must("utimes", k.setattr("f", fsapi.SetattrRequest{Valid: uint32(fsapi.SetattrValidAtime | fsapi.SetattrValidMtime), AtimeSec: 5, MtimeSec: 6}))
			h := k.open("f", linux.O_RDWR, 0)
			k.writeAt(h, 0, "x")
			a := k.fstat(h)
			equal(k, "atime", a.AtimeSec, 5)
			if a.MtimeSec < 1000 || a.CtimeSec != a.MtimeSec {
				k.Errorf("after a write mtime = %d, ctime = %d, want now", a.MtimeSec, a.CtimeSec)
			}
			k.readAt(h, 0, 1)
			if got := k.fstat(h).AtimeSec; got < 1000 {
				k.Errorf("after a read atime = %d, want now", got)
			}
		},
		"SeekEnds": func(k *task) {
			k.create("f", "0123456789")
			h := k.open("f", 0, 0)
			for _, x := range []struct {
				off     int64
				whence  uint32
				current int64
				want    int64
				e       linux.Errno
			}{
				{3, linux.SEEK_SET, 0, 3, 0}, {-1, linux.SEEK_SET, 0, 0, linux.EINVAL}, {5, linux.SEEK_CUR, 2, 7, 0},
				{-5, linux.SEEK_CUR, 2, 0, linux.EINVAL}, {-3, linux.SEEK_END, 0, 7, 0}, {100, linux.SEEK_END, 0, 110, 0},
				{1<<63 - 1, linux.SEEK_END, 0, 0, linux.EINVAL}, {0, 5, 0, 0, linux.EINVAL},
				{0, linux.SEEK_DATA, 0, 0, 0}, {4, linux.SEEK_HOLE, 0, 10, 0}, {10, linux.SEEK_DATA, 0, 0, linux.ENXIO},
				{10, linux.SEEK_HOLE, 0, 0, linux.ENXIO}, {-1, linux.SEEK_DATA, 0, 0, linux.ENXIO},
			} {
				got, e := k.seek(h, x.off, x.whence, x.current)
				if e != x.e || e == 0 && got != x.want {
					k.Errorf("lseek(%d, %d) at %d = %d, %v, want %d, %v", x.off, x.whence, x.current, got, e, x.want, x.e)
				}
			}
		},
		"TruncateSizes": func(k *task) {
			k.create("f", "0123456789")
			k.must("truncate", k.truncate("f", 4))
			equal(k, "contents", k.contents("f"), "0123")
			k.must("truncate", k.truncate("f", 6))
			equal(k, "contents", k.contents("f"), "0123\x00\x00")
			h := k.open("f", linux.O_RDWR, 0)
			k.must("ftruncate", k.ftruncate(h, 0))
			equal(k, "size", k.fstat(h).Size, 0)
		},
		"TruncateErrors": func(k *task) {
			k.create("f", "abc")
			k.mustMkdir("d")
			k.must("mknod", k.mknod("p", linux.S_IFIFO|0666, 0))
			k.want("truncate(d)", k.truncate("d", 0), linux.EISDIR)
			k.want("truncate(fifo)", k.truncate("p", 0), linux.EINVAL)
			k.want("truncate(none)", k.truncate("none", 0), linux.ENOENT)
			k.want("truncate(f, -1)", k.truncate("f", -1), linux.EINVAL)
			k.want("truncate by another", k.as(9, 9).truncate("f", 0), linux.EACCES)
			k.want("ftruncate of O_RDONLY", k.ftruncate(k.open("f", 0, 0), 0), linux.EINVAL)
			k.want("ftruncate of a directory", k.ftruncate(k.open("d", 0, 0), 0), linux.EINVAL)
			k.want("ftruncate of nothing", k.ftruncate(1<<50, 0), linux.EBADF)
		},
		"TruncateFollowsLink": func(k *task) {
			k.create("f", "abc")
			k.must("symlink", k.symlink("f", "l"))
			k.must("truncate(l)", k.truncate("l", 1))
			equal(k, "contents", k.contents("f"), "a")
		},
		"CopyRangeMovesBytes": func(k *task) {
			k.create("a", "0123456789")
			k.create("b", "xxxxxxxxxxxx")
			a, b := k.open("a", linux.O_RDWR, 0), k.open("b", linux.O_RDWR, 0)
			n, e := k.copyRange(a, 2, b, 1, 3)
			k.must("copy", e)
			equal(k, "bytes", n, 3)
			equal(k, "contents", k.contents("b"), "x234xxxxxxxx")
			n, e = k.copyRange(a, 8, b, 0, 100)
			k.must("copy at the end", e)
			equal(k, "bytes at the end", n, 2)
			n, e = k.copyRange(a, 10, b, 0, 5)
			k.must("copy beyond the end", e)
			equal(k, "bytes beyond the end", n, 0)
			_, e = k.copyRange(a, 0, a, 2, 5)
			k.want("overlapping", e, linux.EINVAL)
			_, e = k.copyRange(a, 0, a, 5, 5)
			k.want("side by side", e, 0)
		},
		"CopyRangeErrors": func(k *task) {
			k.create("a", "abc")
			k.mustMkdir("d")
			a, ro := k.open("a", linux.O_RDWR, 0), k.open("a", linux.O_RDONLY, 0)
			wo := k.open("a", linux.O_WRONLY, 0)
			for what, x := range map[string]struct {
				from, to uint64
				e        linux.Errno
			}{
				"to O_RDONLY": {a, ro, linux.EBADF}, "from O_WRONLY": {wo, a, linux.EBADF},
				"from a directory": {k.open("d", 0, 0), a, linux.EISDIR}, "to nothing": {a, 1 << 50, linux.EBADF},
				"from a device": {k.open("/dev/zero", 0, 0), a, linux.EINVAL},
			} {
				_, e := k.copyRange(x.from, 0, x.to, 10, 1)
				k.want("copy "+what, e, x.e)
			}
			copy := func(q fsapi.CopyRangeRequest) linux.Errno {
				q.Cred, q.From, q.To = k.cred, a, k.open("b", linux.O_CREAT|linux.O_RDWR, 0644)
				return k.fs.CopyRange(&q, &fsapi.CopyRangeReply{})
			}
			k.want("copy in append mode", copy(fsapi.CopyRangeRequest{Count: 1, SizeLimit: 9, Append: true}), linux.EBADF)
			k.want("copy beyond the limit", copy(fsapi.CopyRangeRequest{Count: 1, ToOffset: 9, SizeLimit: 9}), linux.EFBIG)
			k.want("copy of nothing there", copy(fsapi.CopyRangeRequest{Count: 1, FromOffset: 9, ToOffset: 9, SizeLimit: 9}), 0)
			k.want("copy that wraps", copy(fsapi.CopyRangeRequest{Count: 9, FromOffset: -1, SizeLimit: 9}), linux.EOVERFLOW)
		},
		"PollRegularFileIsReady": func(k *task) {
			k.create("f", "")
			equal(k, "level", k.level(k.open("f", 0, 0)), linux.POLLIN|linux.POLLOUT|linux.POLLRDNORM|linux.POLLWRNORM)
			k.want("poll of nothing", k.fs.Poll(&fsapi.PollRequest{Handle: 1 << 50}, &fsapi.PollReply{}), linux.EBADF)
		},
		"SyncHandles": func(k *task) {
			k.create("f", "")
			h := k.open("f", linux.O_WRONLY, 0)
			sync := func(r fsapi.SyncRequest) linux.Errno { return k.fs.Sync(&r, &fsapi.SyncReply{}) }
			k.want("fsync", sync(fsapi.SyncRequest{Handle: h}), 0)
			k.want("fdatasync", sync(fsapi.SyncRequest{Handle: h, DataOnly: true}), 0)
			k.want("syncfs", sync(fsapi.SyncRequest{Handle: h, Whole: true}), 0)
			k.want("sync", sync(fsapi.SyncRequest{}), 0)
			k.want("fsync of a directory", sync(fsapi.SyncRequest{Handle: k.open(".", 0, 0)}), 0)
			k.want("fsync of /dev/null", sync(fsapi.SyncRequest{Handle: k.open("/dev/null", 0, 0)}), linux.EINVAL)
			k.want("fsync of O_PATH", sync(fsapi.SyncRequest{Handle: k.open("f", linux.O_PATH, 0)}), linux.EBADF)
		},
	})
}

// sparse are cases that need a file system in memory: holes, reservations.
func init() {
	add(map[string]func(*task){
		"SparseBlocks": func(k *task) {
			h := k.open("f", linux.O_CREAT|linux.O_RDWR, 0644)
			k.must("ftruncate", k.ftruncate(h, 1<<40))
			equal(k, "blocks of a hole", k.fstat(h).Blocks, 0)
			k.writeAt(h, 1<<39, "x")
			equal(k, "blocks of a page", k.fstat(h).Blocks, 8)
			data, e := k.seek(h, 0, linux.SEEK_DATA, 0)
			k.must("SEEK_DATA", e)
			equal(k, "data", data, 1<<39)
			hole, e := k.seek(h, data, linux.SEEK_HOLE, 0)
			k.must("SEEK_HOLE", e)
			equal(k, "hole", hole, 1<<39+4096)
			_, e = k.seek(h, hole, linux.SEEK_DATA, 0)
			k.want("SEEK_DATA after all", e, linux.ENXIO)
		},
		"AllocateKeepsContents": func(k *task) {
			k.create("f", "abc")
			h := k.open("f", linux.O_RDWR, 0)
			k.must("fallocate", k.fallocate(h, 0, 0, 10000))
			a := k.fstat(h)
			equal(k, "size", a.Size, 10000)
			equal(k, "blocks", a.Blocks, 24)
			equal(k, "contents", k.readAt(h, 0, 5), "abc\x00\x00")
			k.must("fallocate", k.fallocate(h, linux.FALLOC_FL_KEEP_SIZE, 0, 20000))
			equal(k, "size", k.fstat(h).Size, 10000)
		},
		"AllocatePunch": func(k *task) {
			h := k.open("f", linux.O_CREAT|linux.O_RDWR, 0644)
			k.writeAt(h, 0, strings.Repeat("x", 3*4096))
			k.must("punch", k.fallocate(h, punch, 4090, 4102))
			equal(k, "blocks", k.fstat(h).Blocks, 16)
			equal(k, "before", k.readAt(h, 4088, 4), "xx\x00\x00")
			equal(k, "after", k.readAt(h, 8190, 4), "\x00\x00xx")
			equal(k, "size", k.fstat(h).Size, 3*4096)
			hole, _ := k.seek(h, 0, linux.SEEK_HOLE, 0)
			equal(k, "hole", hole, 4096)
			k.must("punch beyond", k.fallocate(h, punch, 1<<30, 10))
			equal(k, "size", k.fstat(h).Size, 3*4096)
		},
		"AllocateErrors": func(k *task) {
			k.create("f", "")
			h := k.open("f", linux.O_RDWR, 0)
			k.want("length 0", k.fallocate(h, 0, 0, 0), linux.EINVAL)
			k.want("offset -1", k.fallocate(h, 0, -1, 5), linux.EINVAL)
			k.want("too far", k.fallocate(h, 0, 1<<62, 1<<62+1<<61), linux.EFBIG)
			k.want("punch alone", k.fallocate(h, linux.FALLOC_FL_PUNCH_HOLE, 0, 1), linux.EOPNOTSUPP)
			k.want("unknown mode", k.fallocate(h, 0x100, 0, 1), linux.EOPNOTSUPP)
			k.want("O_RDONLY", k.fallocate(k.open("f", 0, 0), 0, 0, 1), linux.EBADF)
			k.want("a directory", k.fallocate(k.open(".", 0, 0), 0, 0, 1), linux.EBADF)
			k.want("a device", k.fallocate(k.open("/dev/null", linux.O_RDWR, 0), 0, 0, 1), linux.ENODEV)
		},
		"MemoryFile": func(k *task) {
			var rep fsapi.OpenMemoryReply
			k.must("memfd", k.fs.OpenMemory(&fsapi.OpenMemoryRequest{Cred: k.cred, Name: "m", Size: 5}, &rep))
			a := k.fstat(rep.Handle)
			equal(k, "mode", a.Mode, linux.S_IFREG|0777)
			equal(k, "size", a.Size, 5)
			equal(k, "nlink", a.Nlink, 0)
			k.writeAt(rep.Handle, 0, "hello world")
			equal(k, "contents", k.readAt(rep.Handle, 0, 100), "hello world")
			path, e := k.pathOf(rep.Handle)
			k.want("pathof", e, linux.ENOENT)
			equal(k, "path", path, "/memfd:m")
			k.want("unknown flag", k.fs.OpenMemory(&fsapi.OpenMemoryRequest{Cred: k.cred, Flags: 0x8000}, &rep), linux.EINVAL)
		},
		"MemorySeals": func(k *task) {
			var rep fsapi.OpenMemoryReply
			k.must("memfd", k.fs.OpenMemory(&fsapi.OpenMemoryRequest{Cred: k.cred, Flags: linux.MFD_ALLOW_SEALING}, &rep))
			h := rep.Handle
			k.writeAt(h, 0, strings.Repeat("x", 5000))
			seal := func(add uint32) (uint32, linux.Errno) {
				var rep fsapi.SealReply
				e := k.fs.Seal(&fsapi.SealRequest{Handle: h, Add: add}, &rep)
				return rep.Seals, e
			}
			has, e := seal(0)
			k.must("F_GET_SEALS", e)
			equal(k, "seals", has, 0)
			has, _ = seal(linux.F_SEAL_SHRINK)
			equal(k, "seals", has, linux.F_SEAL_SHRINK)
			k.want("shrink", k.ftruncate(h, 10), linux.EPERM)
			k.want("grow", k.ftruncate(h, 6000), 0)
			seal(linux.F_SEAL_GROW)
			k.want("grow", k.ftruncate(h, 7000), linux.EPERM)
			w, e := k.tryWrite(h, 0, strings.Repeat("y", 7000), false)
			k.want("write across the end", e, 0)
			equal(k, "whole pages", w.Count, 4096)
			_, e = k.tryWrite(h, 5999, "zz", false)
			k.want("write of the last page", e, linux.EPERM)
			seal(linux.F_SEAL_WRITE)
			_, e = k.tryWrite(h, 0, "z", false)
			k.want("write", e, linux.EPERM)
			k.want("punch", k.fallocate(h, punch, 0, 10), linux.EPERM)
			seal(linux.F_SEAL_SEAL)
			_, e = seal(linux.F_SEAL_EXEC)
			k.want("F_ADD_SEALS", e, linux.EPERM)
			k.want("seals of a device", k.fs.Seal(&fsapi.SealRequest{Handle: k.open("/dev/null", 0, 0)}, &fsapi.SealReply{}), linux.EINVAL)
		},
		"MapChecks": func(k *task) {
			k.create("f", "abc")
			try := func(h uint64, prot uint32, shared bool) (fsapi.MapFileReply, linux.Errno) {
				var rep fsapi.MapFileReply
				e := k.fs.MapFile(&fsapi.MapFileRequest{Cred: k.cred, Handle: h, Prot: prot, Shared: shared}, &rep)
				return rep, e
			}
			ro, wo, rw := k.open("f", linux.O_RDONLY, 0), k.open("f", linux.O_WRONLY, 0), k.open("f", linux.O_RDWR, 0)
			_, e := try(ro, 3, true)
			k.want("shared write of O_RDONLY", e, linux.EACCES)
			_, e = try(ro, 3, false)
			k.want("private write of O_RDONLY", e, 0)
			_, e = try(wo, 1, false)
			k.want("O_WRONLY", e, linux.EACCES)
			a, e := try(rw, 3, true)
			k.want("shared write", e, 0)
			equal(k, "writable", a.Writable, true)
			equal(k, "size", a.Size, 3)
			b, _ := try(ro, 1, true)
			equal(k, "the same node", b.Node, a.Node)
			_, e = try(k.open(".", 0, 0), 1, false)
			k.want("a directory", e, linux.ENODEV)
			k.writeAt(rw, 0, "xyz")
			c, _ := try(ro, 1, true)
			if c.Version == a.Version {
				k.Errorf("version %d stayed over a write", c.Version)
			}
			equal(k, "contents", k.readAt(ro, 0, 10), "xyz")
			k.must("ftruncate", k.ftruncate(rw, 1))
			equal(k, "contents", k.readAt(ro, 0, 10), "x")
			k.must("ftruncate", k.ftruncate(rw, 3))
			equal(k, "contents", k.readAt(ro, 0, 10), "x\x00\x00")
		},
	})
}
