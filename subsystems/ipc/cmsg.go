package ipc

import (
	"encoding/binary"

	"adyton.dev/adyton/core/linux"
)

// The layout of struct cmsghdr on 64-bit machines: length, level, type, data,
// padded to 8 bytes.
const (
	cmsgHeader = 16
	ucredSize  = 12
)

func cmsgAlign(n int) int { return (n + 7) &^ 7 }

// parseControl is __scm_send of net/core/scm.c for what the core has left of
// the control messages. Errors: EINVAL, EPERM (credentials of somebody else).
func (m *sender) parseControl() linux.Errno {
	for b := m.control; len(b) >= cmsgHeader; {
		n := binary.LittleEndian.Uint64(b)
		if n < cmsgHeader || n > uint64(len(b)) {
			return linux.EINVAL
		}
		level := int32(binary.LittleEndian.Uint32(b[8:]))
		kind := int32(binary.LittleEndian.Uint32(b[12:]))
		if level == linux.SOL_SOCKET {
			if kind != linux.SCM_CREDENTIALS || n != cmsgHeader+ucredSize {
				return linux.EINVAL
			}
			if e := m.setCred(b[cmsgHeader:]); e != 0 {
				return e
			}
		}
		b = b[min(cmsgAlign(int(n)), len(b)):]
	}
	return 0
}

// setCred is scm_check_creds. That the process exists is the core's to know.
func (m *sender) setCred(b []byte) linux.Errno {
	c := unixCred{
		pid: int32(binary.LittleEndian.Uint32(b)),
		uid: binary.LittleEndian.Uint32(b[4:]),
		gid: binary.LittleEndian.Uint32(b[8:]),
	}
	if c.uid == ^uint32(0) || c.gid == ^uint32(0) {
		return linux.EINVAL
	}
	caps := m.cred.Caps
	if c.pid != m.cred.Pid && caps&(1<<linux.CAP_SYS_ADMIN) == 0 ||
		c.uid != m.cred.Uid && caps&(1<<linux.CAP_SETUID) == 0 ||
		c.gid != m.cred.Gid && caps&(1<<linux.CAP_SETGID) == 0 {
		return linux.EPERM
	}
	m.scm, m.hasScm = c, true
	return 0
}

func appendCmsg(b []byte, kind, size int) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(cmsgHeader+size))
	return appendInt(appendInt(b, linux.SOL_SOCKET), kind)
}

// appendCred appends SCM_CREDENTIALS.
func appendCred(b []byte, c unixCred) []byte {
	b = appendCmsg(b, linux.SCM_CREDENTIALS, ucredSize)
	b = appendInt(appendInt(appendInt(b, int(c.pid)), int(c.uid)), int(c.gid))
	return append(b, 0, 0, 0, 0)
}

// appendStamp appends the time of arrival: a timeval for SO_TIMESTAMP, a
// timespec for SO_TIMESTAMPNS; the option's number is the message's.
func appendStamp(b []byte, option int, ns int64) []byte {
	fraction := ns % 1e9
	if option == linux.SO_TIMESTAMP {
		fraction /= 1e3
	}
	b = appendCmsg(b, option, 16)
	b = binary.LittleEndian.AppendUint64(b, uint64(ns/1e9))
	return binary.LittleEndian.AppendUint64(b, uint64(fraction))
}
