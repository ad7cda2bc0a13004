// Package linux is the leaf that every layer shares: error numbers, flag
// values and the binary layouts of the Linux ABI. It imports nothing of the
// project and holds no behaviour. Values and layouts are those of amd64; what
// other architectures lay out differently is in files that end in _amd64.go.
//
// A layout is a plain struct with Encode and Decode, which read and write the
// bytes that the C struct has, without unsafe and without allocating. They panic
// when b is shorter than the struct: its length is the caller's to check.
package linux
