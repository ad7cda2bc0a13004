package linux

import "encoding/binary"

// le is the byte order of every architecture that we run on.
var le = binary.LittleEndian

// Timespec is struct timespec: seconds and nanoseconds.
type Timespec struct {
	Sec  int64
	Nsec int64
}

// SizeofTimespec is the size of Timespec in bytes.
const SizeofTimespec = 16

// Encode writes t to the first SizeofTimespec bytes of b.
func (t *Timespec) Encode(b []byte) {
	_ = b[SizeofTimespec-1]
	le.PutUint64(b, uint64(t.Sec))
	le.PutUint64(b[8:], uint64(t.Nsec))
}

// Decode reads t from the first SizeofTimespec bytes of b.
func (t *Timespec) Decode(b []byte) {
	_ = b[SizeofTimespec-1]
	t.Sec = int64(le.Uint64(b))
	t.Nsec = int64(le.Uint64(b[8:]))
}

// Valid reports whether t is a time that Linux takes as a timeout or interval:
// not negative, and less than a second of nanoseconds (timespec64_valid).
func (t Timespec) Valid() bool {
	return t.Sec >= 0 && uint64(t.Nsec) < NSEC_PER_SEC
}

// Ns returns t in nanoseconds. Too long a time gives the largest int64, as in
// the kernel (ktime_set); t must be Valid or at least have a valid Nsec.
func (t Timespec) Ns() int64 {
	const most = (1<<63 - 1) / NSEC_PER_SEC
	if t.Sec >= most {
		return 1<<63 - 1
	}
	if t.Sec <= -most {
		return -1 << 63
	}
	return t.Sec*NSEC_PER_SEC + t.Nsec
}

// NsToTimespec is the inverse of Ns; Nsec is never negative.
func NsToTimespec(ns int64) Timespec {
	sec, nsec := ns/NSEC_PER_SEC, ns%NSEC_PER_SEC
	if nsec < 0 {
		sec, nsec = sec-1, nsec+NSEC_PER_SEC
	}
	return Timespec{Sec: sec, Nsec: nsec}
}

// Timeval is struct timeval: seconds and microseconds.
type Timeval struct {
	Sec  int64
	Usec int64
}

// SizeofTimeval is the size of Timeval in bytes.
const SizeofTimeval = 16

// Encode writes t to the first SizeofTimeval bytes of b.
func (t *Timeval) Encode(b []byte) {
	_ = b[SizeofTimeval-1]
	le.PutUint64(b, uint64(t.Sec))
	le.PutUint64(b[8:], uint64(t.Usec))
}

// Decode reads t from the first SizeofTimeval bytes of b.
func (t *Timeval) Decode(b []byte) {
	_ = b[SizeofTimeval-1]
	t.Sec = int64(le.Uint64(b))
	t.Usec = int64(le.Uint64(b[8:]))
}

// Valid reports whether t is not negative and has less than a second of
// microseconds.
func (t Timeval) Valid() bool { return t.Sec >= 0 && uint64(t.Usec) < 1e6 }

// Ns returns t in nanoseconds, at most the largest int64. t must be Valid.
func (t Timeval) Ns() int64 { return Timespec{t.Sec, t.Usec * 1000}.Ns() }

// NsToTimeval rounds down to microseconds; Usec is never negative.
func NsToTimeval(ns int64) Timeval {
	ts := NsToTimespec(ns)
	return Timeval{Sec: ts.Sec, Usec: ts.Nsec / 1000}
}

// Itimerspec is struct itimerspec: the period, and the time to the next expiry.
type Itimerspec struct {
	Interval Timespec
	Value    Timespec
}

// SizeofItimerspec is the size of Itimerspec in bytes.
const SizeofItimerspec = 32

// Encode writes i to the first SizeofItimerspec bytes of b.
func (i *Itimerspec) Encode(b []byte) {
	_ = b[SizeofItimerspec-1]
	i.Interval.Encode(b[0:])
	i.Value.Encode(b[16:])
}

// Decode reads i from the first SizeofItimerspec bytes of b.
func (i *Itimerspec) Decode(b []byte) {
	_ = b[SizeofItimerspec-1]
	i.Interval.Decode(b[0:])
	i.Value.Decode(b[16:])
}

// Itimerval is struct itimerval: the period, and the time to the next expiry.
type Itimerval struct {
	Interval Timeval
	Value    Timeval
}

// SizeofItimerval is the size of Itimerval in bytes.
const SizeofItimerval = 32

// Encode writes i to the first SizeofItimerval bytes of b.
func (i *Itimerval) Encode(b []byte) {
	_ = b[SizeofItimerval-1]
	i.Interval.Encode(b[0:])
	i.Value.Encode(b[16:])
}

// Decode reads i from the first SizeofItimerval bytes of b.
func (i *Itimerval) Decode(b []byte) {
	_ = b[SizeofItimerval-1]
	i.Interval.Decode(b[0:])
	i.Value.Decode(b[16:])
}

// Timezone is struct timezone of gettimeofday(2).
type Timezone struct {
	Minuteswest int32
	Dsttime     int32
}

// SizeofTimezone is the size of Timezone in bytes.
const SizeofTimezone = 8

// Encode writes t to the first SizeofTimezone bytes of b.
func (t *Timezone) Encode(b []byte) {
	_ = b[SizeofTimezone-1]
	le.PutUint32(b, uint32(t.Minuteswest))
	le.PutUint32(b[4:], uint32(t.Dsttime))
}

// Decode reads t from the first SizeofTimezone bytes of b.
func (t *Timezone) Decode(b []byte) {
	_ = b[SizeofTimezone-1]
	t.Minuteswest = int32(le.Uint32(b))
	t.Dsttime = int32(le.Uint32(b[4:]))
}

