// Package hostproc runs app code in host processes: one a space, one host
// thread an app thread. A shim in each hands system calls over through shared
// memory; a seccomp filter sends there every call that does not come from it.
//
// It protects against apps, not against the host. The invariant: whatever an
// app does with the calls that the filter leaves it, with any arguments at any
// time, harms nobody but itself. Mailboxes are hostile memory: each word is
// read once, checked, then used.
//
// The leader has a CPU to itself and spins, or it has a root on each CPU and
// nobody spins, so that app threads that compute have all CPUs: see gearbox.
//
// All of it runs under the leader's token, but for the starter (a locked
// goroutine that starts processes) and the reaper (which waits for their end);
// both talk to the rest by leader.Post.
package hostproc
