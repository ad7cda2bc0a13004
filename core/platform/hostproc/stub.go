package hostproc

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// pageSize is the size of a page in bytes on amd64.
const pageSize = 4096

// image is an assembled shim with the labels that the core must know.
type image struct {
	text                            []byte
	start, entry, handler, restorer uint64
}

// theShim is the one that apps run with.
var theShim = image{shimText[:], shimStart, shimEntry, shimHandler, shimRestorer}

// stubELF is the program that a blank process starts from: the shim and
// nothing else, at its fixed address.
func (img *image) stubELF() []byte {
	const (
		ehdr = 64
		phdr = 56
	)
	b := make([]byte, pageSize, pageSize+len(img.text))
	copy(b, "\x7fELF\x02\x01\x01")
	le := binary.LittleEndian
	le.PutUint16(b[16:], 2)  // ET_EXEC
	le.PutUint16(b[18:], 62) // EM_X86_64
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[24:], shimShimBase+img.start)
	le.PutUint64(b[32:], ehdr)
	le.PutUint16(b[52:], ehdr)
	le.PutUint16(b[54:], phdr)
	le.PutUint16(b[56:], 2)
	p := b[ehdr:]
	le.PutUint32(p[0:], 1) // PT_LOAD
	le.PutUint32(p[4:], 5) // R+X
	le.PutUint64(p[8:], pageSize)
	le.PutUint64(p[16:], shimShimBase)
	le.PutUint64(p[24:], shimShimBase)
	le.PutUint64(p[32:], uint64(len(img.text)))
	le.PutUint64(p[40:], uint64(len(img.text)))
	le.PutUint64(p[48:], pageSize)
	p = p[phdr:]
	le.PutUint32(p[0:], 0x6474e551) // PT_GNU_STACK, not executable
	le.PutUint32(p[4:], 6)
	return append(b, img.text...)
}

// sealedFile makes a memory file that holds data and can never change.
func sealedFile(name string, data []byte) (int, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|mfdExec)
	if err == unix.EINVAL { // before Linux 6.3 there is no MFD_EXEC
		fd, err = unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return -1, fmt.Errorf("memfd_create %s: %w", name, err)
	}
	for off := 0; off < len(data); {
		n, err := unix.Pwrite(fd, data[off:], int64(off))
		if err != nil {
			unix.Close(fd)
			return -1, fmt.Errorf("write %s: %w", name, err)
		}
		off += n
	}
	seals := unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("seal %s: %w", name, err)
	}
	return fd, nil
}

// mfdExec is MFD_EXEC: the file may be executed.
const mfdExec = 0x10
