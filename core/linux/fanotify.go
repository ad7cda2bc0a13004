package linux

// Events of fanotify(7). Those that inotify(7) has too have the same bits.
const (
	FAN_OPEN_EXEC      = 0x1000
	FAN_Q_OVERFLOW     = 0x4000
	FAN_EVENT_ON_CHILD = 0x08000000
	FAN_ONDIR          = 0x40000000

	// FAN_FD_EVENTS are those that come with a descriptor, FAN_INODE_EVENTS
	// those of inodes and names, which come with file ids only.
	FAN_FD_EVENTS    = IN_ACCESS | IN_MODIFY | IN_CLOSE | IN_OPEN | FAN_OPEN_EXEC
	FAN_INODE_EVENTS = IN_ATTRIB | IN_MOVE | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
)

// Flags of fanotify_init(2).
const (
	FAN_CLOEXEC           = 0x1
	FAN_NONBLOCK          = 0x2
	FAN_UNLIMITED_QUEUE   = 0x10
	FAN_UNLIMITED_MARKS   = 0x20
	FAN_REPORT_TID        = 0x100
	FAN_REPORT_FID        = 0x200
	FAN_REPORT_DIR_FID    = 0x400
	FAN_REPORT_NAME       = 0x800
	FAN_REPORT_TARGET_FID = 0x1000
)

// Flags of fanotify_mark(2).
const (
	FAN_MARK_ADD                 = 0x1
	FAN_MARK_REMOVE              = 0x2
	FAN_MARK_DONT_FOLLOW         = 0x4
	FAN_MARK_ONLYDIR             = 0x8
	FAN_MARK_MOUNT               = 0x10
	FAN_MARK_IGNORED_MASK        = 0x20
	FAN_MARK_IGNORED_SURV_MODIFY = 0x40
	FAN_MARK_FLUSH               = 0x80
	FAN_MARK_FILESYSTEM          = 0x100
)

// What an event says of a file: struct fanotify_event_info_header.
const (
	FAN_EVENT_INFO_TYPE_FID       = 1
	FAN_EVENT_INFO_TYPE_DFID_NAME = 2
	FAN_EVENT_INFO_TYPE_DFID      = 3
)

// SizeofFanotifyEvent is the size of struct fanotify_event_metadata, and
// FanotifyEventFd where the descriptor is in it.
const (
	SizeofFanotifyEvent = 24
	FanotifyEventFd     = 16
	FANOTIFY_VERSION    = 3
)

// AppendFanotifyEvent appends struct fanotify_event_metadata and what follows
// it. The descriptor is FAN_NOFD, -1.
func AppendFanotifyEvent(b []byte, mask uint64, pid int32, info []byte) []byte {
	b = le.AppendUint32(b, uint32(SizeofFanotifyEvent+len(info)))
	b = append(b, FANOTIFY_VERSION, 0)
	b = le.AppendUint16(b, SizeofFanotifyEvent)
	b = le.AppendUint64(b, mask)
	b = le.AppendUint32(b, ^uint32(0))
	b = le.AppendUint32(b, uint32(pid))
	return append(b, info...)
}

// FanotifyInitFlags names the flags of fanotify_init(2).
var FanotifyInitFlags = []Flag{
	{"FAN_CLOEXEC", FAN_CLOEXEC}, {"FAN_NONBLOCK", FAN_NONBLOCK}, {"FAN_CLASS_CONTENT", 0x4}, {"FAN_CLASS_PRE_CONTENT", 0x8},
	{"FAN_UNLIMITED_QUEUE", FAN_UNLIMITED_QUEUE}, {"FAN_UNLIMITED_MARKS", FAN_UNLIMITED_MARKS}, {"FAN_ENABLE_AUDIT", 0x40},
	{"FAN_REPORT_PIDFD", 0x80}, {"FAN_REPORT_TID", FAN_REPORT_TID}, {"FAN_REPORT_FID", FAN_REPORT_FID},
	{"FAN_REPORT_DIR_FID", FAN_REPORT_DIR_FID}, {"FAN_REPORT_NAME", FAN_REPORT_NAME}, {"FAN_REPORT_TARGET_FID", FAN_REPORT_TARGET_FID},
}

// FanotifyMarkFlags names the flags of fanotify_mark(2).
var FanotifyMarkFlags = []Flag{
	{"FAN_MARK_ADD", FAN_MARK_ADD}, {"FAN_MARK_REMOVE", FAN_MARK_REMOVE}, {"FAN_MARK_DONT_FOLLOW", FAN_MARK_DONT_FOLLOW},
	{"FAN_MARK_ONLYDIR", FAN_MARK_ONLYDIR}, {"FAN_MARK_MOUNT", FAN_MARK_MOUNT}, {"FAN_MARK_IGNORED_MASK", FAN_MARK_IGNORED_MASK},
	{"FAN_MARK_IGNORED_SURV_MODIFY", FAN_MARK_IGNORED_SURV_MODIFY}, {"FAN_MARK_FLUSH", FAN_MARK_FLUSH},
	{"FAN_MARK_FILESYSTEM", FAN_MARK_FILESYSTEM}, {"FAN_MARK_EVICTABLE", 0x200}, {"FAN_MARK_IGNORE", 0x400},
}

// FanotifyEvents names the events of fanotify_mark(2).
var FanotifyEvents = []Flag{
	{"FAN_ACCESS", IN_ACCESS}, {"FAN_MODIFY", IN_MODIFY}, {"FAN_ATTRIB", IN_ATTRIB}, {"FAN_CLOSE_WRITE", IN_CLOSE_WRITE},
	{"FAN_CLOSE_NOWRITE", IN_CLOSE_NOWRITE}, {"FAN_OPEN", IN_OPEN}, {"FAN_MOVED_FROM", IN_MOVED_FROM}, {"FAN_MOVED_TO", IN_MOVED_TO},
	{"FAN_CREATE", IN_CREATE}, {"FAN_DELETE", IN_DELETE}, {"FAN_DELETE_SELF", IN_DELETE_SELF}, {"FAN_MOVE_SELF", IN_MOVE_SELF},
	{"FAN_OPEN_EXEC", FAN_OPEN_EXEC}, {"FAN_FS_ERROR", 0x8000}, {"FAN_OPEN_PERM", 0x10000}, {"FAN_ACCESS_PERM", 0x20000},
	{"FAN_OPEN_EXEC_PERM", 0x40000}, {"FAN_EVENT_ON_CHILD", FAN_EVENT_ON_CHILD}, {"FAN_RENAME", 0x10000000}, {"FAN_ONDIR", FAN_ONDIR},
}
