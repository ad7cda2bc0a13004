package fstest

import (
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func init() {
	add(map[string]func(*task){
		"WalkEmptyPathIsENOENT": func(k *task) {
			k.want("stat(\"\")", k.statErr(""), linux.ENOENT)
			k.want("open(\"\")", k.openErr("", 0), linux.ENOENT)
			k.want("mkdir(\"\")", k.mkdir("", 0755), linux.ENOENT)
		},
		"WalkDotDotStopsAtRoot": func(k *task) {
			a, b := k.stat("/"), k.stat("/../../..")
			equal(k, "ino of /../../..", b.Ino, a.Ino)
		},
		"WalkDotDotStopsAtChroot": func(k *task) {
			k.mustMkdir("jail")
			k.mustMkdir("jail/in")
			j := *k
			j.root = k.resolve("jail")
			j.cwd = j.root
			equal(k, "ino of .. at the root", j.stat("..").Ino, k.stat("jail").Ino)
			equal(k, "ino of /in/../..", j.stat("/in/../..").Ino, k.stat("jail").Ino)
			k.want("stat(/tmp)", j.statErr("/tmp"), linux.ENOENT)
		},
		"WalkThroughFileIsENOTDIR": func(k *task) {
			k.create("f", "")
			k.want("stat(f/x)", k.statErr("f/x"), linux.ENOTDIR)
			k.want("stat(f/)", k.statErr("f/"), linux.ENOTDIR)
			k.want("stat(f/.)", k.statErr("f/."), linux.ENOTDIR)
			k.want("stat(f/..)", k.statErr("f/.."), linux.ENOTDIR)
			k.want("mkdir(f/x)", k.mkdir("f/x", 0755), linux.ENOTDIR)
		},
		"WalkSlashesCollapse": func(k *task) {
			k.mustMkdir("d")
			k.create("d/f", "x")
			equal(k, "size", k.stat("//tmp///d//.//f").Size, 1)
		},
		"WalkLongNames": func(k *task) {
			k.create(strings.Repeat("n", 255), "")
			k.want("stat(256 bytes)", k.statErr(strings.Repeat("n", 256)), linux.ENAMETOOLONG)
			k.want("create(256 bytes)", k.openErr(strings.Repeat("n", 256), linux.O_CREAT|linux.O_WRONLY), linux.ENAMETOOLONG)
			k.want("stat(4096 bytes)", k.statErr(strings.Repeat("./", 2048)), linux.ENAMETOOLONG)
			k.want("stat(4095 bytes)", k.statErr(strings.Repeat("./", 2047)+"."), 0)
		},
		"WalkFollows40Links": func(k *task) {
			k.create("l0", "end")
			names := make([]string, 42)
			for i := range names {
				names[i] = "l" + strings.Repeat("x", i)
			}
			names[0] = "l0"
			for i := 1; i < len(names); i++ {
				k.must("symlink", k.symlink(names[i-1], names[i]))
			}
			k.want("stat over 40 links", k.statErr(names[40]), 0)
			k.want("stat over 41 links", k.statErr(names[41]), linux.ELOOP)
		},
		"WalkLinkLoopIsELOOP": func(k *task) {
			k.must("symlink", k.symlink("b", "a"))
			k.must("symlink", k.symlink("a", "b"))
			k.want("stat(a)", k.statErr("a"), linux.ELOOP)
			k.want("stat(a/x)", k.statErr("a/x"), linux.ELOOP)
			_, e := k.tryStat("a", linux.AT_SYMLINK_NOFOLLOW)
			k.want("lstat(a)", e, 0)
		},
		"WalkLinksInTheMiddle": func(k *task) {
			k.mustMkdir("d")
			k.mustMkdir("d/e")
			k.create("d/e/f", "abc")
			k.must("symlink", k.symlink("d", "one"))
			k.must("symlink", k.symlink("/tmp/one/e/", "two"))
			k.must("symlink", k.symlink("../../", "d/e/up"))
			equal(k, "one/e/f", k.contents("one/e/f"), "abc")
			equal(k, "two/f", k.contents("two/f"), "abc")
			equal(k, "two/up/one/e/f", k.contents("two/up/one/e/f"), "abc")
			equal(k, "type of two/", k.stat("two/").Mode&linux.S_IFMT, linux.S_IFDIR)
			equal(k, "type of lstat two", k.lstat("two").Mode&linux.S_IFMT, linux.S_IFLNK)
			// A slash at the end follows even for lstat.
			equal(k, "type of lstat two/", k.lstat("two/").Mode&linux.S_IFMT, linux.S_IFDIR)
		},
		"WalkLinkToRoot": func(k *task) {
			k.must("symlink", k.symlink("/", "top"))
			k.must("symlink", k.symlink("///", "tops"))
			equal(k, "top", k.stat("top").Ino, k.stat("/").Ino)
			equal(k, "tops/tmp", k.stat("tops/tmp").Ino, k.stat("/tmp").Ino)
		},
		"WalkSearchPermission": func(k *task) {
			k.must("mkdir", k.mkdir("d", 0700))
			k.create("d/f", "")
			u := k.as(1000, 1000)
			k.want("stat(d/f)", u.statErr("d/f"), linux.EACCES)
			k.want("stat(d/none)", u.statErr("d/none"), linux.EACCES)
			k.want("stat(d)", u.statErr("d"), 0)
			k.want("stat(d/.)", u.statErr("d/."), linux.EACCES)
			k.want("with CAP_DAC_READ_SEARCH", u.with(linux.CAP_DAC_READ_SEARCH).statErr("d/f"), 0)
			k.must("chmod", k.chmod("d", 0711))
			k.want("stat(d/f) after chmod 711", u.statErr("d/f"), 0)
			k.want("open(d) after chmod 711", u.openErr("d", 0), linux.EACCES)
		},
		"WalkOwnerBitsCountAlone": func(k *task) {
			k.createMode("f", "", 0077)
			k.must("chown", k.chown("f", 1000, 1000))
			k.want("owner reads 0077", k.as(1000, 1000).openErr("f", linux.O_RDONLY), linux.EACCES)
			k.want("other reads 0077", k.as(1001, 1001).openErr("f", linux.O_RDONLY), 0)
			k.must("chmod", k.chmod("f", 0707))
			k.want("group reads 0707", k.as(1001, 1000).openErr("f", linux.O_RDONLY), linux.EACCES)
			k.want("supplementary group reads 0707", k.as(1001, 5, 7, 1000).openErr("f", linux.O_RDONLY), linux.EACCES)
		},
		"WalkFromFileHandleIsENOTDIR": func(k *task) {
			k.create("f", "")
			u := *k
			u.cwd = k.open("f", linux.O_RDONLY, 0)
			k.want("stat(x) at a file", u.statErr("x"), linux.ENOTDIR)
			k.want("stat(/tmp) at a file", u.statErr("/tmp"), 0)
			u.cwd = 1 << 60
			k.want("stat(x) at no handle", u.statErr("x"), linux.EBADF)
			k.want("stat(/tmp) at no handle", u.statErr("/tmp"), 0)
		},
		"WalkEmptyPathFlag": func(k *task) {
			k.create("f", "abc")
			u := *k
			u.cwd = k.open("f", linux.O_PATH, 0)
			a, e := u.tryStat("", linux.AT_EMPTY_PATH)
			k.must("stat(\"\", AT_EMPTY_PATH)", e)
			equal(k, "size", a.Size, 3)
			_, e = u.tryStat("", 0)
			k.want("stat(\"\")", e, linux.ENOENT)
		},
		"WalkRemovedDirectory": func(k *task) {
			k.mustMkdir("d")
			u := k.in("d")
			k.must("rmdir", k.rmdir("d"))
			k.want("create in it", u.openErr("x", linux.O_CREAT|linux.O_WRONLY), linux.ENOENT)
			k.want("mkdir in it", u.mkdir("x", 0755), linux.ENOENT)
			k.want("stat(.)", u.statErr("."), 0)
			k.want("stat(..)", u.statErr(".."), 0)
			_, e := u.pathOf(u.cwd)
			k.want("getcwd", e, linux.ENOENT)
		},
		"ResolveBeneath": func(k *task) {
			k.mustMkdir("d")
			k.create("d/f", "")
			k.create("out", "")
			k.must("symlink", k.symlink("../out", "d/up"))
			k.must("symlink", k.symlink("/tmp/d/f", "d/abs"))
			u := k.in("d")
			try := func(path string, resolve uint64) linux.Errno {
				var rep fsapi.OpenReply
				return u.fs.Open(&fsapi.OpenRequest{Cred: u.cred, Place: u.place(path), Resolve: resolve}, &rep)
			}
			const b, r = linux.RESOLVE_BENEATH, linux.RESOLVE_IN_ROOT
			k.want("beneath f", try("f", b), 0)
			k.want("beneath ../out", try("../out", b), linux.EXDEV)
			k.want("beneath ../d/f", try("../d/f", b), linux.EXDEV)
			k.want("beneath up", try("up", b), linux.EXDEV)
			k.want("beneath abs", try("abs", b), linux.EXDEV)
			k.want("beneath /tmp/d/f", try("/tmp/d/f", b), linux.EXDEV)
			k.want("in root /f", try("/f", r), 0)
			k.want("in root ../f", try("../f", r), 0)
			k.want("in root up", try("up", r), linux.ENOENT)
			k.want("in root abs", try("abs", r), linux.ENOENT)
			k.want("no symlinks f", try("f", linux.RESOLVE_NO_SYMLINKS), 0)
			k.want("no symlinks abs", try("abs", linux.RESOLVE_NO_SYMLINKS), linux.ELOOP)
		},
		"ResolveChecksAccess": func(k *task) {
			k.must("mkdir", k.mkdir("d", 0700))
			k.create("f", "")
			try := func(u *task, path string, access uint32, dir bool) linux.Errno {
				var rep fsapi.ResolveReply
				return u.fs.Resolve(&fsapi.ResolveRequest{Cred: u.cred, Place: u.place(path), Access: access, Directory: dir}, &rep)
			}
			u := k.as(1000, 1000)
			k.want("chdir(d)", try(u, "d", linux.X_OK, true), linux.EACCES)
			k.want("chdir(f)", try(u, "f", linux.X_OK, true), linux.ENOTDIR)
			k.want("chdir(none)", try(u, "none", linux.X_OK, true), linux.ENOENT)
			k.want("chdir(d) as root", try(k, "d", linux.X_OK, true), 0)
			k.want("connect(f)", try(u, "f", linux.W_OK, false), linux.EACCES)
		},
		"PathOfFollowsRename": func(k *task) {
			k.mustMkdir("a")
			k.mustMkdir("a/b")
			k.mustMkdir("c")
			h := k.resolve("a/b")
			k.must("rename", k.rename("a/b", "c/z", 0))
			path, e := k.pathOf(h)
			k.must("pathof", e)
			equal(k, "path", path, "/tmp/c/z")
			root, _ := k.pathOf(k.resolve("/"))
			equal(k, "path of /", root, "/")
			u := *k
			u.root = k.resolve("c")
			path, e = u.pathOf(h)
			k.must("pathof below a root", e)
			equal(k, "path below a root", path, "/z")
			var rep fsapi.PathOfReply
			k.fs.PathOf(&fsapi.PathOfRequest{Root: u.root, Handle: k.cwd}, &rep)
			equal(k, "unreachable", rep.Unreachable, true)
		},
		"AccessChecks": func(k *task) {
			k.createMode("f", "", 0640)
			k.must("chown", k.chown("f", 1000, 100))
			o, g, u := k.as(1000, 1000), k.as(5, 100), k.as(6, 6)
			k.want("owner RW", o.access("f", 6, 0), 0)
			k.want("owner X", o.access("f", 1, 0), linux.EACCES)
			k.want("group R", g.access("f", 4, 0), 0)
			k.want("group W", g.access("f", 2, 0), linux.EACCES)
			k.want("other R", u.access("f", 4, 0), linux.EACCES)
			k.want("other F", u.access("f", 0, 0), 0)
			k.want("root RW", k.access("f", 6, 0), 0)
			k.want("root X without any x bit", k.access("f", 1, 0), linux.EACCES)
			k.must("chmod", k.chmod("f", 0641))
			k.want("root X with an x bit", k.access("f", 1, 0), 0)
			k.want("mode 8", k.access("f", 8, 0), linux.EINVAL)
			k.want("missing", k.access("none", 0, 0), linux.ENOENT)
			k.must("symlink", k.symlink("none", "l"))
			k.want("dangling", k.access("l", 0, 0), linux.ENOENT)
			k.want("dangling NOFOLLOW", k.access("l", 0, linux.AT_SYMLINK_NOFOLLOW), 0)
		},
	})
}
