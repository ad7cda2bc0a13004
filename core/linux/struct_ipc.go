package linux

// IpcPerm is struct ipc64_perm, the owner and mode of a System V object.
type IpcPerm struct {
	Key  int32
	Uid  uint32
	Gid  uint32
	Cuid uint32
	Cgid uint32
	Mode uint32
	Seq  uint16
}

// SizeofIpcPerm is the size of IpcPerm in bytes.
const SizeofIpcPerm = 48

// Encode writes i to the first SizeofIpcPerm bytes of b.
func (i *IpcPerm) Encode(b []byte) {
	_ = b[SizeofIpcPerm-1]
	le.PutUint32(b, uint32(i.Key))
	le.PutUint32(b[4:], i.Uid)
	le.PutUint32(b[8:], i.Gid)
	le.PutUint32(b[12:], i.Cuid)
	le.PutUint32(b[16:], i.Cgid)
	le.PutUint32(b[20:], i.Mode)
	le.PutUint16(b[24:], i.Seq)
	clear(b[26:48])
}

// Decode reads i from the first SizeofIpcPerm bytes of b.
func (i *IpcPerm) Decode(b []byte) {
	_ = b[SizeofIpcPerm-1]
	i.Key = int32(le.Uint32(b))
	i.Uid = le.Uint32(b[4:])
	i.Gid = le.Uint32(b[8:])
	i.Cuid = le.Uint32(b[12:])
	i.Cgid = le.Uint32(b[16:])
	i.Mode = le.Uint32(b[20:])
	i.Seq = le.Uint16(b[24:])
}

// ShmidDs is struct shmid64_ds of shmctl(2). Times are in seconds.
type ShmidDs struct {
	Perm   IpcPerm
	Segsz  uint64 // bytes
	Atime  int64
	Dtime  int64
	Ctime  int64
	Cpid   int32
	Lpid   int32
	Nattch uint64
}

// SizeofShmidDs is the size of ShmidDs in bytes.
const SizeofShmidDs = 112

// Encode writes s to the first SizeofShmidDs bytes of b.
func (s *ShmidDs) Encode(b []byte) {
	_ = b[SizeofShmidDs-1]
	s.Perm.Encode(b[0:])
	le.PutUint64(b[48:], s.Segsz)
	le.PutUint64(b[56:], uint64(s.Atime))
	le.PutUint64(b[64:], uint64(s.Dtime))
	le.PutUint64(b[72:], uint64(s.Ctime))
	le.PutUint32(b[80:], uint32(s.Cpid))
	le.PutUint32(b[84:], uint32(s.Lpid))
	le.PutUint64(b[88:], s.Nattch)
	clear(b[96:112])
}

// Decode reads s from the first SizeofShmidDs bytes of b.
func (s *ShmidDs) Decode(b []byte) {
	_ = b[SizeofShmidDs-1]
	s.Perm.Decode(b[0:])
	s.Segsz = le.Uint64(b[48:])
	s.Atime = int64(le.Uint64(b[56:]))
	s.Dtime = int64(le.Uint64(b[64:]))
	s.Ctime = int64(le.Uint64(b[72:]))
	s.Cpid = int32(le.Uint32(b[80:]))
	s.Lpid = int32(le.Uint32(b[84:]))
	s.Nattch = le.Uint64(b[88:])
}

// Shminfo is struct shminfo64, the limits that IPC_INFO gives.
type Shminfo struct {
	Shmmax uint64 // bytes
	Shmmin uint64 // bytes
	Shmmni uint64 // segments
	Shmseg uint64 // segments
	Shmall uint64 // pages
}

// SizeofShminfo is the size of Shminfo in bytes.
const SizeofShminfo = 72

// Encode writes s to the first SizeofShminfo bytes of b.
func (s *Shminfo) Encode(b []byte) {
	_ = b[SizeofShminfo-1]
	le.PutUint64(b, s.Shmmax)
	le.PutUint64(b[8:], s.Shmmin)
	le.PutUint64(b[16:], s.Shmmni)
	le.PutUint64(b[24:], s.Shmseg)
	le.PutUint64(b[32:], s.Shmall)
	clear(b[40:72])
}

// Decode reads s from the first SizeofShminfo bytes of b.
func (s *Shminfo) Decode(b []byte) {
	_ = b[SizeofShminfo-1]
	s.Shmmax = le.Uint64(b)
	s.Shmmin = le.Uint64(b[8:])
	s.Shmmni = le.Uint64(b[16:])
	s.Shmseg = le.Uint64(b[24:])
	s.Shmall = le.Uint64(b[32:])
}

