package linux

// SemidDs is struct semid64_ds of semctl(2) as amd64 lays it out. Times are in
// seconds.
type SemidDs struct {
	Perm  IpcPerm
	Otime int64
	Ctime int64
	Nsems uint64
}

// SizeofSemidDs is the size of SemidDs in bytes.
const SizeofSemidDs = 104

// Encode writes s to the first SizeofSemidDs bytes of b.
func (s *SemidDs) Encode(b []byte) {
	_ = b[SizeofSemidDs-1]
	s.Perm.Encode(b[0:])
	le.PutUint64(b[48:], uint64(s.Otime))
	clear(b[56:64])
	le.PutUint64(b[64:], uint64(s.Ctime))
	clear(b[72:80])
	le.PutUint64(b[80:], s.Nsems)
	clear(b[88:104])
}

// Decode reads s from the first SizeofSemidDs bytes of b.
func (s *SemidDs) Decode(b []byte) {
	_ = b[SizeofSemidDs-1]
	s.Perm.Decode(b[0:])
	s.Otime = int64(le.Uint64(b[48:]))
	s.Ctime = int64(le.Uint64(b[64:]))
	s.Nsems = le.Uint64(b[80:])
}
