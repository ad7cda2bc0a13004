package linux

// Special directory and flags of the *at calls (linux/fcntl.h). Some values
// mean different things to different calls.
const (
	AT_FDCWD                = -100
	AT_SYMLINK_NOFOLLOW     = 0x100
	AT_EACCESS              = 0x200
	AT_REMOVEDIR            = 0x200
	AT_SYMLINK_FOLLOW       = 0x400
	AT_NO_AUTOMOUNT         = 0x800
	AT_EMPTY_PATH           = 0x1000
	AT_STATX_SYNC_TYPE      = 0x6000
	AT_STATX_SYNC_AS_STAT   = 0x0
	AT_STATX_FORCE_SYNC     = 0x2000
	AT_STATX_DONT_SYNC      = 0x4000
	AT_RECURSIVE            = 0x8000
	AT_HANDLE_FID           = 0x200   // name_to_handle_at
	AT_HANDLE_MNT_ID_UNIQUE = 0x1     // name_to_handle_at
	AT_EXECVE_CHECK         = 0x10000 // execveat
)

// Modes of access(2).
const (
	F_OK = 0
	X_OK = 1
	W_OK = 2
	R_OK = 4
)

// Whence of lseek(2).
const (
	SEEK_SET  = 0
	SEEK_CUR  = 1
	SEEK_END  = 2
	SEEK_DATA = 3
	SEEK_HOLE = 4
	SEEK_MAX  = 4
)

// Flags of renameat2(2).
const (
	RENAME_NOREPLACE = 0x1
	RENAME_EXCHANGE  = 0x2
	RENAME_WHITEOUT  = 0x4
)

// Nanoseconds of utimensat(2) that mean "now" and "leave as it is".
const (
	UTIME_NOW  = 0x3fffffff
	UTIME_OMIT = 0x3ffffffe
)

// Flags of linux/xattr.h, its size limits in bytes, and its name prefixes.
const (
	XATTR_CREATE                 = 0x1
	XATTR_REPLACE                = 0x2
	XATTR_NAME_MAX               = 0xff
	XATTR_SIZE_MAX               = 0x10000
	XATTR_LIST_MAX               = 0x10000
	XATTR_SECURITY_PREFIX        = "security."
	XATTR_SYSTEM_PREFIX          = "system."
	XATTR_TRUSTED_PREFIX         = "trusted."
	XATTR_USER_PREFIX            = "user."
	XATTR_NAME_CAPS              = "security.capability"
	XATTR_NAME_POSIX_ACL_ACCESS  = "system.posix_acl_access"
	XATTR_NAME_POSIX_ACL_DEFAULT = "system.posix_acl_default"
)

// Access control lists in extended attributes: posix_acl_xattr.h.
const (
	POSIX_ACL_XATTR_VERSION = 0x2

	ACL_USER_OBJ  = 0x1
	ACL_USER      = 0x2
	ACL_GROUP_OBJ = 0x4
	ACL_GROUP     = 0x8
	ACL_MASK      = 0x10
	ACL_OTHER     = 0x20

	ACL_UNDEFINED_ID = 0xffffffff
)
