package linux

// Makedev packs a device number as stat(2) and mknod(2) show it
// (new_encode_dev and its 64-bit kin in linux/kdev_t.h, makedev(3)): 12 bits
// of major and 20 of minor where the old 16-bit form has them, the rest above.
func Makedev(major, minor uint32) uint64 {
	return uint64(major&0xfffff000)<<32 | uint64(major&0xfff)<<8 |
		uint64(minor&0xffffff00)<<12 | uint64(minor&0xff)
}

// Major returns the major number in dev.
func Major(dev uint64) uint32 {
	return uint32(dev>>8)&0xfff | uint32(dev>>32)&0xfffff000
}

// Minor returns the minor number in dev.
func Minor(dev uint64) uint32 {
	return uint32(dev)&0xff | uint32(dev>>12)&0xffffff00
}
