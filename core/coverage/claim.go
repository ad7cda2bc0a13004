// Package coverage says which system calls are answered, how far, and which
// tests prove it. A claim is data that the core executes: the decoder's masks
// come from it, so that what nobody claims never reaches a subsystem.
package coverage

// Level says how much of a system call is answered.
type Level uint32

// The levels, worst first; the values are those of adyton.coverage.v1.
const (
	// Unsupported is what no claim mentions: the call gives ENOSYS.
	Unsupported Level = iota + 1
	// Stub acknowledges the call and does nothing.
	Stub
	// Partial answers the flags and values that the claim names.
	Partial
	// Full answers all that Linux documents.
	Full
)

var levelNames = [...]string{Unsupported: "unsupported", Stub: "stub", Partial: "partial", Full: "full"}

// String gives the word that coverage tables use.
func (l Level) String() string {
	if l < Unsupported || l > Full {
		return "invalid"
	}
	return levelNames[l]
}

// Claim is what one implementation says of one or several system calls alike.
type Claim struct {
	// Syscalls are names as in the table of rows.
	Syscalls []string
	Level    Level
	// Flags gives, for a flags argument of the row, the bits that are
	// answered; other bits give EINVAL before the subsystem is asked.
	Flags map[string]uint64
	// Values gives, for a command or option argument of the row, the values
	// that are answered.
	Values map[string][]uint64
	// Note says in a sentence what is missing, or what depends on what.
	Note string
	// Tests name what proves the claim: "conformance/FAMILY[/CASE]" or
	// "fstest/CASE".
	Tests []string
}
