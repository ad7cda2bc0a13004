package fstest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func init() {
	add(map[string]func(*task){
		"MkdirCounts": func(k *task) {
			k.must("mkdir", k.mkdir("d", 07777))
			a := k.stat("d")
			equal(k, "mode", a.Mode, linux.S_IFDIR|01777)
			equal(k, "nlink", a.Nlink, 2)
			k.mustMkdir("d/e")
			k.create("d/f", "")
			equal(k, "nlink with a subdirectory", k.stat("d").Nlink, 3)
			k.must("rmdir", k.rmdir("d/e"))
			equal(k, "nlink after rmdir", k.stat("d").Nlink, 2)
		},
		"MkdirErrors": func(k *task) {
			k.mustMkdir("d")
			k.want("mkdir(d)", k.mkdir("d", 0755), linux.EEXIST)
			k.want("mkdir(.)", k.mkdir(".", 0755), linux.EEXIST)
			k.want("mkdir(d/..)", k.mkdir("d/..", 0755), linux.EEXIST)
			k.want("mkdir(/)", k.mkdir("/", 0755), linux.EEXIST)
			k.want("mkdir(x/)", k.mkdir("x/", 0755), 0)
			k.want("mkdir(none/x)", k.mkdir("none/x", 0755), linux.ENOENT)
			k.want("mkdir(d/x) by another", k.as(9, 9).mkdir("d/x", 0755), linux.EACCES)
			k.want("mkdir(d) by another", k.as(9, 9).mkdir("d", 0755), linux.EEXIST)
			k.must("symlink", k.symlink("none", "l"))
			k.want("mkdir(dangling)", k.mkdir("l", 0755), linux.EEXIST)
		},
		"SetgidDirectoryInherits": func(k *task) {
			k.mustMkdir("d")
			k.must("chown", k.chown("d", 1000, 77))
			k.must("chmod", k.chmod("d", 02777))
			u := k.as(1000, 1000)
			u.create("d/f", "")
			equal(k, "gid of a file", k.stat("d/f").Gid, 77)
			k.must("mkdir", u.mkdir("d/sub", 0755))
			a := k.stat("d/sub")
			equal(k, "gid of a directory", a.Gid, 77)
			equal(k, "mode of a directory", a.Mode, linux.S_IFDIR|02755)
			u.createMode("d/x", "", 02775)
			equal(k, "mode of 2775 by a stranger to the group", k.stat("d/x").Mode, linux.S_IFREG|0775)
			k.createMode("d/y", "", 02775)
			equal(k, "mode of 2775 by root", k.stat("d/y").Mode, linux.S_IFREG|02775)
		},
		"MknodKinds": func(k *task) {
			u := k.as(1000, 1000)
			k.must("fifo", u.mknod("p", linux.S_IFIFO|0644, 5))
			equal(k, "fifo mode", k.stat("p").Mode, linux.S_IFIFO|0644)
			equal(k, "fifo rdev", k.stat("p").Rdev, 0)
			k.must("regular", u.mknod("r", 0640, 0))
			equal(k, "mode of type 0", k.stat("r").Mode, linux.S_IFREG|0640)
			k.want("device without CAP_MKNOD", u.mknod("c", linux.S_IFCHR|0666, 0x103), linux.EPERM)
			k.want("whiteout device", u.mknod("w", linux.S_IFCHR, 0), 0)
			k.must("device", k.mknod("c", linux.S_IFCHR|0666, 0x103))
			equal(k, "rdev", k.stat("c").Rdev, 0x103)
			k.want("directory", k.mknod("d", linux.S_IFDIR|0755, 0), linux.EPERM)
			k.want("symlink", k.mknod("d", linux.S_IFLNK|0755, 0), linux.EINVAL)
			k.want("exists", k.mknod("p", linux.S_IFIFO, 0), linux.EEXIST)
			k.want("slash", k.mknod("q/", linux.S_IFIFO, 0), linux.ENOENT)
		},
		"SymlinkReadlink": func(k *task) {
			k.must("symlink", k.symlink("some/where", "l"))
			text, e := k.tryReadlink("l", 100)
			k.must("readlink", e)
			equal(k, "text", text, "some/where")
			text, _ = k.tryReadlink("l", 4)
			equal(k, "text cut to 4", text, "some")
			a := k.lstat("l")
			equal(k, "mode", a.Mode, linux.S_IFLNK|0777)
			equal(k, "size", a.Size, 10)
			_, e = k.tryReadlink("l", 0)
			k.want("readlink of size 0", e, linux.EINVAL)
			k.create("f", "")
			_, e = k.tryReadlink("f", 10)
			k.want("readlink(file)", e, linux.EINVAL)
			_, e = k.tryReadlink("none", 10)
			k.want("readlink(none)", e, linux.ENOENT)
			k.want("symlink onto a name", k.symlink("x", "f"), linux.EEXIST)
			k.want("symlink(\"\")", k.symlink("", "z"), linux.ENOENT)
			k.want("symlink to x/", k.symlink("f", "x/"), linux.ENOENT)
		},
		"ReadlinkOfHandle": func(k *task) {
			k.must("symlink", k.symlink("t", "l"))
			u := *k
			u.cwd = k.open("l", linux.O_PATH|linux.O_NOFOLLOW, 0)
			text, e := u.tryReadlink("", 10)
			k.must("readlinkat(fd, \"\")", e)
			equal(k, "text", text, "t")
			u.cwd = k.open(".", linux.O_PATH, 0)
			_, e = u.tryReadlink("", 10)
			k.want("readlinkat(directory, \"\")", e, linux.ENOENT)
		},
		"LinkShares": func(k *task) {
			k.create("a", "abc")
			k.must("link", k.link("a", "b"))
			a, b := k.stat("a"), k.stat("b")
			equal(k, "ino", b.Ino, a.Ino)
			equal(k, "nlink", a.Nlink, 2)
			h := k.open("a", linux.O_WRONLY, 0)
			k.writeAt(h, 0, "xyz")
			equal(k, "contents by the other name", k.contents("b"), "xyz")
			k.must("unlink", k.unlink("a"))
			equal(k, "nlink", k.stat("b").Nlink, 1)
		},
		"LinkErrors": func(k *task) {
			k.create("f", "")
			k.mustMkdir("d")
			k.want("link(d, e)", k.link("d", "e"), linux.EPERM)
			k.want("link(f, f)", k.link("f", "f"), linux.EEXIST)
			k.want("link(none, x)", k.link("none", "x"), linux.ENOENT)
			k.want("link(f, x/)", k.link("f", "x/"), linux.ENOENT)
			k.want("link(f/, x)", k.link("f/", "x"), linux.ENOTDIR)
			k.want("link flags", k.linkat("f", "x", 1), linux.EINVAL)
			k.want("link(f, d/x) by another", k.as(9, 9).link("f", "d/x"), linux.EPERM)
			k.must("chmod", k.chmod("f", 0666))
			k.want("link(f, d/x) by another, writable", k.as(9, 9).link("f", "d/x"), linux.EACCES)
			k.want("link(f, g) by another, writable", k.as(9, 9).link("f", "g"), 0)
		},
		"LinkFollowsOnlyWhenAsked": func(k *task) {
			k.create("f", "")
			k.must("symlink", k.symlink("f", "l"))
			k.must("link", k.link("l", "m"))
			equal(k, "type of m", k.lstat("m").Mode&linux.S_IFMT, linux.S_IFLNK)
			k.must("link", k.linkat("l", "n", linux.AT_SYMLINK_FOLLOW))
			equal(k, "ino of n", k.lstat("n").Ino, k.stat("f").Ino)
		},
		"LinkOfRemovedFileIsENOENT": func(k *task) {
			k.create("f", "")
			u := *k
			u.cwd = k.open("f", linux.O_RDONLY, 0)
			k.must("unlink", k.unlink("f"))
			k.want("linkat", k.fs.Link(&fsapi.LinkRequest{Cred: k.cred, From: u.place(""), To: k.place("g"),
				Flags: linux.AT_EMPTY_PATH}, &fsapi.LinkReply{}), linux.ENOENT)
		},
		"UnlinkErrors": func(k *task) {
			k.mustMkdir("d")
			k.create("f", "")
			k.create("d/x", "")
			k.want("unlink(d)", k.unlink("d"), linux.EISDIR)
			k.want("unlink(d/)", k.unlink("d/"), linux.EISDIR)
			k.want("unlink(f/)", k.unlink("f/"), linux.ENOTDIR)
			k.want("unlink(.)", k.unlink("."), linux.EISDIR)
			k.want("unlink(none)", k.unlink("none"), linux.ENOENT)
			k.want("unlink(none/)", k.unlink("none/"), linux.ENOENT)
			k.want("unlink(d/x) by another", k.as(9, 9).unlink("d/x"), linux.EACCES)
			k.want("flags", k.fs.Unlink(&fsapi.UnlinkRequest{Cred: k.cred, Place: k.place("f"), Flags: 1}, &fsapi.UnlinkReply{}), linux.EINVAL)
			k.must("symlink", k.symlink("d", "l"))
			k.want("unlink(link)", k.unlink("l"), 0)
			k.want("stat(d)", k.statErr("d"), 0)
		},
		"RmdirErrors": func(k *task) {
			k.mustMkdir("d")
			k.mustMkdir("d/e")
			k.create("f", "")
			k.want("rmdir(d)", k.rmdir("d"), linux.ENOTEMPTY)
			k.want("rmdir(d/.)", k.rmdir("d/."), linux.EINVAL)
			k.want("rmdir(d/..)", k.rmdir("d/.."), linux.ENOTEMPTY)
			k.want("rmdir(/)", k.rmdir("/"), linux.EBUSY)
			k.want("rmdir(f)", k.rmdir("f"), linux.ENOTDIR)
			k.want("rmdir(none)", k.rmdir("none"), linux.ENOENT)
			k.must("symlink", k.symlink("d/e", "l"))
			k.want("rmdir(link)", k.rmdir("l"), linux.ENOTDIR)
			k.want("rmdir(link/)", k.rmdir("l/"), linux.ENOTDIR)
			k.want("rmdir(d/e/)", k.rmdir("d/e/"), 0)
		},
		"StickyDirectory": func(k *task) {
			a, b := k.as(1000, 1000), k.as(1001, 1001)
			a.create("f", "")
			a.create("g", "")
			k.want("unlink by another", b.unlink("f"), linux.EPERM)
			k.want("rename by another", b.rename("f", "z", 0), linux.EPERM)
			b.create("h", "")
			k.want("rename over another's", b.rename("h", "f", 0), linux.EPERM)
			k.want("with CAP_FOWNER", b.with(linux.CAP_FOWNER).unlink("f"), 0)
			k.want("by the owner", a.unlink("g"), 0)
		},
		"RenameReplacesFile": func(k *task) {
			k.create("a", "A")
			k.create("b", "B")
			k.must("rename", k.rename("a", "b", 0))
			equal(k, "contents", k.contents("b"), "A")
			equal(k, "names", k.names("."), "b")
		},
		"RenameReplacesEmptyDirectory": func(k *task) {
			k.mustMkdir("a")
			k.create("a/x", "")
			k.mustMkdir("b")
			k.must("rename", k.rename("a", "b", 0))
			equal(k, "names", k.names("b"), "x")
			k.mustMkdir("c")
			k.want("onto a full one", k.rename("c", "b", 0), linux.ENOTEMPTY)
			k.want("onto a full one with /", k.rename("c/", "b/", 0), linux.ENOTEMPTY)
		},
		"RenameKinds": func(k *task) {
			k.create("f", "")
			k.mustMkdir("d")
			k.want("file onto directory", k.rename("f", "d", 0), linux.EISDIR)
			k.want("directory onto file", k.rename("d", "f", 0), linux.ENOTDIR)
			k.want("file to x/", k.rename("f", "x/", 0), linux.ENOTDIR)
			k.want("f/ to x", k.rename("f/", "x", 0), linux.ENOTDIR)
			k.want("directory to x/", k.rename("d", "x/", 0), 0)
			k.want("missing", k.rename("none", "y", 0), linux.ENOENT)
			k.want("to a missing directory", k.rename("f", "none/y", 0), linux.ENOENT)
			k.want("dot", k.rename("x/.", "y", 0), linux.EBUSY)
			k.want("to dotdot", k.rename("f", "x/..", 0), linux.EBUSY)
			k.want("root", k.rename("/", "y", 0), linux.EBUSY)
		},
		"RenameIntoItself": func(k *task) {
			k.mustMkdir("a")
			k.mustMkdir("a/b")
			k.want("rename(a, a/b/c)", k.rename("a", "a/b/c", 0), linux.EINVAL)
			k.want("rename(a, a/c)", k.rename("a", "a/c", 0), linux.EINVAL)
			k.want("rename(a/b, a)", k.rename("a/b", "a", 0), linux.ENOTEMPTY)
			k.want("rename(a, a)", k.rename("a", "a", 0), 0)
			k.want("exchange(a, a/b)", k.rename("a", "a/b", linux.RENAME_EXCHANGE), linux.EINVAL)
			k.want("exchange(a/b, a)", k.rename("a/b", "a", linux.RENAME_EXCHANGE), linux.EINVAL)
		},
		"RenameHardLinkOntoItselfDoesNothing": func(k *task) {
			k.create("a", "x")
			k.must("link", k.link("a", "b"))
			k.must("rename", k.rename("a", "b", 0))
			equal(k, "names", k.names("."), "a b")
		},
		"RenameNoReplace": func(k *task) {
			k.create("a", "")
			k.create("b", "")
			k.want("rename(a, b, NOREPLACE)", k.rename("a", "b", linux.RENAME_NOREPLACE), linux.EEXIST)
			k.want("rename(a, c, NOREPLACE)", k.rename("a", "c", linux.RENAME_NOREPLACE), 0)
			k.want("rename(c, ., NOREPLACE)", k.rename("c", ".", linux.RENAME_NOREPLACE), linux.EEXIST)
			k.want("NOREPLACE|EXCHANGE", k.rename("b", "c", 3), linux.EINVAL)
			k.want("unknown flag", k.rename("b", "c", 8), linux.EINVAL)
		},
		"RenameExchange": func(k *task) {
			k.create("f", "F")
			k.mustMkdir("d")
			k.mustMkdir("d/e")
			k.create("d/e/x", "")
			k.must("exchange", k.rename("f", "d/e", linux.RENAME_EXCHANGE))
			equal(k, "contents", k.contents("d/e"), "F")
			equal(k, "names", k.names("f"), "x")
			equal(k, "nlink of d", k.stat("d").Nlink, 2)
			equal(k, ".. of f", k.stat("f/..").Ino, k.stat(".").Ino)
			k.want("with nothing", k.rename("f", "none", linux.RENAME_EXCHANGE), linux.ENOENT)
			k.want("file with /", k.rename("f", "d/e/", linux.RENAME_EXCHANGE), linux.ENOTDIR)
		},
		"RenameMovesDirectory": func(k *task) {
			k.mustMkdir("a")
			k.mustMkdir("b")
			k.mustMkdir("a/d")
			k.must("rename", k.rename("a/d", "b/d", 0))
			equal(k, "nlink of a", k.stat("a").Nlink, 2)
			equal(k, "nlink of b", k.stat("b").Nlink, 3)
			equal(k, "b/d/..", k.stat("b/d/..").Ino, k.stat("b").Ino)
		},
		"RenamePermissions": func(k *task) {
			k.mustMkdir("mine")
			k.must("chmod", k.chmod("mine", 0777))
			k.mustMkdir("other")
			u := k.as(1000, 1000)
			k.must("mkdir", u.mkdir("mine/d", 0500))
			u.create("mine/f", "")
			k.want("into 755", u.rename("mine/f", "other/f", 0), linux.EACCES)
			k.want("out of 755", u.rename("other", "mine/x", 0), linux.EPERM)
			k.must("mkdir", u.mkdir("here", 0755))
			// A directory that the caller cannot write stays where it is, since
			// its ".." would change.
			k.want("move a 0500 directory", u.rename("mine/d", "here/d", 0), linux.EACCES)
			k.want("rename it in place", u.rename("mine/d", "mine/e", 0), 0)
		},
		"ReaddirTypesAndCookies": func(k *task) {
			k.create("f", "")
			k.mustMkdir("d")
			k.must("symlink", k.symlink("x", "l"))
			k.must("mknod", k.mknod("p", linux.S_IFIFO|0600, 0))
			types := map[string]uint32{}
			inos := map[string]uint64{}
			for _, e := range k.list(".") {
				types[e.Name] = e.Type
				inos[e.Name] = e.Ino
			}
			for name, want := range map[string]uint32{"f": linux.DT_REG, "d": linux.DT_DIR, "l": linux.DT_LNK,
				"p": linux.DT_FIFO, ".": linux.DT_DIR, "..": linux.DT_DIR} {
				equal(k, "type of "+name, types[name], want)
			}
			equal(k, "ino of f", inos["f"], k.stat("f").Ino)
			equal(k, "ino of .", inos["."], k.stat(".").Ino)
			equal(k, "ino of ..", inos[".."], k.stat("..").Ino)
		},
		"ReaddirBufferTooSmall": func(k *task) {
			k.create("a_name_of_some_length", "")
			h := k.open(".", 0, 0)
			var rep fsapi.ReadDirReply
			k.want("getdents of 10 bytes", k.fs.ReadDir(&fsapi.ReadDirRequest{Cred: k.cred, Handle: h, MaxBytes: 10}, &rep), linux.EINVAL)
			k.must("getdents of 24 bytes", k.fs.ReadDir(&fsapi.ReadDirRequest{Cred: k.cred, Handle: h, MaxBytes: 24}, &rep))
			equal(k, "entries in 24 bytes", len(rep.Entries), 1)
			k.create("file", "")
			f := k.open("file", 0, 0)
			k.want("getdents of a file", k.fs.ReadDir(&fsapi.ReadDirRequest{Cred: k.cred, Handle: f, MaxBytes: 100}, &rep), linux.ENOTDIR)
		},
		"ReaddirSurvivesRemoval": func(k *task) {
			const n = 300
			for i := range n {
				k.create(name3(i), "")
			}
			h := k.open(".", 0, 0)
			seen := map[string]int{}
			cookie := int64(0)
			for {
				var rep fsapi.ReadDirReply
				k.must("getdents", k.fs.ReadDir(&fsapi.ReadDirRequest{Cred: k.cred, Handle: h, Cookie: cookie, MaxBytes: 200}, &rep))
				if len(rep.Entries) == 0 {
					break
				}
				for _, e := range rep.Entries {
					seen[e.Name]++
					cookie = e.Cookie
					if e.Name[0] != '.' {
						k.must("unlink", k.unlink(e.Name))
					}
				}
			}
			equal(k, "entries seen", len(seen), n+2)
			equal(k, "left", k.names("."), "")
		},
		"ReaddirRemovedDirectoryIsENOENT": func(k *task) {
			k.mustMkdir("d")
			h := k.open("d", 0, 0)
			k.must("rmdir", k.rmdir("d"))
			k.want("getdents", k.fs.ReadDir(&fsapi.ReadDirRequest{Cred: k.cred, Handle: h, MaxBytes: 100}, &fsapi.ReadDirReply{}), linux.ENOENT)
		},
	})
}

func name3(i int) string {
	return "n" + string(rune('0'+i/100)) + string(rune('0'+i/10%10)) + string(rune('0'+i%10))
}
