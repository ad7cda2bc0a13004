package syscalls

import (
	"crypto/rand"

	"adyton.dev/adyton/core/linux"
)

var getrandomRows = []Row{
	{"getrandom", Core, args(out("buf", 1), uinteger("buflen"), flags("flags", linux.GetrandomFlags)), sysGetrandom},
}

func sysGetrandom(c *Call) (int64, linux.Errno) {
	const both = linux.GRND_INSECURE | linux.GRND_RANDOM
	if fl := c.Uint(2); fl&^(both|linux.GRND_NONBLOCK) != 0 || fl&both == both {
		return 0, linux.EINVAL
	}
	addr, n := c.Args[0], min(c.Args[1], 1<<31-1)
	if addr > 1<<47 || addr+n > 1<<47 {
		return 0, linux.EFAULT
	}
	// In one page it is all or nothing; else what fits counts.
	if o := c.Out(); n <= uint64(len(o)) && addr%pageSize+n <= pageSize {
		rand.Read(o[:n])
		c.Return(addr, int(n))
		return int64(n), 0
	}
	var done uint64
	for done < n {
		b := c.bounceBuf()[:min(n-done, bounceSize)]
		rand.Read(b)
		m := c.P.Space.Platform.Write(addr+done, b)
		done += uint64(m)
		if m < len(b) {
			if done == 0 {
				return 0, linux.EFAULT
			}
			break
		}
		// Linux looks at signals once a page, after the first 256 bytes.
		if c.T.Sleep.Interrupted() {
			break
		}
	}
	return int64(done), 0
}
