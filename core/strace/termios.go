package strace

import "adyton.dev/adyton/core/linux"

// termios prints the modes; the control characters are left out.
func (p *printer) termios(t *linux.Termios) {
	p.str("{c_iflag=")
	p.str(linux.FlagNames(inputModes, uint64(t.Iflag)))
	p.str(", c_oflag=")
	for _, d := range delays {
		p.str(linux.ValueName(d.values, uint64(t.Oflag&d.mask)))
		t.Oflag &^= d.mask
		p.str("|")
	}
	if t.Oflag == 0 {
		p.b = p.b[:len(p.b)-1]
	} else {
		p.str(linux.FlagNames(outputModes, uint64(t.Oflag)))
	}
	p.str(", c_cflag=")
	p.str(linux.ValueName(speeds, uint64(t.Cflag&linux.CBAUD)))
	p.str("|")
	p.str(linux.ValueName(sizes, uint64(t.Cflag&linux.CSIZE)))
	if rest := t.Cflag &^ (linux.CBAUD | linux.CSIZE); rest != 0 {
		p.str("|")
		p.str(linux.FlagNames(controlModes, uint64(rest)))
	}
	p.str(", c_lflag=")
	p.str(linux.FlagNames(localModes, uint64(t.Lflag)))
	p.str(", ...}")
}

var inputModes = []linux.Flag{
	{Name: "IGNBRK", Value: linux.IGNBRK}, {Name: "BRKINT", Value: linux.BRKINT}, {Name: "IGNPAR", Value: linux.IGNPAR},
	{Name: "PARMRK", Value: linux.PARMRK}, {Name: "INPCK", Value: linux.INPCK}, {Name: "ISTRIP", Value: linux.ISTRIP},
	{Name: "INLCR", Value: linux.INLCR}, {Name: "IGNCR", Value: linux.IGNCR}, {Name: "ICRNL", Value: linux.ICRNL},
	{Name: "IUCLC", Value: linux.IUCLC}, {Name: "IXON", Value: linux.IXON}, {Name: "IXANY", Value: linux.IXANY},
	{Name: "IXOFF", Value: linux.IXOFF}, {Name: "IMAXBEL", Value: linux.IMAXBEL}, {Name: "IUTF8", Value: linux.IUTF8},
}

var outputModes = []linux.Flag{
	{Name: "OPOST", Value: linux.OPOST}, {Name: "OLCUC", Value: linux.OLCUC}, {Name: "ONLCR", Value: linux.ONLCR},
	{Name: "OCRNL", Value: linux.OCRNL}, {Name: "ONOCR", Value: linux.ONOCR}, {Name: "ONLRET", Value: linux.ONLRET},
	{Name: "OFILL", Value: linux.OFILL}, {Name: "OFDEL", Value: linux.OFDEL},
}

// delays are the fields of c_oflag that hold a value, in strace's order.
var delays = []struct {
	mask   uint32
	values []linux.Flag
}{
	{linux.NLDLY, []linux.Flag{{Name: "NL0", Value: linux.NL0}, {Name: "NL1", Value: linux.NL1}}},
	{linux.CRDLY, []linux.Flag{{Name: "CR0", Value: linux.CR0}, {Name: "CR1", Value: linux.CR1}, {Name: "CR2", Value: linux.CR2}, {Name: "CR3", Value: linux.CR3}}},
	{linux.TABDLY, []linux.Flag{{Name: "TAB0", Value: linux.TAB0}, {Name: "TAB1", Value: linux.TAB1}, {Name: "TAB2", Value: linux.TAB2}, {Name: "TAB3", Value: linux.TAB3}}},
	{linux.BSDLY, []linux.Flag{{Name: "BS0", Value: linux.BS0}, {Name: "BS1", Value: linux.BS1}}},
	{linux.VTDLY, []linux.Flag{{Name: "VT0", Value: linux.VT0}, {Name: "VT1", Value: linux.VT1}}},
	{linux.FFDLY, []linux.Flag{{Name: "FF0", Value: linux.FF0}, {Name: "FF1", Value: linux.FF1}}},
}

var sizes = []linux.Flag{
	{Name: "CS5", Value: linux.CS5}, {Name: "CS6", Value: linux.CS6}, {Name: "CS7", Value: linux.CS7}, {Name: "CS8", Value: linux.CS8},
}

var controlModes = []linux.Flag{
	{Name: "CSTOPB", Value: linux.CSTOPB}, {Name: "CREAD", Value: linux.CREAD}, {Name: "PARENB", Value: linux.PARENB},
	{Name: "PARODD", Value: linux.PARODD}, {Name: "HUPCL", Value: linux.HUPCL}, {Name: "CLOCAL", Value: linux.CLOCAL},
	{Name: "CMSPAR", Value: linux.CMSPAR}, {Name: "CRTSCTS", Value: linux.CRTSCTS},
}

var localModes = []linux.Flag{
	{Name: "ISIG", Value: linux.ISIG}, {Name: "ICANON", Value: linux.ICANON}, {Name: "XCASE", Value: linux.XCASE},
	{Name: "ECHO", Value: linux.ECHO}, {Name: "ECHOE", Value: linux.ECHOE}, {Name: "ECHOK", Value: linux.ECHOK},
	{Name: "ECHONL", Value: linux.ECHONL}, {Name: "NOFLSH", Value: linux.NOFLSH}, {Name: "TOSTOP", Value: linux.TOSTOP},
	{Name: "IEXTEN", Value: linux.IEXTEN}, {Name: "ECHOCTL", Value: linux.ECHOCTL}, {Name: "ECHOPRT", Value: linux.ECHOPRT},
	{Name: "ECHOKE", Value: linux.ECHOKE}, {Name: "FLUSHO", Value: linux.FLUSHO}, {Name: "PENDIN", Value: linux.PENDIN},
	{Name: "EXTPROC", Value: linux.EXTPROC},
}

var speeds = []linux.Flag{
	{Name: "B0", Value: linux.B0}, {Name: "B50", Value: linux.B50}, {Name: "B75", Value: linux.B75}, {Name: "B110", Value: linux.B110},
	{Name: "B134", Value: linux.B134}, {Name: "B150", Value: linux.B150}, {Name: "B200", Value: linux.B200}, {Name: "B300", Value: linux.B300},
	{Name: "B600", Value: linux.B600}, {Name: "B1200", Value: linux.B1200}, {Name: "B1800", Value: linux.B1800},
	{Name: "B2400", Value: linux.B2400}, {Name: "B4800", Value: linux.B4800}, {Name: "B9600", Value: linux.B9600},
	{Name: "B19200", Value: linux.B19200}, {Name: "B38400", Value: linux.B38400}, {Name: "B57600", Value: linux.B57600},
	{Name: "B115200", Value: linux.B115200}, {Name: "B230400", Value: linux.B230400}, {Name: "B460800", Value: linux.B460800},
	{Name: "B921600", Value: linux.B921600},
}
