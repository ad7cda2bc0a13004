package linux

// Regs is struct pt_regs of amd64: the general registers as an interrupted thread
// has them. OrigRAX is the system call's number, or -1 outside of one.
type Regs struct {
	R15, R14, R13, R12, RBP, RBX      uint64
	R11, R10, R9, R8                  uint64
	RAX, RCX, RDX, RSI, RDI           uint64
	OrigRAX, RIP, CS, Eflags, RSP, SS uint64
}

// SizeofRegs is the size of Regs in bytes.
const SizeofRegs = 168

// Encode writes r to the first SizeofRegs bytes of b.
func (r *Regs) Encode(b []byte) {
	_ = b[SizeofRegs-1]
	le.PutUint64(b, r.R15)
	le.PutUint64(b[8:], r.R14)
	le.PutUint64(b[16:], r.R13)
	le.PutUint64(b[24:], r.R12)
	le.PutUint64(b[32:], r.RBP)
	le.PutUint64(b[40:], r.RBX)
	le.PutUint64(b[48:], r.R11)
	le.PutUint64(b[56:], r.R10)
	le.PutUint64(b[64:], r.R9)
	le.PutUint64(b[72:], r.R8)
	le.PutUint64(b[80:], r.RAX)
	le.PutUint64(b[88:], r.RCX)
	le.PutUint64(b[96:], r.RDX)
	le.PutUint64(b[104:], r.RSI)
	le.PutUint64(b[112:], r.RDI)
	le.PutUint64(b[120:], r.OrigRAX)
	le.PutUint64(b[128:], r.RIP)
	le.PutUint64(b[136:], r.CS)
	le.PutUint64(b[144:], r.Eflags)
	le.PutUint64(b[152:], r.RSP)
	le.PutUint64(b[160:], r.SS)
}

// Decode reads r from the first SizeofRegs bytes of b.
func (r *Regs) Decode(b []byte) {
	_ = b[SizeofRegs-1]
	r.R15 = le.Uint64(b)
	r.R14 = le.Uint64(b[8:])
	r.R13 = le.Uint64(b[16:])
	r.R12 = le.Uint64(b[24:])
	r.RBP = le.Uint64(b[32:])
	r.RBX = le.Uint64(b[40:])
	r.R11 = le.Uint64(b[48:])
	r.R10 = le.Uint64(b[56:])
	r.R9 = le.Uint64(b[64:])
	r.R8 = le.Uint64(b[72:])
	r.RAX = le.Uint64(b[80:])
	r.RCX = le.Uint64(b[88:])
	r.RDX = le.Uint64(b[96:])
	r.RSI = le.Uint64(b[104:])
	r.RDI = le.Uint64(b[112:])
	r.OrigRAX = le.Uint64(b[120:])
	r.RIP = le.Uint64(b[128:])
	r.CS = le.Uint64(b[136:])
	r.Eflags = le.Uint64(b[144:])
	r.RSP = le.Uint64(b[152:])
	r.SS = le.Uint64(b[160:])
}

// UserRegs is struct user_regs_struct of PTRACE_GETREGS and of the NT_PRSTATUS note.
type UserRegs struct {
	Regs   Regs
	FsBase uint64
	GsBase uint64
	DS     uint64
	ES     uint64
	FS     uint64
	GS     uint64
}

// SizeofUserRegs is the size of UserRegs in bytes.
const SizeofUserRegs = 216

// Encode writes u to the first SizeofUserRegs bytes of b.
func (u *UserRegs) Encode(b []byte) {
	_ = b[SizeofUserRegs-1]
	u.Regs.Encode(b[0:])
	le.PutUint64(b[168:], u.FsBase)
	le.PutUint64(b[176:], u.GsBase)
	le.PutUint64(b[184:], u.DS)
	le.PutUint64(b[192:], u.ES)
	le.PutUint64(b[200:], u.FS)
	le.PutUint64(b[208:], u.GS)
}

// Decode reads u from the first SizeofUserRegs bytes of b.
func (u *UserRegs) Decode(b []byte) {
	_ = b[SizeofUserRegs-1]
	u.Regs.Decode(b[0:])
	u.FsBase = le.Uint64(b[168:])
	u.GsBase = le.Uint64(b[176:])
	u.DS = le.Uint64(b[184:])
	u.ES = le.Uint64(b[192:])
	u.FS = le.Uint64(b[200:])
	u.GS = le.Uint64(b[208:])
}
