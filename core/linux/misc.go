package linux

// Operations of io_submit(2), and the flags of struct iocb (linux/aio_abi.h).
const (
	IOCB_CMD_PREAD   = 0x0
	IOCB_CMD_PWRITE  = 0x1
	IOCB_CMD_FSYNC   = 0x2
	IOCB_CMD_FDSYNC  = 0x3
	IOCB_CMD_POLL    = 0x5
	IOCB_CMD_NOOP    = 0x6
	IOCB_CMD_PREADV  = 0x7
	IOCB_CMD_PWRITEV = 0x8
	IOCB_FLAG_RESFD  = 0x1
	IOCB_FLAG_IOPRIO = 0x2
)

// Actions of syslog(2).
const (
	SYSLOG_ACTION_CLOSE         = 0
	SYSLOG_ACTION_OPEN          = 1
	SYSLOG_ACTION_READ          = 2
	SYSLOG_ACTION_READ_ALL      = 3
	SYSLOG_ACTION_READ_CLEAR    = 4
	SYSLOG_ACTION_CLEAR         = 5
	SYSLOG_ACTION_CONSOLE_OFF   = 6
	SYSLOG_ACTION_CONSOLE_ON    = 7
	SYSLOG_ACTION_CONSOLE_LEVEL = 8
	SYSLOG_ACTION_SIZE_UNREAD   = 9
	SYSLOG_ACTION_SIZE_BUFFER   = 10
)

// Bytes of a field of struct utsname, with the ending NUL; longest host name.
const (
	NEW_UTS_LEN   = 64
	UTSNAME_FIELD = 65
)

// Flags of keyctl(2): special keyrings and operations.
const (
	KEY_SPEC_THREAD_KEYRING              = -1
	KEY_SPEC_PROCESS_KEYRING             = -2
	KEY_SPEC_SESSION_KEYRING             = -3
	KEY_SPEC_USER_KEYRING                = -4
	KEY_SPEC_USER_SESSION_KEYRING        = -5
	KEY_SPEC_GROUP_KEYRING               = -6
	KEY_SPEC_REQKEY_AUTH_KEY             = -7
	KEY_SPEC_REQUESTOR_KEYRING           = -8
	KEY_REQKEY_DEFL_NO_CHANGE            = -1
	KEY_REQKEY_DEFL_DEFAULT              = 0
	KEY_REQKEY_DEFL_THREAD_KEYRING       = 1
	KEY_REQKEY_DEFL_PROCESS_KEYRING      = 2
	KEY_REQKEY_DEFL_SESSION_KEYRING      = 3
	KEY_REQKEY_DEFL_USER_KEYRING         = 4
	KEY_REQKEY_DEFL_USER_SESSION_KEYRING = 5
	KEYCTL_MOVE_EXCL                     = 1
	KEYCTL_GET_KEYRING_ID                = 0
	KEYCTL_JOIN_SESSION_KEYRING          = 1
	KEYCTL_UPDATE                        = 2
	KEYCTL_REVOKE                        = 3
	KEYCTL_CHOWN                         = 4
	KEYCTL_SETPERM                       = 5
	KEYCTL_DESCRIBE                      = 6
	KEYCTL_CLEAR                         = 7
	KEYCTL_LINK                          = 8
	KEYCTL_UNLINK                        = 9
	KEYCTL_SEARCH                        = 10
	KEYCTL_READ                          = 11
	KEYCTL_INSTANTIATE                   = 12
	KEYCTL_NEGATE                        = 13
	KEYCTL_SET_REQKEY_KEYRING            = 14
	KEYCTL_SET_TIMEOUT                   = 15
	KEYCTL_ASSUME_AUTHORITY              = 16
	KEYCTL_GET_SECURITY                  = 17
	KEYCTL_SESSION_TO_PARENT             = 18
	KEYCTL_REJECT                        = 19
	KEYCTL_INSTANTIATE_IOV               = 20
	KEYCTL_INVALIDATE                    = 21
	KEYCTL_GET_PERSISTENT                = 22
	KEYCTL_RESTRICT_KEYRING              = 29
	KEYCTL_MOVE                          = 30
	KEYCTL_CAPABILITIES                  = 31
	KEYCTL_WATCH_KEY                     = 32
)
