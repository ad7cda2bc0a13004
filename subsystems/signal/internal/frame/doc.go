// Package frame builds and reads the frames that Linux puts on a thread's stack
// for a signal handler. It knows layouts only: what to put in them, and whether
// a thread may have it, is decided elsewhere.
package frame
