package fstest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

func (k *task) mount(source, target, kind string, flags uint64, data string) linux.Errno {
	var rep fsapi.MountReply
	return k.fs.Mount(&fsapi.MountRequest{Cred: k.cred, Source: source, Target: k.place(target), Type: kind, Flags: flags, Data: []byte(data)}, &rep)
}

func (k *task) umount(target string, flags uint32) linux.Errno {
	var rep fsapi.UnmountReply
	return k.fs.Unmount(&fsapi.UnmountRequest{Cred: k.cred, Target: k.place(target), Flags: flags}, &rep)
}

func init() {
	add(map[string]func(*task){
		"MountTmpfs": func(k *task) {
			k.mustMkdir("m")
			k.create("m/below", "")
			k.must("mount", k.mount("none", "m", "tmpfs", 0, "mode=700,uid=5,size=8k"))
			equal(k, "names", k.names("m"), "")
			a := k.stat("m")
			equal(k, "mode", a.Mode, linux.S_IFDIR|0700)
			equal(k, "uid", a.Uid, 5)
			if a.Dev == k.stat(".").Dev {
				k.Errorf("a mount has the device %d of its parent", a.Dev)
			}
			equal(k, "mount root", a.Attributes&linux.STATX_ATTR_MOUNT_ROOT, linux.STATX_ATTR_MOUNT_ROOT)
			equal(k, "m/..", k.stat("m/..").Ino, k.stat(".").Ino)
			h := k.open("m/f", linux.O_CREAT|linux.O_RDWR, 0600)
			k.writeAt(h, 0, string(make([]byte, 8192)))
			_, e := k.tryWrite(h, 8192, "x", false)
			k.want("write beyond the size", e, linux.ENOSPC)
			k.must("truncate", k.ftruncate(h, 0))
			k.writeAt(h, 8192, "x")
			k.want("umount in use", k.umount("m", 0), linux.EBUSY)
			k.close(h)
			k.must("umount", k.umount("m", 0))
			equal(k, "names", k.names("m"), "below")
		},
		"MountErrors": func(k *task) {
			k.mustMkdir("m")
			k.create("f", "")
			k.want("no capability", k.as(9, 9).mount("", "m", "tmpfs", 0, ""), linux.EPERM)
			k.want("missing", k.as(9, 9).mount("", "none", "tmpfs", 0, ""), linux.ENOENT)
			k.want("on a file", k.mount("", "f", "tmpfs", 0, ""), linux.ENOTDIR)
			k.want("unknown type", k.mount("", "m", "nosuchfs", 0, ""), linux.ENODEV)
			k.want("no type", k.mount("", "m", "", 0, ""), linux.EINVAL)
			k.want("unknown option", k.mount("", "m", "tmpfs", 0, "bad=1"), linux.EINVAL)
			k.want("umount of no mount", k.umount("m", 0), linux.EINVAL)
			k.want("umount flags", k.umount("m", 0x100), linux.EINVAL)
			k.want("umount without the capability", k.as(9, 9).umount("/dev/shm", 0), linux.EPERM)
		},
		"MountReadOnly": func(k *task) {
			k.mustMkdir("m")
			k.must("mount", k.mount("", "m", "tmpfs", 0, ""))
			k.create("m/f", "abc")
			k.must("remount", k.mount("", "m", "", linux.MS_REMOUNT|linux.MS_RDONLY, ""))
			k.want("create", k.openErr("m/new", creat), linux.EROFS)
			k.want("open for writing", k.openErr("m/f", linux.O_WRONLY), linux.EROFS)
			k.want("open O_CREAT of what is there", k.openErr("m/f", linux.O_CREAT), 0)
			k.want("mkdir", k.mkdir("m/d", 0700), linux.EROFS)
			k.want("mkdir of what is there", k.mkdir("m/f", 0700), linux.EEXIST)
			k.want("unlink", k.unlink("m/f"), linux.EROFS)
			k.want("unlink of nothing", k.unlink("m/none"), linux.EROFS)
			k.want("chmod", k.chmod("m/f", 0600), linux.EROFS)
			k.want("truncate", k.truncate("m/f", 0), linux.EROFS)
			k.want("access", k.access("m/f", linux.W_OK, 0), linux.EROFS)
			k.want("setxattr", k.setxattr("m/f", "user.a", "", 0), linux.EROFS)
			k.must("remount", k.mount("", "m", "", linux.MS_REMOUNT, ""))
			h := k.open("m/f", linux.O_WRONLY, 0)
			k.want("remount in use", k.mount("", "m", "", linux.MS_REMOUNT|linux.MS_RDONLY, ""), linux.EBUSY)
			k.close(h)
		},
		"MountFlags": func(k *task) {
			k.mustMkdir("m")
			k.must("mount", k.mount("", "m", "tmpfs", linux.MS_NODEV|linux.MS_NOEXEC|linux.MS_NOSUID|linux.MS_NOSYMFOLLOW, ""))
			k.must("mknod", k.mknod("m/null", linux.S_IFCHR|0666, linux.Makedev(1, 3)))
			k.want("nodev", k.openErr("m/null", linux.O_RDWR), linux.EACCES)
			k.createMode("m/x", "#!", 06755)
			var rep fsapi.OpenReply
			k.want("noexec", k.fs.Open(&fsapi.OpenRequest{Cred: k.cred, Place: k.place("m/x"), Exec: true}, &rep), linux.EACCES)
			k.want("access X_OK", k.access("m/x", linux.X_OK, 0), linux.EACCES)
			got, _ := k.tryOpen("m/x", 0, 0)
			equal(k, "mode with nosuid", got.Mode, linux.S_IFREG|0755)
			k.must("symlink", k.symlink("x", "m/l"))
			k.want("nosymfollow", k.statErr("m/l"), linux.ELOOP)
		},
		"MountPointsStay": func(k *task) {
			k.mustMkdir("m")
			k.must("mount", k.mount("", "m", "tmpfs", 0, ""))
			k.want("rmdir", k.rmdir("m"), linux.EBUSY)
			k.want("rename", k.rename("m", "n", 0), linux.EBUSY)
			k.mustMkdir("d")
			k.want("rename over it", k.rename("d", "m", 0), linux.EBUSY)
			k.create("f", "")
			k.want("rename into it", k.rename("f", "m/f", 0), linux.EXDEV)
			k.want("link into it", k.link("f", "m/f"), linux.EXDEV)
		},
		"MountBind": func(k *task) {
			k.mustMkdir("a")
			k.create("a/f", "abc")
			k.mustMkdir("b")
			k.must("bind", k.mount("a", "b", "", linux.MS_BIND, ""))
			equal(k, "contents", k.contents("b/f"), "abc")
			k.create("b/g", "")
			equal(k, "names", k.names("a"), "f g")
			equal(k, "device", k.stat("b").Dev, k.stat("a").Dev)
			path, _ := k.pathOf(k.open("b/f", 0, 0))
			equal(k, "path", path, "/tmp/b/f")
			k.want("rename across the mount", k.rename("a/f", "b/h", 0), linux.EXDEV)
			k.create("one", "1")
			k.create("two", "2")
			k.must("bind a file", k.mount("one", "two", "", linux.MS_BIND, ""))
			equal(k, "contents", k.contents("two"), "1")
			k.want("a file on a directory", k.mount("one", "a", "", linux.MS_BIND, ""), linux.ENOTDIR)
			k.must("remount", k.mount("", "b", "", linux.MS_REMOUNT|linux.MS_BIND|linux.MS_RDONLY, ""))
			k.want("write by the bind", k.openErr("b/f", linux.O_WRONLY), linux.EROFS)
			k.want("write by the other", k.openErr("a/f", linux.O_WRONLY), 0)
		},
		"MountMove": func(k *task) {
			k.mustMkdir("a")
			k.mustMkdir("b")
			k.must("mount", k.mount("", "a", "tmpfs", 0, ""))
			k.create("a/f", "")
			k.must("move", k.mount("a", "b", "", linux.MS_MOVE, ""))
			equal(k, "names", k.names("a")+"|"+k.names("b"), "|f")
			k.want("move of no mount", k.mount("a", "b", "", linux.MS_MOVE, ""), linux.EINVAL)
			k.mustMkdir("b/in")
			k.want("into itself", k.mount("b", "b/in", "", linux.MS_MOVE, ""), linux.ELOOP)
		},
		"UmountDetach": func(k *task) {
			k.mustMkdir("m")
			k.must("mount", k.mount("", "m", "tmpfs", 0, ""))
			h := k.open("m/f", linux.O_CREAT|linux.O_RDWR, 0644)
			k.must("detach", k.umount("m", linux.MNT_DETACH))
			k.writeAt(h, 0, "lives")
			equal(k, "contents", k.readAt(h, 0, 10), "lives")
			k.want("by name", k.statErr("m/f"), linux.ENOENT)
		},
		"UmountExpire": func(k *task) {
			k.mustMkdir("m")
			k.must("mount", k.mount("", "m", "tmpfs", 0, ""))
			k.want("first", k.umount("m", linux.MNT_EXPIRE), linux.EAGAIN)
			k.want("second", k.umount("m", linux.MNT_EXPIRE), 0)
			k.want("with MNT_FORCE", k.umount("/dev/shm", linux.MNT_EXPIRE|linux.MNT_FORCE), linux.EINVAL)
		},
		"ResolveNoXdev": func(k *task) {
			k.want("/dev/null", noXdev(k, "/dev/null"), linux.EXDEV)
			u := k.in("/dev")
			k.want("null", noXdev(u, "null"), 0)
			k.want("shm", noXdev(u, "shm"), linux.EXDEV)
			k.want("..", noXdev(u, ".."), linux.EXDEV)
			k.want("/", noXdev(u, "/"), 0)
		},
	})
}

// noXdev opens a path with RESOLVE_NO_XDEV.
func noXdev(k *task, path string) linux.Errno {
	var rep fsapi.OpenReply
	return k.fs.Open(&fsapi.OpenRequest{Cred: k.cred, Place: k.place(path), Resolve: linux.RESOLVE_NO_XDEV}, &rep)
}
