package fstest

import (
	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/fsapi"
)

// What setfacl writes: u::7, u:1001:6, g::4, m::6, o::1.
const acl = "\x02\x00\x00\x00" +
	"\x01\x00\x07\x00\xff\xff\xff\xff" + "\x02\x00\x06\x00\xe9\x03\x00\x00" +
	"\x04\x00\x04\x00\xff\xff\xff\xff" + "\x10\x00\x06\x00\xff\xff\xff\xff" + "\x20\x00\x01\x00\xff\xff\xff\xff"

func init() {
	add(map[string]func(*task){
		"ACLGivesANamedUserMore": func(k *task) {
			k.createMode("f", "", 0600)
			u := k.as(1001, 1001)
			k.want("access without it", u.access("f", linux.R_OK, 0), linux.EACCES)
			k.must("set", k.setxattr("f", linux.XATTR_NAME_POSIX_ACL_ACCESS, acl, 0))
			equal(k, "mode", k.stat("f").Mode, linux.S_IFREG|0761)
			k.want("access", u.access("f", linux.R_OK|linux.W_OK, 0), 0)
			k.want("access of another", k.as(1002, 1002).access("f", linux.R_OK, 0), linux.EACCES)
			k.must("chmod", k.chmod("f", 0700))
			k.want("access behind the mask", u.access("f", linux.R_OK, 0), linux.EACCES)
			k.want("set by another", u.setxattr("f", linux.XATTR_NAME_POSIX_ACL_ACCESS, acl, 0), linux.EPERM)
			k.want("of a list that is none", k.setxattr("f", linux.XATTR_NAME_POSIX_ACL_ACCESS, acl[:20], 0), linux.EINVAL)
		},
		"ACLDefaultComesBeforeTheUmask": func(k *task) {
			k.mustMkdir("d")
			make := func(path string) {
				q := fsapi.MkdirRequest{Cred: k.cred, Place: k.place(path), Mode: 0777, Umask: 077}
				var r fsapi.MkdirReply
				k.must("mkdir", k.fs.Mkdir(&q, &r))
			}
			make("d/before")
			equal(k, "mode after the umask", k.stat("d/before").Mode, linux.S_IFDIR|0700)
			k.must("set", k.setxattr("d", linux.XATTR_NAME_POSIX_ACL_DEFAULT, acl, 0))
			make("d/after")
			equal(k, "mode from the list", k.stat("d/after").Mode, linux.S_IFDIR|0761)
			value, e := k.getxattr("d/after", linux.XATTR_NAME_POSIX_ACL_DEFAULT)
			k.want("get", e, 0)
			equal(k, "the list goes down", value, acl)
		},
	})
}
