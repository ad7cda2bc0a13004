package linux

import "strconv"

// Flag names one value of a family: one bit, several, or a plain number.
type Flag struct {
	Name  string
	Value uint64
}

// FlagNames prints v as strace does: the names of table whose bits are all in
// v, in the table's order and joined by "|", and what is left in hexadecimal.
// Zero gives the name that the table has for zero, or "0". An argument of 32
// bits is passed without its upper half.
func FlagNames(table []Flag, v uint64) string {
	if v == 0 {
		if name, ok := lookup(table, 0); ok {
			return name
		}
		return "0"
	}
	var out []byte
	for _, f := range table {
		if f.Value != 0 && v&f.Value == f.Value {
			out = appendName(out, f.Name)
			v &^= f.Value
		}
	}
	if v != 0 {
		out = appendName(out, "0x"+strconv.FormatUint(v, 16))
	}
	return string(out)
}

// ValueName prints v, one value of table, as strace does: its name, or for an
// unknown one its number and the family, such as "0x4d /* SEEK_??? */".
func ValueName(table []Flag, v uint64) string {
	if name, ok := lookup(table, v); ok {
		return name
	}
	s := "0x" + strconv.FormatUint(v, 16)
	if p := commonPrefix(table); p != "" {
		s += " /* " + p + "??? */"
	}
	return s
}

func lookup(table []Flag, v uint64) (string, bool) {
	for _, f := range table {
		if f.Value == v {
			return f.Name, true
		}
	}
	return "", false
}

// appendName adds one part of a sum of flags.
func appendName(out []byte, name string) []byte {
	if len(out) > 0 {
		out = append(out, '|')
	}
	return append(out, name...)
}

// commonPrefix returns what all names of table start with, up to a "_".
func commonPrefix(table []Flag) string {
	if len(table) == 0 {
		return ""
	}
	p := table[0].Name
	for _, f := range table {
		for len(p) > 0 && (len(f.Name) < len(p) || f.Name[:len(p)] != p) {
			p = p[:len(p)-1]
		}
	}
	for len(p) > 0 && p[len(p)-1] != '_' {
		p = p[:len(p)-1]
	}
	return p
}

// OpenFlagNames prints the flags of open(2), the access mode first.
func OpenFlagNames(v uint64) string {
	mode := ValueName(AccessModes, v&O_ACCMODE)
	if v &^= O_ACCMODE; v == 0 {
		return mode
	}
	return mode + "|" + FlagNames(OpenFlags, v)
}

// MmapFlagNames prints the flags of mmap(2), the type first and the size of
// huge pages last.
func MmapFlagNames(v uint64) string {
	out := []byte(ValueName(MmapTypes, v&MAP_TYPE))
	huge := v >> MAP_HUGE_SHIFT & MAP_HUGE_MASK
	if v &^= MAP_TYPE | MAP_HUGE_MASK<<MAP_HUGE_SHIFT; v != 0 {
		out = appendName(out, FlagNames(MmapFlags, v))
	}
	if huge != 0 {
		out = appendName(out, strconv.FormatUint(huge, 10)+"<<MAP_HUGE_SHIFT")
	}
	return string(out)
}

// CloneFlagNames prints the flags of clone(2) with the exit signal last.
func CloneFlagNames(v uint64) string {
	sig := v & CSIGNAL
	if sig == 0 {
		return FlagNames(CloneFlags, v)
	}
	var out []byte
	if v &^= CSIGNAL; v != 0 {
		out = appendName(out, FlagNames(CloneFlags, v))
	}
	return string(appendName(out, SignalName(int(sig))))
}

// FutexOpName prints the operation of futex(2) with its flags.
func FutexOpName(v uint64) string {
	name, ok := lookup(FutexOps, v&FUTEX_CMD_MASK)
	if !ok {
		return ValueName(FutexOps, v)
	}
	if v&FUTEX_PRIVATE_FLAG != 0 {
		name += "_PRIVATE"
	}
	if v&FUTEX_CLOCK_REALTIME != 0 {
		name += "|FUTEX_CLOCK_REALTIME"
	}
	return name
}

// SocketTypeNames prints the type of socket(2) with its flags.
func SocketTypeNames(v uint64) string {
	const flags = SOCK_CLOEXEC | SOCK_NONBLOCK
	name, ok := lookup(SocketTypes, v&^flags)
	switch {
	case ok && v&flags != 0:
		return name + "|" + FlagNames(SocketFlags, v&flags)
	case ok:
		return name
	case v&flags != 0:
		return FlagNames(SocketFlags, v)
	}
	return ValueName(SocketTypes, v)
}

// ModeString prints the mode of mknod(2) or st_mode: the file type, if there is
// one, and permission bits in octal.
func ModeString(v uint64) string {
	name, ok := lookup(FileTypes, v&S_IFMT)
	if !ok || v>>16 != 0 {
		return octal(v)
	}
	return name + "|" + octal(v&^S_IFMT)
}

// IpcFlagNames prints the flags of semget, shmget or msgget, with the
// permission bits last in octal.
func IpcFlagNames(table []Flag, v uint64) string {
	if v&^0777 == 0 {
		return octal(v)
	}
	return FlagNames(table, v&^0777) + "|" + octal(v&0777)
}

// octal prints v with a leading zero and at least three digits.
func octal(v uint64) string {
	s := strconv.FormatUint(v, 8)
	for len(s) < 3 {
		s = "0" + s
	}
	if s[0] != '0' {
		s = "0" + s
	}
	return s
}

// SockoptName prints an option of setsockopt(2), which means something only
// with its level.
func SockoptName(level, option uint64) string {
	switch level {
	case SOL_SOCKET:
		return ValueName(SocketOptions, option)
	case SOL_IP:
		return ValueName(IPOptions, option)
	case SOL_IPV6:
		return ValueName(IPv6Options, option)
	case SOL_TCP:
		return ValueName(TCPOptions, option)
	case SOL_UDP, SOL_UDPLITE:
		return ValueName(UDPOptions, option)
	}
	return strconv.FormatUint(option, 10)
}
