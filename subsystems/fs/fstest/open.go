package fstest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

const (
	creat = linux.O_CREAT | linux.O_WRONLY
	excl  = linux.O_CREAT | linux.O_EXCL | linux.O_WRONLY
)

func init() {
	add(map[string]func(*task){
		"OpenMissing": func(k *task) {
			k.want("open(none)", k.openErr("none", 0), linux.ENOENT)
			k.want("open(none/x, O_CREAT)", k.openErr("none/x", creat), linux.ENOENT)
		},
		"OpenCreatesOnce": func(k *task) {
			rep, e := k.tryOpen("f", creat, 0640)
			k.must("open", e)
			equal(k, "created", rep.Created, true)
			equal(k, "mode", rep.Mode, linux.S_IFREG|0640)
			rep, e = k.tryOpen("f", creat, 0777)
			k.must("open again", e)
			equal(k, "created", rep.Created, false)
			equal(k, "mode", rep.Mode, linux.S_IFREG|0640)
			k.want("open(O_EXCL)", k.openErr("f", excl), linux.EEXIST)
		},
		"OpenExclDoesNotFollow": func(k *task) {
			k.must("symlink", k.symlink("target", "l"))
			k.want("open(l, O_EXCL)", k.openErr("l", excl), linux.EEXIST)
			k.want("open(l, O_CREAT)", k.openErr("l", creat), 0)
			k.want("stat(target)", k.statErr("target"), 0)
		},
		"OpenCreateErrors": func(k *task) {
			k.mustMkdir("d")
			k.want("open(d, O_CREAT)", k.openErr("d", linux.O_CREAT), linux.EISDIR)
			k.want("open(d, O_CREAT|O_EXCL)", k.openErr("d", excl), linux.EEXIST)
			k.want("open(x/, O_CREAT)", k.openErr("x/", creat), linux.EISDIR)
			k.want("open(d/., O_CREAT)", k.openErr("d/.", creat), linux.EISDIR)
			k.want("open(d/.., O_CREAT)", k.openErr("d/..", creat), linux.EISDIR)
			k.want("open(/, O_CREAT|O_EXCL)", k.openErr("/", excl), linux.EEXIST)
			k.want("open(x, O_CREAT|O_DIRECTORY)", k.openErr("x", linux.O_CREAT|linux.O_DIRECTORY), linux.EINVAL)
		},
		"OpenCreateNeedsWriteOnDirectory": func(k *task) {
			k.mustMkdir("d")
			k.create("d/f", "")
			u := k.as(1000, 1000)
			k.want("create in a 755 directory", u.openErr("d/new", creat), linux.EACCES)
			k.want("open(d/f, O_CREAT|O_RDONLY)", u.openErr("d/f", linux.O_CREAT), 0)
			k.want("open(d/f, excl)", u.openErr("d/f", excl), linux.EEXIST)
			k.want("with CAP_DAC_OVERRIDE", u.with(linux.CAP_DAC_OVERRIDE).openErr("d/new", creat), 0)
		},
		"OpenDirectory": func(k *task) {
			k.mustMkdir("d")
			k.create("f", "")
			k.want("open(d)", k.openErr("d", 0), 0)
			k.want("open(d, O_WRONLY)", k.openErr("d", linux.O_WRONLY), linux.EISDIR)
			k.want("open(d, O_TRUNC)", k.openErr("d", linux.O_TRUNC), linux.EISDIR)
			k.want("open(f, O_DIRECTORY)", k.openErr("f", linux.O_DIRECTORY), linux.ENOTDIR)
			k.want("open(f/)", k.openErr("f/", 0), linux.ENOTDIR)
			_, e := k.tryRead(k.open("d", 0, 0), 0, 10)
			k.want("read(d)", e, linux.EISDIR)
		},
		"OpenNofollow": func(k *task) {
			k.mustMkdir("d")
			k.must("symlink", k.symlink("d", "l"))
			k.want("open(l, NOFOLLOW)", k.openErr("l", linux.O_NOFOLLOW), linux.ELOOP)
			k.want("open(l, NOFOLLOW|DIRECTORY)", k.openErr("l", linux.O_NOFOLLOW|linux.O_DIRECTORY), linux.ENOTDIR)
			k.want("open(l/, NOFOLLOW)", k.openErr("l/", linux.O_NOFOLLOW), 0)
			rep, e := k.tryOpen("l", linux.O_NOFOLLOW|linux.O_PATH, 0)
			k.must("open(l, NOFOLLOW|PATH)", e)
			equal(k, "type", rep.Mode&linux.S_IFMT, linux.S_IFLNK)
		},
		"OpenPathHandle": func(k *task) {
			k.createMode("f", "abc", 0000)
			u := k.as(1000, 1000)
			h := u.open("f", linux.O_PATH|linux.O_RDWR|linux.O_TRUNC, 0)
			equal(k, "size", k.fstat(h).Size, 3)
			_, e := k.tryRead(h, 0, 1)
			k.want("read", e, linux.EBADF)
			_, e = k.tryWrite(h, 0, "x", false)
			k.want("write", e, linux.EBADF)
			k.want("ftruncate", k.ftruncate(h, 0), linux.EBADF)
			k.want("fchmod", k.setattr("", fsapi.SetattrRequest{Handle: h, Valid: uint32(fsapi.SetattrValidMode)}), linux.EBADF)
			_, e = k.seek(h, 0, linux.SEEK_SET, 0)
			k.want("lseek", e, linux.EBADF)
		},
		"OpenTruncates": func(k *task) {
			k.create("f", "abc")
			h := k.open("f", linux.O_WRONLY|linux.O_TRUNC, 0)
			equal(k, "size", k.fstat(h).Size, 0)
			k.createMode("ro", "abc", 0444)
			u := k.as(1000, 1000)
			k.want("open(ro, O_RDONLY|O_TRUNC)", u.openErr("ro", linux.O_TRUNC), linux.EACCES)
			equal(k, "size", k.stat("ro").Size, 3)
		},
		"OpenChecksPermission": func(k *task) {
			k.createMode("f", "", 0400)
			k.must("chown", k.chown("f", 1000, 1000))
			u := k.as(1000, 1000)
			k.want("O_RDONLY", u.openErr("f", linux.O_RDONLY), 0)
			k.want("O_WRONLY", u.openErr("f", linux.O_WRONLY), linux.EACCES)
			k.want("O_RDWR", u.openErr("f", linux.O_RDWR), linux.EACCES)
			k.want("access mode 3", u.openErr("f", 3), linux.EACCES)
			k.want("root O_RDWR", k.openErr("f", linux.O_RDWR), 0)
			k.want("READ_SEARCH reads", k.as(7, 7).with(linux.CAP_DAC_READ_SEARCH).openErr("f", 0), 0)
			k.want("READ_SEARCH writes", k.as(7, 7).with(linux.CAP_DAC_READ_SEARCH).openErr("f", 1), linux.EACCES)
		},
		"OpenModeChecksApplyOnlyLater": func(k *task) {
			// A new file can be written through its first handle whatever its mode.
			h := k.as(1000, 1000).open("f", linux.O_CREAT|linux.O_RDWR, 0)
			k.writeAt(h, 0, "abc")
			equal(k, "contents", k.readAt(h, 0, 10), "abc")
			k.want("second open", k.as(1000, 1000).openErr("f", linux.O_RDONLY), linux.EACCES)
		},
		"OpenModeRestrictsHandle": func(k *task) {
			k.create("f", "abc")
			_, e := k.tryWrite(k.open("f", linux.O_RDONLY, 0), 0, "x", false)
			k.want("write to O_RDONLY", e, linux.EBADF)
			_, e = k.tryRead(k.open("f", linux.O_WRONLY, 0), 0, 1)
			k.want("read from O_WRONLY", e, linux.EBADF)
			h := k.open("f", 3, 0)
			_, e = k.tryRead(h, 0, 1)
			k.want("read from access mode 3", e, linux.EBADF)
			_, e = k.tryWrite(h, 0, "x", false)
			k.want("write to access mode 3", e, linux.EBADF)
		},
		"OpenTmpfile": func(k *task) {
			k.mustMkdir("d")
			rep, e := k.tryOpen("d", linux.O_TMPFILE|linux.O_RDWR, 0600)
			k.must("open(O_TMPFILE)", e)
			k.writeAt(rep.Handle, 0, "abc")
			a := k.fstat(rep.Handle)
			equal(k, "nlink", a.Nlink, 0)
			equal(k, "names", k.names("d"), "")
			u := *k
			u.cwd = rep.Handle
			k.must("linkat(AT_EMPTY_PATH)", u.fs.Link(&fsapi.LinkRequest{Cred: k.cred,
				From: u.place(""), To: k.place("d/named"), Flags: linux.AT_EMPTY_PATH}, &fsapi.LinkReply{}))
			equal(k, "contents", k.contents("d/named"), "abc")
			equal(k, "nlink", k.stat("d/named").Nlink, 1)
			k.want("O_RDONLY", k.openErr("d", linux.O_TMPFILE), linux.EINVAL)
			k.want("no O_DIRECTORY", k.openErr("d", linux.O_TMPFILE&^linux.O_DIRECTORY|linux.O_RDWR), linux.EINVAL)
			k.want("on a file", k.openErr("d/named", linux.O_TMPFILE|linux.O_RDWR), linux.ENOTDIR)
		},
		"OpenTmpfileExclCannotBeLinked": func(k *task) {
			h := k.open(".", linux.O_TMPFILE|linux.O_EXCL|linux.O_RDWR, 0600)
			u := *k
			u.cwd = h
			k.want("linkat", u.fs.Link(&fsapi.LinkRequest{Cred: k.cred, From: u.place(""), To: k.place("x"),
				Flags: linux.AT_EMPTY_PATH}, &fsapi.LinkReply{}), linux.ENOENT)
		},
		"OpenNoatimeIsForTheOwner": func(k *task) {
			k.create("f", "")
			k.want("other", k.as(1000, 1000).openErr("f", linux.O_NOATIME), linux.EPERM)
			k.want("root", k.openErr("f", linux.O_NOATIME), 0)
		},
		"OpenSocketIsENXIO": func(k *task) {
			k.must("mknod", k.mknod("s", linux.S_IFSOCK|0666, 0))
			k.want("open(socket)", k.openErr("s", linux.O_RDWR), linux.ENXIO)
			k.want("open(socket, O_PATH)", k.openErr("s", linux.O_PATH), 0)
		},
		"OpenFifoNamesTheNode": func(k *task) {
			k.must("mknod", k.mknod("p", linux.S_IFIFO|0600, 0))
			a, e := k.tryOpen("p", linux.O_RDWR, 0)
			k.must("open", e)
			b, e := k.tryOpen("p", linux.O_RDWR, 0)
			k.must("open", e)
			equal(k, "type", a.Mode&linux.S_IFMT, linux.S_IFIFO)
			equal(k, "node", a.Node, b.Node)
			equal(k, "seekable", a.Seekable, false)
			k.want("as another user", k.as(9, 9).openErr("p", linux.O_RDONLY), linux.EACCES)
		},
		"OpenForExec": func(k *task) {
			k.createMode("x", "#!", 0755)
			k.createMode("n", "", 0644)
			k.mustMkdir("d")
			try := func(u *task, path string) (fsapi.OpenReply, linux.Errno) {
				var rep fsapi.OpenReply
				e := u.fs.Open(&fsapi.OpenRequest{Cred: u.cred, Place: u.place(path), Exec: true}, &rep)
				return rep, e
			}
			_, e := try(k, "n")
			k.want("exec of 644", e, linux.EACCES)
			_, e = try(k, "d")
			k.want("exec of a directory", e, linux.EACCES)
			_, e = try(k, "none")
			k.want("exec of nothing", e, linux.ENOENT)
			rep, e := try(k.as(5, 5), "x")
			k.must("exec of 755", e)
			equal(k, "contents", k.readAt(rep.Handle, 0, 9), "#!")
			k.want("open for writing while it runs", k.openErr("x", linux.O_WRONLY), linux.ETXTBSY)
			k.close(rep.Handle)
			w := k.open("x", linux.O_WRONLY, 0)
			_, e = try(k, "x")
			k.want("exec while open for writing", e, linux.ETXTBSY)
			k.close(w)
			_, e = try(k, "x")
			k.want("exec afterwards", e, 0)
		},
		"OpenSameNode": func(k *task) {
			k.create("f", "")
			k.must("link", k.link("f", "g"))
			a, _ := k.tryOpen("f", 0, 0)
			b, _ := k.tryOpen("g", 0, 0)
			equal(k, "node of a hard link", b.Node, a.Node)
			k.create("h", "")
			c, _ := k.tryOpen("h", 0, 0)
			if c.Node == a.Node {
				k.Errorf("two files have node %d", c.Node)
			}
			if a.Handle == b.Handle {
				k.Errorf("two opens gave handle %d", a.Handle)
			}
		},
		"ReopenChecksPermission": func(k *task) {
			k.createMode("f", "abc", 0600)
			h := k.open("f", linux.O_RDONLY, 0)
			k.must("unlink", k.unlink("f"))
			var rep fsapi.ReopenReply
			k.must("reopen", k.fs.Reopen(&fsapi.ReopenRequest{Cred: k.cred, Handle: h, Flags: linux.O_RDWR}, &rep))
			equal(k, "contents", k.readAt(rep.Handle, 0, 9), "abc")
			k.want("as another", k.fs.Reopen(&fsapi.ReopenRequest{Cred: k.as(9, 9).cred, Handle: h}, &rep), linux.EACCES)
		},
		"CloseForgetsHandle": func(k *task) {
			k.create("f", "")
			h := k.open("f", 0, 0)
			k.close(h)
			k.want("close again", k.fs.Close(&fsapi.CloseRequest{Handle: h}, &fsapi.CloseReply{}), linux.EBADF)
			k.want("close(0)", k.fs.Close(&fsapi.CloseRequest{}, &fsapi.CloseReply{}), linux.EBADF)
			next := k.open("f", 0, 0)
			if next == h {
				k.Errorf("handle %d was given again", h)
			}
			_, e := k.tryRead(h, 0, 1)
			k.want("read of the closed one", e, linux.EBADF)
		},
		"UnlinkedFileLivesOn": func(k *task) {
			k.create("f", "abc")
			h := k.open("f", linux.O_RDWR, 0)
			k.must("unlink", k.unlink("f"))
			k.writeAt(h, 3, "def")
			equal(k, "contents", k.readAt(h, 0, 10), "abcdef")
			equal(k, "nlink", k.fstat(h).Nlink, 0)
			path, e := k.pathOf(h)
			k.want("pathof", e, linux.ENOENT)
			equal(k, "path", path, "/tmp/f")
			k.create("f", "new")
			equal(k, "contents", k.readAt(h, 0, 10), "abcdef")
		},
	})
}
