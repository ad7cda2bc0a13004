package linux

// Indexes into c_cc of struct termios.
const (
	VINTR    = 0
	VQUIT    = 1
	VERASE   = 2
	VKILL    = 3
	VEOF     = 4
	VTIME    = 5
	VMIN     = 6
	VSWTC    = 7
	VSTART   = 8
	VSTOP    = 9
	VSUSP    = 10
	VEOL     = 11
	VREPRINT = 12
	VDISCARD = 13
	VWERASE  = 14
	VLNEXT   = 15
	VEOL2    = 16
	NCCS     = 19 // the kernel's; libc says 32
)

// Input modes: c_iflag.
const (
	IGNBRK  = 01
	BRKINT  = 02
	IGNPAR  = 04
	PARMRK  = 010
	INPCK   = 020
	ISTRIP  = 040
	INLCR   = 0100
	IGNCR   = 0200
	ICRNL   = 0400
	IXANY   = 04000
	IUCLC   = 01000
	IXON    = 02000
	IXOFF   = 010000
	IMAXBEL = 020000
	IUTF8   = 040000
)

// Output modes: c_oflag.
const (
	OPOST  = 01
	OCRNL  = 010
	ONOCR  = 020
	ONLRET = 040
	OFILL  = 0100
	OFDEL  = 0200
	OLCUC  = 02
	ONLCR  = 04
	NLDLY  = 0400
	NL0    = 0
	NL1    = 0400
	CRDLY  = 03000
	CR0    = 0
	CR1    = 01000
	CR2    = 02000
	CR3    = 03000
	TABDLY = 014000
	TAB0   = 0
	TAB1   = 04000
	TAB2   = 010000
	TAB3   = 014000
	XTABS  = 014000
	BSDLY  = 020000
	BS0    = 0
	BS1    = 020000
	VTDLY  = 040000
	VT0    = 0
	VT1    = 040000
	FFDLY  = 0100000
	FF0    = 0
	FF1    = 0100000
)

// Control modes: c_cflag, and the speeds.
const (
	B0       = 0
	B50      = 01
	B75      = 02
	B110     = 03
	B134     = 04
	B150     = 05
	B200     = 06
	B300     = 07
	B600     = 010
	B1200    = 011
	B1800    = 012
	B2400    = 013
	B4800    = 014
	B9600    = 015
	B19200   = 016
	B38400   = 017
	EXTA     = 016
	EXTB     = 017
	ADDRB    = 04000000000
	CMSPAR   = 010000000000
	CRTSCTS  = 020000000000
	IBSHIFT  = 020
	CBAUD    = 010017
	CSIZE    = 060
	CS5      = 0
	CS6      = 020
	CS7      = 040
	CS8      = 060
	CSTOPB   = 0100
	CREAD    = 0200
	PARENB   = 0400
	PARODD   = 01000
	HUPCL    = 02000
	CLOCAL   = 04000
	CBAUDEX  = 010000
	BOTHER   = 010000
	B57600   = 010001
	B115200  = 010002
	B230400  = 010003
	B460800  = 010004
	B500000  = 010005
	B576000  = 010006
	B921600  = 010007
	B1000000 = 010010
	B1152000 = 010011
	B1500000 = 010012
	B2000000 = 010013
	B2500000 = 010014
	B3000000 = 010015
	B3500000 = 010016
	B4000000 = 010017
	CIBAUD   = 02003600000
)

// Local modes: c_lflag.
const (
	ISIG    = 01
	ICANON  = 02
	XCASE   = 04
	ECHO    = 010
	ECHOE   = 020
	ECHOK   = 040
	ECHONL  = 0100
	NOFLSH  = 0200
	TOSTOP  = 0400
	ECHOCTL = 01000
	ECHOPRT = 02000
	ECHOKE  = 04000
	FLUSHO  = 010000
	PENDIN  = 040000
	IEXTEN  = 0100000
	EXTPROC = 0200000
)

// Line disciplines.
const (
	N_TTY = 0
)
