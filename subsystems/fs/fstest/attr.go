package fstest

import (
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

const (
	aTime    = uint32(fsapi.SetattrValidAtime)
	mTime    = uint32(fsapi.SetattrValidMtime)
	aTimeNow = uint32(fsapi.SetattrValidAtimeNow)
	mTimeNow = uint32(fsapi.SetattrValidMtimeNow)
)

func init() {
	add(map[string]func(*task){
		"StatFields": func(k *task) {
			k.as(1000, 1001).createMode("f", "12345", 0640)
			a := k.stat("f")
			equal(k, "mode", a.Mode, linux.S_IFREG|0640)
			equal(k, "nlink", a.Nlink, 1)
			equal(k, "uid", a.Uid, 1000)
			equal(k, "gid", a.Gid, 1001)
			equal(k, "size", a.Size, 5)
			equal(k, "blksize", a.Blksize, 4096)
			equal(k, "device of the directory", a.Dev, k.stat(".").Dev)
			if a.Ino == 0 || a.Blocks == 0 || a.MtimeSec < 1e9 || a.MntId == 0 {
				k.Errorf("stat gave ino %d, blocks %d, mtime %d, mount %d", a.Ino, a.Blocks, a.MtimeSec, a.MntId)
			}
		},
		"ChmodRules": func(k *task) {
			k.as(1000, 1000).create("f", "")
			u, v := k.as(1000, 1000), k.as(1001, 1001)
			k.want("chmod by the owner", u.chmod("f", 0600), 0)
			k.want("chmod by another", v.chmod("f", 0666), linux.EPERM)
			k.want("with CAP_FOWNER", v.with(linux.CAP_FOWNER).chmod("f", 0611), 0)
			equal(k, "mode", k.stat("f").Mode, linux.S_IFREG|0611)
			k.must("chmod", u.chmod("f", 07777))
			equal(k, "mode", k.stat("f").Mode, linux.S_IFREG|07777)
			k.must("chown", k.chown("f", -1, 50))
			k.must("chmod", u.chmod("f", 02755))
			equal(k, "set-group-id of a stranger to the group", k.stat("f").Mode, linux.S_IFREG|0755)
			k.want("missing", k.chmod("none", 0), linux.ENOENT)
			k.must("symlink", k.symlink("f", "l"))
			k.must("chmod of a link", k.chmod("l", 0640))
			equal(k, "mode", k.stat("f").Mode, linux.S_IFREG|0640)
		},
		"ChownRules": func(k *task) {
			k.as(1000, 1000).create("f", "")
			u := k.as(1000, 1000, 50)
			k.want("give away", u.chown("f", 1001, -1), linux.EPERM)
			k.want("to oneself", u.chown("f", 1000, -1), 0)
			k.want("to an own group", u.chown("f", -1, 50), 0)
			k.want("to another group", u.chown("f", -1, 51), linux.EPERM)
			k.want("by another", k.as(1001, 1001).chown("f", -1, 1001), linux.EPERM)
			k.want("with CAP_CHOWN", k.as(1001, 1001).with(linux.CAP_CHOWN).chown("f", 7, 8), 0)
			a := k.stat("f")
			equal(k, "uid", a.Uid, 7)
			equal(k, "gid", a.Gid, 8)
		},
		"ChownClearsSetid": func(k *task) {
			k.create("f", "")
			k.must("chmod", k.chmod("f", 06755))
			k.must("chown", k.chown("f", 0, 0))
			equal(k, "mode", k.stat("f").Mode, linux.S_IFREG|0755)
			k.mustMkdir("d")
			k.must("chmod", k.chmod("d", 02755))
			k.must("chown", k.chown("d", 5, 5))
			equal(k, "mode of a directory", k.stat("d").Mode, linux.S_IFDIR|02755)
			k.must("chmod", k.chmod("f", 04755))
			k.must("chown(-1, -1)", k.chown("f", -1, -1))
			equal(k, "mode after chown(-1, -1)", k.stat("f").Mode, linux.S_IFREG|0755)
		},
		"ChownOfLinkItself": func(k *task) {
			k.create("f", "")
			k.must("symlink", k.symlink("f", "l"))
			k.must("lchown", k.setattr("l", fsapi.SetattrRequest{Flags: linux.AT_SYMLINK_NOFOLLOW, Valid: uint32(fsapi.SetattrValidUid), Uid: 5}))
			equal(k, "uid of the link", k.lstat("l").Uid, 5)
			equal(k, "uid of the file", k.stat("f").Uid, 0)
			k.want("lchmod", k.setattr("l", fsapi.SetattrRequest{Flags: linux.AT_SYMLINK_NOFOLLOW,
				Valid: uint32(fsapi.SetattrValidMode), Mode: 0600}), linux.EOPNOTSUPP)
		},
		"UtimesRules": func(k *task) {
			k.as(1000, 1000).createMode("f", "", 0646)
			set := func(u *task, valid uint32) linux.Errno {
				return u.setattr("f", fsapi.SetattrRequest{Valid: valid, AtimeSec: 100, AtimeNsec: 7, MtimeSec: 200, MtimeNsec: 8})
			}
			u, v, w := k.as(1000, 1000), k.as(1001, 1001), k.as(1002, 1000)
			k.want("owner", set(u, aTime|mTime), 0)
			a := k.stat("f")
			if a.AtimeSec != 100 || a.AtimeNsec != 7 || a.MtimeSec != 200 || a.MtimeNsec != 8 {
				k.Errorf("times are %d.%d and %d.%d", a.AtimeSec, a.AtimeNsec, a.MtimeSec, a.MtimeNsec)
			}
			k.want("another", set(v, aTime|mTime), linux.EPERM)
			k.want("another who may write, now", set(v, aTimeNow|mTimeNow), 0)
			k.want("another who may not, now", set(w, aTimeNow|mTimeNow), linux.EACCES)
			k.want("another who may write, one now", set(v, aTimeNow), linux.EPERM)
			k.want("owner, one now", set(u, aTime|mTimeNow), 0)
			a = k.stat("f")
			equal(k, "atime", a.AtimeSec, 100)
			if a.MtimeSec < 1e9 {
				k.Errorf("mtime = %d, want now", a.MtimeSec)
			}
			k.want("only one", set(u, mTime), 0)
			equal(k, "mtime", k.stat("f").MtimeSec, 200)
		},
		"StatfsSaysSomething": func(k *task) {
			var rep fsapi.StatfsReply
			k.must("statfs", k.fs.Statfs(&fsapi.StatfsRequest{Cred: k.cred, Place: k.place(".")}, &rep))
			if rep.Type == 0 || rep.Bsize != 4096 || rep.Blocks == 0 || rep.Bfree == 0 || rep.Namelen != 255 {
				k.Errorf("statfs = %+v", rep)
			}
			k.want("missing", k.fs.Statfs(&fsapi.StatfsRequest{Cred: k.cred, Place: k.place("none")}, &rep), linux.ENOENT)
			var shm fsapi.StatfsReply
			k.must("fstatfs", k.fs.Statfs(&fsapi.StatfsRequest{Handle: k.open("/dev/shm", linux.O_PATH, 0)}, &shm))
			equal(k, "type of /dev/shm", shm.Type, linux.TMPFS_MAGIC)
			equal(k, "nosuid", shm.Flags&linux.ST_NOSUID, linux.ST_NOSUID)
		},
		"AttributesProtect": func(k *task) {
			const dir = "/dev/shm/"
			k.create(dir+"f", "abc")
			h := k.open(dir+"f", linux.O_RDONLY, 0)
			k.ioctl(h, linux.FS_IOC_SETFLAGS, 0, word(linux.FS_IMMUTABLE_FL))
			equal(k, "flags", string(k.ioctl(h, linux.FS_IOC_GETFLAGS, 0, nil)), string(word(linux.FS_IMMUTABLE_FL)))
			k.want("open for writing", k.openErr(dir+"f", linux.O_WRONLY), linux.EPERM)
			k.want("unlink", k.unlink(dir+"f"), linux.EPERM)
			k.want("rename", k.rename(dir+"f", dir+"g", 0), linux.EPERM)
			k.want("link", k.link(dir+"f", dir+"g"), linux.EPERM)
			k.want("chmod", k.chmod(dir+"f", 0600), linux.EPERM)
			equal(k, "statx attributes", k.stat(dir+"f").Attributes&linux.STATX_ATTR_IMMUTABLE, linux.STATX_ATTR_IMMUTABLE)
			k.ioctl(h, linux.FS_IOC_SETFLAGS, 0, word(linux.FS_APPEND_FL))
			k.want("open for writing", k.openErr(dir+"f", linux.O_WRONLY), linux.EPERM)
			k.want("open for appending", k.openErr(dir+"f", linux.O_WRONLY|linux.O_APPEND), 0)
			k.want("truncate", k.truncate(dir+"f", 0), linux.EPERM)
			k.ioctl(h, linux.FS_IOC_SETFLAGS, 0, word(0))
			k.want("unlink afterwards", k.unlink(dir+"f"), 0)
		},
	})
}

func (k *task) getxattr(path, name string) (string, linux.Errno) {
	var rep fsapi.GetXattrReply
	e := k.fs.GetXattr(&fsapi.GetXattrRequest{Cred: k.cred, Place: k.place(path), Name: name}, &rep)
	return string(rep.Value), e
}

func (k *task) setxattr(path, name, value string, flags uint32) linux.Errno {
	var rep fsapi.SetXattrReply
	return k.fs.SetXattr(&fsapi.SetXattrRequest{Cred: k.cred, Place: k.place(path), Name: name, Value: []byte(value), Flags: flags}, &rep)
}

func (k *task) removexattr(path, name string) linux.Errno {
	var rep fsapi.SetXattrReply
	return k.fs.SetXattr(&fsapi.SetXattrRequest{Cred: k.cred, Place: k.place(path), Name: name, Remove: true}, &rep)
}

func init() {
	add(map[string]func(*task){
		"XattrSetGetList": func(k *task) {
			k.create("f", "")
			k.must("set", k.setxattr("f", "user.b", "2", 0))
			k.must("set", k.setxattr("f", "user.a", "1", 0))
			value, e := k.getxattr("f", "user.b")
			k.must("get", e)
			equal(k, "value", value, "2")
			names, e := k.getxattr("f", "")
			k.must("list", e)
			equal(k, "names", names, "user.a\x00user.b\x00")
			k.must("remove", k.removexattr("f", "user.b"))
			_, e = k.getxattr("f", "user.b")
			k.want("get of the removed", e, linux.ENODATA)
			k.want("remove again", k.removexattr("f", "user.b"), linux.ENODATA)
		},
		"XattrFlags": func(k *task) {
			k.create("f", "")
			k.want("replace of nothing", k.setxattr("f", "user.a", "1", linux.XATTR_REPLACE), linux.ENODATA)
			k.want("create", k.setxattr("f", "user.a", "1", linux.XATTR_CREATE), 0)
			k.want("create again", k.setxattr("f", "user.a", "1", linux.XATTR_CREATE), linux.EEXIST)
			k.want("replace", k.setxattr("f", "user.a", "2", linux.XATTR_REPLACE), 0)
			k.want("unknown flag", k.setxattr("f", "user.a", "2", 4), linux.EINVAL)
		},
		"XattrNames": func(k *task) {
			k.create("f", "")
			k.want("no prefix", k.setxattr("f", "plain", "1", 0), linux.EOPNOTSUPP)
			k.want("only a prefix", k.setxattr("f", "user.", "1", 0), linux.EINVAL)
			k.want("too long", k.setxattr("f", "user."+strings.Repeat("n", 251), "1", 0), linux.ERANGE)
			k.want("longest", k.setxattr("f", "user."+strings.Repeat("n", 250), "1", 0), 0)
			k.want("too large", k.setxattr("f", "user.a", strings.Repeat("v", 65537), 0), linux.E2BIG)
			k.want("another of system", k.setxattr("f", "system.nothing", "x", 0), linux.EOPNOTSUPP)
		},
		"XattrPermissions": func(k *task) {
			k.as(1000, 1000).createMode("f", "", 0644)
			k.must("symlink", k.symlink("f", "l"))
			k.must("mknod", k.mknod("p", linux.S_IFIFO|0666, 0))
			u, v := k.as(1000, 1000), k.as(1001, 1001)
			k.want("owner", u.setxattr("f", "user.a", "1", 0), 0)
			k.want("another", v.setxattr("f", "user.a", "1", 0), linux.EACCES)
			_, e := v.getxattr("f", "user.a")
			k.want("another reads", e, 0)
			k.want("trusted by a user", u.setxattr("f", "trusted.a", "1", 0), linux.EPERM)
			k.want("trusted by root", k.setxattr("f", "trusted.a", "1", 0), 0)
			_, e = u.getxattr("f", "trusted.a")
			k.want("trusted read by a user", e, linux.ENODATA)
			names, _ := u.getxattr("f", "")
			equal(k, "names for a user", names, "user.a\x00")
			k.want("user. of a FIFO", k.setxattr("p", "user.a", "1", 0), linux.EPERM)
			_, e = k.getxattr("p", "user.a")
			k.want("user. of a FIFO read", e, linux.ENODATA)
			k.want("security by a user", u.setxattr("f", "security.x", "1", 0), linux.EPERM)
			_, e = k.getxattr("/proc/version", "user.a")
			k.want("user. of procfs", e, linux.EOPNOTSUPP)
		},
	})
}
