package linux

import (
	"bytes"
	"reflect"
	"testing"
)

// codec is what every layout of fixed size offers.
type codec interface {
	Encode(b []byte)
	Decode(b []byte)
}

// at is the place of a field in the C struct, in bytes.
type at struct {
	field        string
	offset, size int
}

// layouts holds, for each type, the size of the C struct and the places of its
// members, as gcc reports them with sizeof and offsetof on amd64 for the
// kernel's own headers; members newer than Linux 6.1 were read off its source.
var layouts = []struct {
	value  codec
	size   int
	fields []at
}{
	{&Timespec{}, 16, []at{
		{"Sec", 0, 8}, {"Nsec", 8, 8},
	}},
	{&Timeval{}, 16, []at{
		{"Sec", 0, 8}, {"Usec", 8, 8},
	}},
	{&Itimerspec{}, 32, []at{
		{"Interval", 0, 16}, {"Value", 16, 16},
	}},
	{&Itimerval{}, 32, []at{
		{"Interval", 0, 16}, {"Value", 16, 16},
	}},
	{&Timezone{}, 8, []at{
		{"Minuteswest", 0, 4}, {"Dsttime", 4, 4},
	}},
	{&Tms{}, 32, []at{
		{"Utime", 0, 8}, {"Stime", 8, 8}, {"Cutime", 16, 8}, {"Cstime", 24, 8},
	}},
	{&Utimbuf{}, 16, []at{
		{"Actime", 0, 8}, {"Modtime", 8, 8},
	}},
	{&Timex{}, 208, []at{
		{"Modes", 0, 4}, {"Offset", 8, 8}, {"Freq", 16, 8}, {"Maxerror", 24, 8},
		{"Esterror", 32, 8}, {"Status", 40, 4}, {"Constant", 48, 8}, {"Precision", 56, 8},
		{"Tolerance", 64, 8}, {"Time", 72, 16}, {"Tick", 88, 8}, {"Ppsfreq", 96, 8},
		{"Jitter", 104, 8}, {"Shift", 112, 4}, {"Stabil", 120, 8}, {"Jitcnt", 128, 8},
		{"Calcnt", 136, 8}, {"Errcnt", 144, 8}, {"Stbcnt", 152, 8}, {"Tai", 160, 4},
	}},
	{&Stat{}, 144, []at{
		{"Dev", 0, 8}, {"Ino", 8, 8}, {"Nlink", 16, 8}, {"Mode", 24, 4},
		{"Uid", 28, 4}, {"Gid", 32, 4}, {"Rdev", 40, 8}, {"Size", 48, 8},
		{"Blksize", 56, 8}, {"Blocks", 64, 8}, {"Atime", 72, 16}, {"Mtime", 88, 16},
		{"Ctime", 104, 16},
	}},
	{&StatxTimestamp{}, 16, []at{
		{"Sec", 0, 8}, {"Nsec", 8, 4},
	}},
	{&Statx{}, 256, []at{
		{"Mask", 0, 4}, {"Blksize", 4, 4}, {"Attributes", 8, 8}, {"Nlink", 16, 4},
		{"Uid", 20, 4}, {"Gid", 24, 4}, {"Mode", 28, 2}, {"Ino", 32, 8},
		{"Size", 40, 8}, {"Blocks", 48, 8}, {"AttributesMask", 56, 8}, {"Atime", 64, 16},
		{"Btime", 80, 16}, {"Ctime", 96, 16}, {"Mtime", 112, 16}, {"RdevMajor", 128, 4},
		{"RdevMinor", 132, 4}, {"DevMajor", 136, 4}, {"DevMinor", 140, 4}, {"MntId", 144, 8},
		{"DioMemAlign", 152, 4}, {"DioOffsetAlign", 156, 4}, {"Subvol", 160, 8}, {"AtomicWriteUnitMin", 168, 4},
		{"AtomicWriteUnitMax", 172, 4}, {"AtomicWriteSegmentsMax", 176, 4}, {"DioReadOffsetAlign", 180, 4},
	}},
	{&Statfs{}, 120, []at{
		{"Type", 0, 8}, {"Bsize", 8, 8}, {"Blocks", 16, 8}, {"Bfree", 24, 8},
		{"Bavail", 32, 8}, {"Files", 40, 8}, {"Ffree", 48, 8}, {"Fsid", 56, 8},
		{"Namelen", 64, 8}, {"Frsize", 72, 8}, {"Flags", 80, 8},
	}},
	{&FileHandle{}, 8, []at{
		{"Bytes", 0, 4}, {"Type", 4, 4},
	}},
	{&OpenHow{}, 24, []at{
		{"Flags", 0, 8}, {"Mode", 8, 8}, {"Resolve", 16, 8},
	}},
	{&Flock{}, 32, []at{
		{"Type", 0, 2}, {"Whence", 2, 2}, {"Start", 8, 8}, {"Len", 16, 8},
		{"Pid", 24, 4},
	}},
	{&FOwnerEx{}, 8, []at{
		{"Type", 0, 4}, {"Pid", 4, 4},
	}},
	{&Iovec{}, 16, []at{
		{"Base", 0, 8}, {"Len", 8, 8},
	}},
	{&MountAttr{}, 32, []at{
		{"AttrSet", 0, 8}, {"AttrClr", 8, 8}, {"Propagation", 16, 8}, {"UsernsFd", 24, 8},
	}},
	{&Rusage{}, 144, []at{
		{"Utime", 0, 16}, {"Stime", 16, 16}, {"Maxrss", 32, 8}, {"Ixrss", 40, 8},
		{"Idrss", 48, 8}, {"Isrss", 56, 8}, {"Minflt", 64, 8}, {"Majflt", 72, 8},
		{"Nswap", 80, 8}, {"Inblock", 88, 8}, {"Oublock", 96, 8}, {"Msgsnd", 104, 8},
		{"Msgrcv", 112, 8}, {"Nsignals", 120, 8}, {"Nvcsw", 128, 8}, {"Nivcsw", 136, 8},
	}},
	{&Rlimit{}, 16, []at{
		{"Cur", 0, 8}, {"Max", 8, 8},
	}},
	{&CloneArgs{}, 88, []at{
		{"Flags", 0, 8}, {"Pidfd", 8, 8}, {"ChildTid", 16, 8}, {"ParentTid", 24, 8},
		{"ExitSignal", 32, 8}, {"Stack", 40, 8}, {"StackSize", 48, 8}, {"Tls", 56, 8},
		{"SetTid", 64, 8}, {"SetTidSize", 72, 8}, {"Cgroup", 80, 8},
	}},
	{&RobustListHead{}, 24, []at{
		{"List", 0, 8}, {"FutexOffset", 8, 8}, {"ListOpPending", 16, 8},
	}},
	{&FutexWaitv{}, 24, []at{
		{"Val", 0, 8}, {"Uaddr", 8, 8}, {"Flags", 16, 4}, {"Reserved", 20, 4},
	}},
	{&SchedParam{}, 4, []at{
		{"Priority", 0, 4},
	}},
	{&SchedAttr{}, 56, []at{
		{"Size", 0, 4}, {"Policy", 4, 4}, {"Flags", 8, 8}, {"Nice", 16, 4},
		{"Priority", 20, 4}, {"Runtime", 24, 8}, {"Deadline", 32, 8}, {"Period", 40, 8},
		{"UtilMin", 48, 4}, {"UtilMax", 52, 4},
	}},
	{&CapUserHeader{}, 8, []at{
		{"Version", 0, 4}, {"Pid", 4, 4},
	}},
	{&CapUserData{}, 12, []at{
		{"Effective", 0, 4}, {"Permitted", 4, 4}, {"Inheritable", 8, 4},
	}},
	{&Rseq{}, 32, []at{
		{"CpuIdStart", 0, 4}, {"CpuId", 4, 4}, {"RseqCs", 8, 8}, {"Flags", 16, 4},
		{"NodeId", 20, 4}, {"MmCid", 24, 4},
	}},
	{&RseqCs{}, 32, []at{
		{"Version", 0, 4}, {"Flags", 4, 4}, {"StartIp", 8, 8}, {"PostCommitOffset", 16, 8},
		{"AbortIp", 24, 8},
	}},
	{&SeccompData{}, 64, []at{
		{"Nr", 0, 4}, {"Arch", 4, 4}, {"InstructionPointer", 8, 8}, {"Args", 16, 48},
	}},
	{&SockFilter{}, 8, []at{
		{"Code", 0, 2}, {"Jt", 2, 1}, {"Jf", 3, 1}, {"K", 4, 4},
	}},
	{&Sysinfo{}, 112, []at{
		{"Uptime", 0, 8}, {"Loads", 8, 24}, {"Totalram", 32, 8}, {"Freeram", 40, 8},
		{"Sharedram", 48, 8}, {"Bufferram", 56, 8}, {"Totalswap", 64, 8}, {"Freeswap", 72, 8},
		{"Procs", 80, 2}, {"Totalhigh", 88, 8}, {"Freehigh", 96, 8}, {"MemUnit", 104, 4},
	}},
	{&PollFd{}, 8, []at{
		{"Fd", 0, 4}, {"Events", 4, 2}, {"Revents", 6, 2},
	}},
	{&Iocb{}, 64, []at{
		{"Data", 0, 8}, {"Key", 8, 4}, {"RwFlags", 12, 4}, {"LioOpcode", 16, 2},
		{"Reqprio", 18, 2}, {"Fildes", 20, 4}, {"Buf", 24, 8}, {"Nbytes", 32, 8},
		{"Offset", 40, 8}, {"Reserved2", 48, 8}, {"Flags", 56, 4}, {"Resfd", 60, 4},
	}},
	{&IoEvent{}, 32, []at{
		{"Data", 0, 8}, {"Obj", 8, 8}, {"Res", 16, 8}, {"Res2", 24, 8},
	}},
	{&EpollEvent{}, 12, []at{
		{"Events", 0, 4}, {"Data", 4, 8},
	}},
	{&Msghdr{}, 56, []at{
		{"Name", 0, 8}, {"Namelen", 8, 4}, {"Iov", 16, 8}, {"Iovlen", 24, 8},
		{"Control", 32, 8}, {"Controllen", 40, 8}, {"Flags", 48, 4},
	}},
	{&Mmsghdr{}, 64, []at{
		{"Hdr", 0, 56}, {"Len", 56, 4},
	}},
	{&Cmsghdr{}, 16, []at{
		{"Len", 0, 8}, {"Level", 8, 4}, {"Type", 12, 4},
	}},
	{&Ucred{}, 12, []at{
		{"Pid", 0, 4}, {"Uid", 4, 4}, {"Gid", 8, 4},
	}},
	{&Linger{}, 8, []at{
		{"Onoff", 0, 4}, {"Linger", 4, 4},
	}},
	{&SockaddrNl{}, 12, []at{
		{"Family", 0, 2}, {"Pid", 4, 4}, {"Groups", 8, 4},
	}},
	{&Termios{}, 36, []at{
		{"Iflag", 0, 4}, {"Oflag", 4, 4}, {"Cflag", 8, 4}, {"Lflag", 12, 4},
		{"Line", 16, 1}, {"Cc", 17, 19},
	}},
	{&Termios2{}, 44, []at{
		{"Termios", 0, 36}, {"Ispeed", 36, 4}, {"Ospeed", 40, 4},
	}},
	{&Winsize{}, 8, []at{
		{"Row", 0, 2}, {"Col", 2, 2}, {"Xpixel", 4, 2}, {"Ypixel", 6, 2},
	}},
	{&IpcPerm{}, 48, []at{
		{"Key", 0, 4}, {"Uid", 4, 4}, {"Gid", 8, 4}, {"Cuid", 12, 4},
		{"Cgid", 16, 4}, {"Mode", 20, 4}, {"Seq", 24, 2},
	}},
	{&ShmidDs{}, 112, []at{
		{"Perm", 0, 48}, {"Segsz", 48, 8}, {"Atime", 56, 8}, {"Dtime", 64, 8},
		{"Ctime", 72, 8}, {"Cpid", 80, 4}, {"Lpid", 84, 4}, {"Nattch", 88, 8},
	}},
	{&Shminfo{}, 72, []at{
		{"Shmmax", 0, 8}, {"Shmmin", 8, 8}, {"Shmmni", 16, 8}, {"Shmseg", 24, 8},
		{"Shmall", 32, 8},
	}},
	{&ShmInfo{}, 48, []at{
		{"UsedIds", 0, 4}, {"ShmTot", 8, 8}, {"ShmRss", 16, 8}, {"ShmSwp", 24, 8},
		{"SwapAttempts", 32, 8}, {"SwapSuccesses", 40, 8},
	}},
	{&Sembuf{}, 6, []at{
		{"Num", 0, 2}, {"Op", 2, 2}, {"Flg", 4, 2},
	}},
	{&Seminfo{}, 40, []at{
		{"Semmap", 0, 4}, {"Semmni", 4, 4}, {"Semmns", 8, 4}, {"Semmnu", 12, 4},
		{"Semmsl", 16, 4}, {"Semopm", 20, 4}, {"Semume", 24, 4}, {"Semusz", 28, 4},
		{"Semvmx", 32, 4}, {"Semaem", 36, 4},
	}},
	{&MsqidDs{}, 120, []at{
		{"Perm", 0, 48}, {"Stime", 48, 8}, {"Rtime", 56, 8}, {"Ctime", 64, 8},
		{"Cbytes", 72, 8}, {"Qnum", 80, 8}, {"Qbytes", 88, 8}, {"Lspid", 96, 4},
		{"Lrpid", 100, 4},
	}},
	{&Msginfo{}, 32, []at{
		{"Msgpool", 0, 4}, {"Msgmap", 4, 4}, {"Msgmax", 8, 4}, {"Msgmnb", 12, 4},
		{"Msgmni", 16, 4}, {"Msgssz", 20, 4}, {"Msgtql", 24, 4}, {"Msgseg", 28, 2},
	}},
	{&MqAttr{}, 64, []at{
		{"Flags", 0, 8}, {"Maxmsg", 8, 8}, {"Msgsize", 16, 8}, {"Curmsgs", 24, 8},
	}},
	{&SemidDs{}, 104, []at{
		{"Perm", 0, 48}, {"Otime", 48, 8}, {"Ctime", 64, 8}, {"Nsems", 80, 8},
	}},
	{&Regs{}, 168, []at{
		{"R15", 0, 8}, {"R14", 8, 8}, {"R13", 16, 8}, {"R12", 24, 8},
		{"RBP", 32, 8}, {"RBX", 40, 8}, {"R11", 48, 8}, {"R10", 56, 8},
		{"R9", 64, 8}, {"R8", 72, 8}, {"RAX", 80, 8}, {"RCX", 88, 8},
		{"RDX", 96, 8}, {"RSI", 104, 8}, {"RDI", 112, 8}, {"OrigRAX", 120, 8},
		{"RIP", 128, 8}, {"CS", 136, 8}, {"Eflags", 144, 8}, {"RSP", 152, 8},
		{"SS", 160, 8},
	}},
	{&UserRegs{}, 216, []at{
		{"Regs", 0, 168}, {"FsBase", 168, 8}, {"GsBase", 176, 8}, {"DS", 184, 8},
		{"ES", 192, 8}, {"FS", 200, 8}, {"GS", 208, 8},
	}},
	{&FpxSwBytes{}, 48, []at{
		{"Magic1", 0, 4}, {"ExtendedSize", 4, 4}, {"Xfeatures", 8, 8}, {"XstateSize", 16, 4},
	}},
	{&Siginfo{}, 128, []at{
		{"Signo", 0, 4}, {"Errno", 4, 4}, {"Code", 8, 4}, {"Union", 16, 112},
	}},
	{&SigAction{}, 32, []at{
		{"Handler", 0, 8}, {"Flags", 8, 8}, {"Restorer", 16, 8}, {"Mask", 24, 8},
	}},
	{&SignalStack{}, 24, []at{
		{"Sp", 0, 8}, {"Flags", 8, 4}, {"Size", 16, 8},
	}},
	{&Sigevent{}, 64, []at{
		{"Value", 0, 8}, {"Signo", 8, 4}, {"Notify", 12, 4}, {"Tid", 16, 4},
	}},
	{&SignalfdSiginfo{}, 128, []at{
		{"Signo", 0, 4}, {"Errno", 4, 4}, {"Code", 8, 4}, {"Pid", 12, 4},
		{"Uid", 16, 4}, {"Fd", 20, 4}, {"Tid", 24, 4}, {"Band", 28, 4},
		{"Overrun", 32, 4}, {"Trapno", 36, 4}, {"Status", 40, 4}, {"Int", 44, 4},
		{"Ptr", 48, 8}, {"Utime", 56, 8}, {"Stime", 64, 8}, {"Addr", 72, 8},
		{"AddrLsb", 80, 2}, {"Syscall", 84, 4}, {"CallAddr", 88, 8}, {"Arch", 96, 4},
	}},
}