// ShmInfo is struct shm_info, the use that SHM_INFO gives.
type ShmInfo struct {
	UsedIds       int32
	ShmTot        uint64 // pages, as are the next two
	ShmRss        uint64
	ShmSwp        uint64
	SwapAttempts  uint64
	SwapSuccesses uint64
}

// SizeofShmInfo is the size of ShmInfo in bytes.
const SizeofShmInfo = 48

// Encode writes s to the first SizeofShmInfo bytes of b.
func (s *ShmInfo) Encode(b []byte) {
	_ = b[SizeofShmInfo-1]
	le.PutUint32(b, uint32(s.UsedIds))
	clear(b[4:8])
	le.PutUint64(b[8:], s.ShmTot)
	le.PutUint64(b[16:], s.ShmRss)
	le.PutUint64(b[24:], s.ShmSwp)
	le.PutUint64(b[32:], s.SwapAttempts)
	le.PutUint64(b[40:], s.SwapSuccesses)
}

// Decode reads s from the first SizeofShmInfo bytes of b.
func (s *ShmInfo) Decode(b []byte) {
	_ = b[SizeofShmInfo-1]
	s.UsedIds = int32(le.Uint32(b))
	s.ShmTot = le.Uint64(b[8:])
	s.ShmRss = le.Uint64(b[16:])
	s.ShmSwp = le.Uint64(b[24:])
	s.SwapAttempts = le.Uint64(b[32:])
	s.SwapSuccesses = le.Uint64(b[40:])
}

// Sembuf is struct sembuf of semop(2).
type Sembuf struct {
	Num uint16
	Op  int16
	Flg int16 // IPC_NOWAIT, SEM_UNDO
}

// SizeofSembuf is the size of Sembuf in bytes.
const SizeofSembuf = 6

// Encode writes s to the first SizeofSembuf bytes of b.
func (s *Sembuf) Encode(b []byte) {
	_ = b[SizeofSembuf-1]
	le.PutUint16(b, s.Num)
	le.PutUint16(b[2:], uint16(s.Op))
	le.PutUint16(b[4:], uint16(s.Flg))
}

// Decode reads s from the first SizeofSembuf bytes of b.
func (s *Sembuf) Decode(b []byte) {
	_ = b[SizeofSembuf-1]
	s.Num = le.Uint16(b)
	s.Op = int16(le.Uint16(b[2:]))
	s.Flg = int16(le.Uint16(b[4:]))
}

// Seminfo is struct seminfo of IPC_INFO and SEM_INFO.
type Seminfo struct {
	Semmap int32
	Semmni int32
	Semmns int32
	Semmnu int32
	Semmsl int32
	Semopm int32
	Semume int32
	Semusz int32
	Semvmx int32
	Semaem int32
}

// SizeofSeminfo is the size of Seminfo in bytes.
const SizeofSeminfo = 40

// Encode writes s to the first SizeofSeminfo bytes of b.
func (s *Seminfo) Encode(b []byte) {
	_ = b[SizeofSeminfo-1]
	le.PutUint32(b, uint32(s.Semmap))
	le.PutUint32(b[4:], uint32(s.Semmni))
	le.PutUint32(b[8:], uint32(s.Semmns))
	le.PutUint32(b[12:], uint32(s.Semmnu))
	le.PutUint32(b[16:], uint32(s.Semmsl))
	le.PutUint32(b[20:], uint32(s.Semopm))
	le.PutUint32(b[24:], uint32(s.Semume))
	le.PutUint32(b[28:], uint32(s.Semusz))
	le.PutUint32(b[32:], uint32(s.Semvmx))
	le.PutUint32(b[36:], uint32(s.Semaem))
}

// Decode reads s from the first SizeofSeminfo bytes of b.
func (s *Seminfo) Decode(b []byte) {
	_ = b[SizeofSeminfo-1]
	s.Semmap = int32(le.Uint32(b))
	s.Semmni = int32(le.Uint32(b[4:]))
	s.Semmns = int32(le.Uint32(b[8:]))
	s.Semmnu = int32(le.Uint32(b[12:]))
	s.Semmsl = int32(le.Uint32(b[16:]))
	s.Semopm = int32(le.Uint32(b[20:]))
	s.Semume = int32(le.Uint32(b[24:]))
	s.Semusz = int32(le.Uint32(b[28:]))
	s.Semvmx = int32(le.Uint32(b[32:]))
	s.Semaem = int32(le.Uint32(b[36:]))
}

// MsqidDs is struct msqid64_ds of msgctl(2). Times are in seconds.
type MsqidDs struct {
	Perm   IpcPerm
	Stime  int64
	Rtime  int64
	Ctime  int64
	Cbytes uint64
	Qnum   uint64 // messages
	Qbytes uint64
	Lspid  int32
	Lrpid  int32
}

