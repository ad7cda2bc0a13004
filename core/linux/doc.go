// Package linux is the leaf that every layer shares: error numbers, flag
// values and the binary layouts of the Linux ABI. It imports nothing of the
// project and holds no behaviour.
package linux