// TestEveryFieldSitsWhereCPutsIt sets one field at a time, and wants that its
// bytes and no others change, and that padding is overwritten with zeros.
func TestEveryFieldSitsWhereCPutsIt(t *testing.T) {
	for _, l := range layouts {
		typ := reflect.TypeOf(l.value).Elem()
		if got := typ.NumField(); got != len(l.fields) {
			t.Errorf("%s: table has %d fields, type has %d", typ.Name(), len(l.fields), got)
		}
		for _, f := range l.fields {
			v := reflect.New(typ)
			fill(v.Elem().FieldByName(f.field))
			b := bytes.Repeat([]byte{0xa5}, l.size+1)
			v.Interface().(codec).Encode(b)

			if b[l.size] != 0xa5 {
				t.Errorf("%s: Encode wrote past its %d bytes", typ.Name(), l.size)
			}
			for i, got := range b[:l.size] {
				in := i >= f.offset && i < f.offset+f.size
				if in && v.Elem().FieldByName(f.field).Kind() == reflect.Struct {
					continue // may hold padding of its own; it has its own row
				}
				if in && got != 0xff || !in && got != 0 {
					t.Errorf("%s.%s: byte %d is %#x after Encode", typ.Name(), f.field, i, got)
				}
			}
		}
	}
}

// TestDecodeUndoesEncode fills every field and wants it back.
func TestDecodeUndoesEncode(t *testing.T) {
	for _, l := range layouts {
		typ := reflect.TypeOf(l.value).Elem()
		want, got := reflect.New(typ), reflect.New(typ)
		fill(want.Elem())
		b := make([]byte, l.size)
		want.Interface().(codec).Encode(b)
		got.Interface().(codec).Decode(b)
		if !reflect.DeepEqual(got.Interface(), want.Interface()) {
			t.Errorf("%s: got %+v, want %+v", typ.Name(), got.Elem(), want.Elem())
		}
	}
}

// fill sets every bit of v and of what it holds.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	default:
		if v.CanInt() {
			v.SetInt(-1)
		} else {
			v.SetUint(1<<(8*v.Type().Size()) - 1)
		}
	}
}
