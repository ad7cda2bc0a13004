package linux

// SemgetFlags names the flags of semget(2) and msgget(2); see IpcFlagNames.
var SemgetFlags = []Flag{
	{"IPC_CREAT", IPC_CREAT}, {"IPC_EXCL", IPC_EXCL}, {"IPC_NOWAIT", IPC_NOWAIT},
}

// ShmgetFlags names the flags of shmget(2); see IpcFlagNames.
var ShmgetFlags = []Flag{
	{"IPC_CREAT", IPC_CREAT}, {"IPC_EXCL", IPC_EXCL}, {"SHM_HUGETLB", SHM_HUGETLB},
	{"SHM_NORESERVE", SHM_NORESERVE},
}

// ShmatFlags names the flags of shmat(2).
var ShmatFlags = []Flag{
	{"SHM_RDONLY", SHM_RDONLY}, {"SHM_RND", SHM_RND}, {"SHM_REMAP", SHM_REMAP}, {"SHM_EXEC", SHM_EXEC},
}

// SemopFlags names sem_flg of semop(2).
var SemopFlags = []Flag{
	{"IPC_NOWAIT", IPC_NOWAIT}, {"SEM_UNDO", SEM_UNDO},
}

// MsgsndFlags names the flags of msgsnd(2) and msgrcv(2).
var MsgsndFlags = []Flag{
	{"MSG_NOERROR", MSG_NOERROR}, {"MSG_EXCEPT", MSG_EXCEPT}, {"MSG_COPY", MSG_COPY},
	{"IPC_NOWAIT", IPC_NOWAIT},
}

// SemctlCmds names the commands of semctl(2).
var SemctlCmds = []Flag{
	{"IPC_RMID", IPC_RMID}, {"IPC_SET", IPC_SET}, {"IPC_STAT", IPC_STAT}, {"IPC_INFO", IPC_INFO},
	{"SEM_STAT", SEM_STAT}, {"SEM_INFO", SEM_INFO}, {"SEM_STAT_ANY", SEM_STAT_ANY}, {"GETPID", GETPID},
	{"GETVAL", GETVAL}, {"GETALL", GETALL}, {"GETNCNT", GETNCNT}, {"GETZCNT", GETZCNT}, {"SETVAL", SETVAL},
	{"SETALL", SETALL},
}

// ShmctlCmds names the commands of shmctl(2).
var ShmctlCmds = []Flag{
	{"IPC_RMID", IPC_RMID}, {"IPC_SET", IPC_SET}, {"IPC_STAT", IPC_STAT}, {"IPC_INFO", IPC_INFO},
	{"SHM_LOCK", SHM_LOCK}, {"SHM_UNLOCK", SHM_UNLOCK}, {"SHM_STAT", SHM_STAT}, {"SHM_INFO", SHM_INFO},
	{"SHM_STAT_ANY", SHM_STAT_ANY},
}

// MsgctlCmds names the commands of msgctl(2).
var MsgctlCmds = []Flag{
	{"IPC_RMID", IPC_RMID}, {"IPC_SET", IPC_SET}, {"IPC_STAT", IPC_STAT}, {"IPC_INFO", IPC_INFO},
	{"MSG_STAT", MSG_STAT}, {"MSG_INFO", MSG_INFO}, {"MSG_STAT_ANY", MSG_STAT_ANY},
}
