package linux

// Flags and commands that all System V calls share (linux/ipc.h).
const (
	IPC_PRIVATE = 0
	IPC_CREAT   = 01000
	IPC_EXCL    = 02000
	IPC_NOWAIT  = 04000
	IPC_RMID    = 0
	IPC_SET     = 01
	IPC_STAT    = 02
	IPC_INFO    = 03
)

// Shared memory (linux/shm.h).
const (
	SHM_R          = 0400
	SHM_W          = 0200
	SHM_HUGETLB    = 04000
	SHM_NORESERVE  = 010000
	SHM_HUGE_SHIFT = 032
	SHM_HUGE_MASK  = 077
	SHM_RDONLY     = 010000
	SHM_RND        = 020000
	SHM_REMAP      = 040000
	SHM_EXEC       = 0100000
	SHM_LOCK       = 013
	SHM_UNLOCK     = 014
	SHM_STAT       = 015
	SHM_INFO       = 016
	SHM_STAT_ANY   = 017
	SHMMNI         = 010000
	SHMMIN         = 01
	SHMMAX         = 01777777777777677777777
	SHMALL         = 01777777777777677777777
)

// Semaphores (linux/sem.h).
const (
	SEM_UNDO     = 0x1000
	GETPID       = 0xb
	GETVAL       = 0xc
	GETALL       = 0xd
	GETNCNT      = 0xe
	GETZCNT      = 0xf
	SETVAL       = 0x10
	SETALL       = 0x11
	SEM_STAT     = 0x12
	SEM_INFO     = 0x13
	SEM_STAT_ANY = 0x14
	SEMMNI       = 0x7d00
	SEMMSL       = 0x7d00
	SEMMNS       = 0x3d090000
	SEMOPM       = 0x1f4
	SEMVMX       = 0x7fff
	SEMAEM       = 0x7fff
)

// Message queues (linux/msg.h).
const (
	MSG_STAT     = 013
	MSG_INFO     = 014
	MSG_STAT_ANY = 015
	MSG_NOERROR  = 010000
	MSG_EXCEPT   = 020000
	MSG_COPY     = 040000
)

// Limits of System V message queues: queues, bytes of a message, bytes of a queue.
const (
	MSGMNI = 32000
	MSGMAX = 8192
	MSGMNB = 16384
)

// POSIX message queues: the highest priority plus one.
const (
	MQ_PRIO_MAX = 32768
)
