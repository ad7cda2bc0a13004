package linux

// Termios is the kernel's struct termios (asm-generic/termbits.h), which TCGETS
// gives; libc's is longer.
type Termios struct {
	Iflag uint32
	Oflag uint32
	Cflag uint32
	Lflag uint32
	Line  uint8    // N_TTY
	Cc    [19]byte // indexed by VINTR and so on
}

// SizeofTermios is the size of Termios in bytes.
const SizeofTermios = 36

// Encode writes t to the first SizeofTermios bytes of b.
func (t *Termios) Encode(b []byte) {
	_ = b[SizeofTermios-1]
	le.PutUint32(b, t.Iflag)
	le.PutUint32(b[4:], t.Oflag)
	le.PutUint32(b[8:], t.Cflag)
	le.PutUint32(b[12:], t.Lflag)
	b[16] = t.Line
	copy(b[17:36], t.Cc[:])
}

// Decode reads t from the first SizeofTermios bytes of b.
func (t *Termios) Decode(b []byte) {
	_ = b[SizeofTermios-1]
	t.Iflag = le.Uint32(b)
	t.Oflag = le.Uint32(b[4:])
	t.Cflag = le.Uint32(b[8:])
	t.Lflag = le.Uint32(b[12:])
	t.Line = b[16]
	copy(t.Cc[:], b[17:36])
}

// Termios2 is struct termios2 of TCGETS2: Termios and two speeds in baud.
type Termios2 struct {
	Termios Termios
	Ispeed  uint32
	Ospeed  uint32
}

// SizeofTermios2 is the size of Termios2 in bytes.
const SizeofTermios2 = 44

// Encode writes t to the first SizeofTermios2 bytes of b.
func (t *Termios2) Encode(b []byte) {
	_ = b[SizeofTermios2-1]
	t.Termios.Encode(b[0:])
	le.PutUint32(b[36:], t.Ispeed)
	le.PutUint32(b[40:], t.Ospeed)
}

// Decode reads t from the first SizeofTermios2 bytes of b.
func (t *Termios2) Decode(b []byte) {
	_ = b[SizeofTermios2-1]
	t.Termios.Decode(b[0:])
	t.Ispeed = le.Uint32(b[36:])
	t.Ospeed = le.Uint32(b[40:])
}

// Winsize is struct winsize of TIOCGWINSZ.
type Winsize struct {
	Row    uint16 // characters
	Col    uint16 // characters
	Xpixel uint16
	Ypixel uint16
}

// SizeofWinsize is the size of Winsize in bytes.
const SizeofWinsize = 8

// Encode writes w to the first SizeofWinsize bytes of b.
func (w *Winsize) Encode(b []byte) {
	_ = b[SizeofWinsize-1]
	le.PutUint16(b, w.Row)
	le.PutUint16(b[2:], w.Col)
	le.PutUint16(b[4:], w.Xpixel)
	le.PutUint16(b[6:], w.Ypixel)
}

// Decode reads w from the first SizeofWinsize bytes of b.
func (w *Winsize) Decode(b []byte) {
	_ = b[SizeofWinsize-1]
	w.Row = le.Uint16(b)
	w.Col = le.Uint16(b[2:])
	w.Xpixel = le.Uint16(b[4:])
	w.Ypixel = le.Uint16(b[6:])
}