// Tms is struct tms of times(2), in ticks of 1/USER_HZ second.
type Tms struct {
	Utime  int64
	Stime  int64
	Cutime int64
	Cstime int64
}

// SizeofTms is the size of Tms in bytes.
const SizeofTms = 32

// Encode writes t to the first SizeofTms bytes of b.
func (t *Tms) Encode(b []byte) {
	_ = b[SizeofTms-1]
	le.PutUint64(b, uint64(t.Utime))
	le.PutUint64(b[8:], uint64(t.Stime))
	le.PutUint64(b[16:], uint64(t.Cutime))
	le.PutUint64(b[24:], uint64(t.Cstime))
}

// Decode reads t from the first SizeofTms bytes of b.
func (t *Tms) Decode(b []byte) {
	_ = b[SizeofTms-1]
	t.Utime = int64(le.Uint64(b))
	t.Stime = int64(le.Uint64(b[8:]))
	t.Cutime = int64(le.Uint64(b[16:]))
	t.Cstime = int64(le.Uint64(b[24:]))
}

// Utimbuf is struct utimbuf of utime(2), in seconds.
type Utimbuf struct {
	Actime  int64
	Modtime int64
}

// SizeofUtimbuf is the size of Utimbuf in bytes.
const SizeofUtimbuf = 16

// Encode writes u to the first SizeofUtimbuf bytes of b.
func (u *Utimbuf) Encode(b []byte) {
	_ = b[SizeofUtimbuf-1]
	le.PutUint64(b, uint64(u.Actime))
	le.PutUint64(b[8:], uint64(u.Modtime))
}

// Decode reads u from the first SizeofUtimbuf bytes of b.
func (u *Utimbuf) Decode(b []byte) {
	_ = b[SizeofUtimbuf-1]
	u.Actime = int64(le.Uint64(b))
	u.Modtime = int64(le.Uint64(b[8:]))
}

// Timex is struct timex of adjtimex(2) and clock_adjtime(2).
type Timex struct {
	Modes     uint32 // ADJ_*
	Offset    int64  // microseconds, or nanoseconds with STA_NANO
	Freq      int64  // ppm << 16
	Maxerror  int64  // microseconds
	Esterror  int64  // microseconds
	Status    int32  // STA_*
	Constant  int64
	Precision int64 // microseconds
	Tolerance int64 // ppm << 16
	Time      Timeval
	Tick      int64 // microseconds of a clock tick
	Ppsfreq   int64
	Jitter    int64
	Shift     int32
	Stabil    int64
	Jitcnt    int64
	Calcnt    int64
	Errcnt    int64
	Stbcnt    int64
	Tai       int32 // seconds
}

// SizeofTimex is the size of Timex in bytes.
const SizeofTimex = 208

// Encode writes t to the first SizeofTimex bytes of b.
func (t *Timex) Encode(b []byte) {
	_ = b[SizeofTimex-1]
	le.PutUint32(b, t.Modes)
	clear(b[4:8])
	le.PutUint64(b[8:], uint64(t.Offset))
	le.PutUint64(b[16:], uint64(t.Freq))
	le.PutUint64(b[24:], uint64(t.Maxerror))
	le.PutUint64(b[32:], uint64(t.Esterror))
	le.PutUint32(b[40:], uint32(t.Status))
	clear(b[44:48])
	le.PutUint64(b[48:], uint64(t.Constant))
	le.PutUint64(b[56:], uint64(t.Precision))
	le.PutUint64(b[64:], uint64(t.Tolerance))
	t.Time.Encode(b[72:])
	le.PutUint64(b[88:], uint64(t.Tick))
	le.PutUint64(b[96:], uint64(t.Ppsfreq))
	le.PutUint64(b[104:], uint64(t.Jitter))
	le.PutUint32(b[112:], uint32(t.Shift))
	clear(b[116:120])
	le.PutUint64(b[120:], uint64(t.Stabil))
	le.PutUint64(b[128:], uint64(t.Jitcnt))
	le.PutUint64(b[136:], uint64(t.Calcnt))
	le.PutUint64(b[144:], uint64(t.Errcnt))
	le.PutUint64(b[152:], uint64(t.Stbcnt))
	le.PutUint32(b[160:], uint32(t.Tai))
	clear(b[164:208])
}

// Decode reads t from the first SizeofTimex bytes of b.
func (t *Timex) Decode(b []byte) {
	_ = b[SizeofTimex-1]
	t.Modes = le.Uint32(b)
	t.Offset = int64(le.Uint64(b[8:]))
	t.Freq = int64(le.Uint64(b[16:]))
	t.Maxerror = int64(le.Uint64(b[24:]))
	t.Esterror = int64(le.Uint64(b[32:]))
	t.Status = int32(le.Uint32(b[40:]))
	t.Constant = int64(le.Uint64(b[48:]))
	t.Precision = int64(le.Uint64(b[56:]))
	t.Tolerance = int64(le.Uint64(b[64:]))
	t.Time.Decode(b[72:])
	t.Tick = int64(le.Uint64(b[88:]))
	t.Ppsfreq = int64(le.Uint64(b[96:]))
	t.Jitter = int64(le.Uint64(b[104:]))
	t.Shift = int32(le.Uint32(b[112:]))
	t.Stabil = int64(le.Uint64(b[120:]))
	t.Jitcnt = int64(le.Uint64(b[128:]))
	t.Calcnt = int64(le.Uint64(b[136:]))
	t.Errcnt = int64(le.Uint64(b[144:]))
	t.Stbcnt = int64(le.Uint64(b[152:]))
	t.Tai = int32(le.Uint32(b[160:]))
}
