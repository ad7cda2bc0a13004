package task

// IO counts calls that read and write and the bytes that they moved, as
// struct task_io_accounting does.
type IO struct {
	Reads, Writes, ReadBytes, WrittenBytes uint64
}

// Read counts a read that gave n bytes, or 0 when it failed.
func (x *IO) Read(n int64) {
	x.Reads++
	x.ReadBytes += uint64(max(n, 0))
}

// Wrote counts a write that took n bytes, or 0 when it failed.
func (x *IO) Wrote(n int64) {
	x.Writes++
	x.WrittenBytes += uint64(max(n, 0))
}

// Add adds what another has counted.
func (x *IO) Add(y IO) {
	x.Reads += y.Reads
	x.Writes += y.Writes
	x.ReadBytes += y.ReadBytes
	x.WrittenBytes += y.WrittenBytes
}

// AllIO is what a process has read and written with its threads and the
// children that it has waited for.
func (p *Process) AllIO() IO {
	sum := p.IO
	for _, t := range p.Threads {
		sum.Add(t.IO)
	}
	return sum
}
