package linux

// Utsname is struct new_utsname of uname(2). A name longer than NEW_UTS_LEN is
// cut.
type Utsname struct {
	Sysname, Nodename, Release, Version, Machine, Domainname string
}

// SizeofUtsname is the size of Utsname in bytes.
const SizeofUtsname = 6 * UTSNAME_FIELD

// Encode writes u to the first SizeofUtsname bytes of b.
func (u *Utsname) Encode(b []byte) {
	clear(b[:SizeofUtsname])
	for i, s := range [...]string{u.Sysname, u.Nodename, u.Release, u.Version, u.Machine, u.Domainname} {
		copy(b[i*UTSNAME_FIELD:][:NEW_UTS_LEN], s)
	}
}

// Sysinfo is struct sysinfo of sysinfo(2).
type Sysinfo struct {
	Uptime    int64     // seconds
	Loads     [3]uint64 // 1, 5, 15 minutes, in 1/65536
	Totalram  uint64    // in units of MemUnit, as are those below
	Freeram   uint64
	Sharedram uint64
	Bufferram uint64
	Totalswap uint64
	Freeswap  uint64
	Procs     uint16
	Totalhigh uint64
	Freehigh  uint64
	MemUnit   uint32 // bytes
}

// SizeofSysinfo is the size of Sysinfo in bytes.
const SizeofSysinfo = 112

// Encode writes s to the first SizeofSysinfo bytes of b.
func (s *Sysinfo) Encode(b []byte) {
	_ = b[SizeofSysinfo-1]
	le.PutUint64(b, uint64(s.Uptime))
	le.PutUint64(b[8:], s.Loads[0])
	le.PutUint64(b[16:], s.Loads[1])
	le.PutUint64(b[24:], s.Loads[2])
	le.PutUint64(b[32:], s.Totalram)
	le.PutUint64(b[40:], s.Freeram)
	le.PutUint64(b[48:], s.Sharedram)
	le.PutUint64(b[56:], s.Bufferram)
	le.PutUint64(b[64:], s.Totalswap)
	le.PutUint64(b[72:], s.Freeswap)
	le.PutUint16(b[80:], s.Procs)
	clear(b[82:88])
	le.PutUint64(b[88:], s.Totalhigh)
	le.PutUint64(b[96:], s.Freehigh)
	le.PutUint32(b[104:], s.MemUnit)
	clear(b[108:112])
}

// Decode reads s from the first SizeofSysinfo bytes of b.
func (s *Sysinfo) Decode(b []byte) {
	_ = b[SizeofSysinfo-1]
	s.Uptime = int64(le.Uint64(b))
	s.Loads[0] = le.Uint64(b[8:])
	s.Loads[1] = le.Uint64(b[16:])
	s.Loads[2] = le.Uint64(b[24:])
	s.Totalram = le.Uint64(b[32:])
	s.Freeram = le.Uint64(b[40:])
	s.Sharedram = le.Uint64(b[48:])
	s.Bufferram = le.Uint64(b[56:])
	s.Totalswap = le.Uint64(b[64:])
	s.Freeswap = le.Uint64(b[72:])
	s.Procs = le.Uint16(b[80:])
	s.Totalhigh = le.Uint64(b[88:])
	s.Freehigh = le.Uint64(b[96:])
	s.MemUnit = le.Uint32(b[104:])
}
