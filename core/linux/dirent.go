package linux

// DirentSize returns the bytes that AppendDirent adds for name.
func DirentSize(name string) int { return (19 + len(name) + 1 + 7) &^ 7 }

// AppendDirent appends struct linux_dirent64, as getdents64(2) gives it: off is
// where to go on after this entry, typ one of DT_*. The record is padded with
// zeros to a multiple of 8 bytes.
func AppendDirent(b []byte, ino uint64, off int64, typ byte, name string) []byte {
	size := DirentSize(name)
	b = le.AppendUint64(b, ino)
	b = le.AppendUint64(b, uint64(off))
	b = le.AppendUint16(b, uint16(size))
	b = append(b, typ)
	b = append(b, name...)
	for range size - 19 - len(name) {
		b = append(b, 0)
	}
	return b
}

// OldDirentSize returns the bytes that AppendOldDirent adds for name.
func OldDirentSize(name string) int { return (18 + len(name) + 2 + 7) &^ 7 }

// AppendOldDirent appends struct linux_dirent, as getdents(2) gives it: the
// type is in the record's last byte.
func AppendOldDirent(b []byte, ino uint64, off int64, typ byte, name string) []byte {
	size := OldDirentSize(name)
	b = le.AppendUint64(b, ino)
	b = le.AppendUint64(b, uint64(off))
	b = le.AppendUint16(b, uint16(size))
	b = append(b, name...)
	for range size - 18 - len(name) - 1 {
		b = append(b, 0)
	}
	return append(b, typ)
}