// SizeofMsqidDs is the size of MsqidDs in bytes.
const SizeofMsqidDs = 120

// Encode writes m to the first SizeofMsqidDs bytes of b.
func (m *MsqidDs) Encode(b []byte) {
	_ = b[SizeofMsqidDs-1]
	m.Perm.Encode(b[0:])
	le.PutUint64(b[48:], uint64(m.Stime))
	le.PutUint64(b[56:], uint64(m.Rtime))
	le.PutUint64(b[64:], uint64(m.Ctime))
	le.PutUint64(b[72:], m.Cbytes)
	le.PutUint64(b[80:], m.Qnum)
	le.PutUint64(b[88:], m.Qbytes)
	le.PutUint32(b[96:], uint32(m.Lspid))
	le.PutUint32(b[100:], uint32(m.Lrpid))
	clear(b[104:120])
}

// Decode reads m from the first SizeofMsqidDs bytes of b.
func (m *MsqidDs) Decode(b []byte) {
	_ = b[SizeofMsqidDs-1]
	m.Perm.Decode(b[0:])
	m.Stime = int64(le.Uint64(b[48:]))
	m.Rtime = int64(le.Uint64(b[56:]))
	m.Ctime = int64(le.Uint64(b[64:]))
	m.Cbytes = le.Uint64(b[72:])
	m.Qnum = le.Uint64(b[80:])
	m.Qbytes = le.Uint64(b[88:])
	m.Lspid = int32(le.Uint32(b[96:]))
	m.Lrpid = int32(le.Uint32(b[100:]))
}

// Msginfo is struct msginfo of IPC_INFO and MSG_INFO.
type Msginfo struct {
	Msgpool int32
	Msgmap  int32
	Msgmax  int32
	Msgmnb  int32
	Msgmni  int32
	Msgssz  int32
	Msgtql  int32
	Msgseg  uint16
}

// SizeofMsginfo is the size of Msginfo in bytes.
const SizeofMsginfo = 32

// Encode writes m to the first SizeofMsginfo bytes of b.
func (m *Msginfo) Encode(b []byte) {
	_ = b[SizeofMsginfo-1]
	le.PutUint32(b, uint32(m.Msgpool))
	le.PutUint32(b[4:], uint32(m.Msgmap))
	le.PutUint32(b[8:], uint32(m.Msgmax))
	le.PutUint32(b[12:], uint32(m.Msgmnb))
	le.PutUint32(b[16:], uint32(m.Msgmni))
	le.PutUint32(b[20:], uint32(m.Msgssz))
	le.PutUint32(b[24:], uint32(m.Msgtql))
	le.PutUint16(b[28:], m.Msgseg)
	clear(b[30:32])
}

// Decode reads m from the first SizeofMsginfo bytes of b.
func (m *Msginfo) Decode(b []byte) {
	_ = b[SizeofMsginfo-1]
	m.Msgpool = int32(le.Uint32(b))
	m.Msgmap = int32(le.Uint32(b[4:]))
	m.Msgmax = int32(le.Uint32(b[8:]))
	m.Msgmnb = int32(le.Uint32(b[12:]))
	m.Msgmni = int32(le.Uint32(b[16:]))
	m.Msgssz = int32(le.Uint32(b[20:]))
	m.Msgtql = int32(le.Uint32(b[24:]))
	m.Msgseg = le.Uint16(b[28:])
}

// MqAttr is struct mq_attr of mq_open(2).
type MqAttr struct {
	Flags   int64 // O_NONBLOCK
	Maxmsg  int64
	Msgsize int64 // bytes
	Curmsgs int64
}

// SizeofMqAttr is the size of MqAttr in bytes.
const SizeofMqAttr = 64

// Encode writes m to the first SizeofMqAttr bytes of b.
func (m *MqAttr) Encode(b []byte) {
	_ = b[SizeofMqAttr-1]
	le.PutUint64(b, uint64(m.Flags))
	le.PutUint64(b[8:], uint64(m.Maxmsg))
	le.PutUint64(b[16:], uint64(m.Msgsize))
	le.PutUint64(b[24:], uint64(m.Curmsgs))
	clear(b[32:64])
}

// Decode reads m from the first SizeofMqAttr bytes of b.
func (m *MqAttr) Decode(b []byte) {
	_ = b[SizeofMqAttr-1]
	m.Flags = int64(le.Uint64(b))
	m.Maxmsg = int64(le.Uint64(b[8:]))
	m.Msgsize = int64(le.Uint64(b[16:]))
	m.Curmsgs = int64(le.Uint64(b[24:]))
}
