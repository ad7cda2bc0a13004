package ipc

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
)

// limits are what /proc/sys says of System V objects and POSIX queues.
type limits struct {
	shmMax, shmAll         uint64
	shmNumber              uint64
	msgMax, msgBytes       uint64
	msgNumber              uint64
	sem                    [4]uint64 // SEMMSL, SEMMNS, SEMOPM, SEMMNI
	mqQueues               uint64
	mqMessages, mqSize     uint64
	mqMessages0, mqSize0   uint64 // of a queue made without attributes
	shmRemove, msgAutoSize uint64
}

func newLimits() limits {
	return limits{
		shmMax: shmMax, shmAll: shmMax, shmNumber: linux.SHMMNI,
		msgMax: linux.MSGMAX, msgBytes: linux.MSGMNB, msgNumber: linux.MSGMNI,
		sem:      [4]uint64{linux.SEMMSL, linux.SEMMNS, linux.SEMOPM, linux.SEMMNI},
		mqQueues: mqMaxQueues, mqMessages: mqMaxMessages, mqSize: mqMaxSize,
		mqMessages0: mqDefaultMessages, mqSize0: mqDefaultSize,
	}
}

// tunable is a file of /proc/sys: numbers within bounds.
type tunable struct {
	values   []*uint64
	from, to uint64
}

// tunable finds the file at a path below /proc: ipc_sysctls and mq_sysctls.
func (s *IPC) tunable(name string) (tunable, bool) {
	l := &s.limits
	const ipcIDs = 32768
	one := func(v *uint64, from, to uint64) (tunable, bool) { return tunable{[]*uint64{v}, from, to}, true }
	switch name {
	case "sys/kernel/shmmax":
		return one(&l.shmMax, 0, math.MaxUint64)
	case "sys/kernel/shmall":
		return one(&l.shmAll, 0, math.MaxUint64)
	case "sys/kernel/shmmni":
		return one(&l.shmNumber, 0, ipcIDs)
	case "sys/kernel/shm_rmid_forced":
		return one(&l.shmRemove, 0, 1)
	case "sys/kernel/msgmax":
		return one(&l.msgMax, 0, math.MaxInt32)
	case "sys/kernel/msgmnb":
		return one(&l.msgBytes, 0, math.MaxInt32)
	case "sys/kernel/msgmni":
		return one(&l.msgNumber, 0, ipcIDs)
	case "sys/kernel/auto_msgmni":
		return one(&l.msgAutoSize, 0, 1)
	case "sys/kernel/sem":
		return tunable{[]*uint64{&l.sem[0], &l.sem[1], &l.sem[2], &l.sem[3]}, 0, math.MaxInt32}, true
	case "sys/fs/mqueue/queues_max":
		return one(&l.mqQueues, 0, math.MaxInt32)
	case "sys/fs/mqueue/msg_max":
		return one(&l.mqMessages, 1, mqHardMessages)
	case "sys/fs/mqueue/msgsize_max":
		return one(&l.mqSize, 128, mqHardSize)
	case "sys/fs/mqueue/msg_default":
		return one(&l.mqMessages0, 1, mqHardMessages)
	case "sys/fs/mqueue/msgsize_default":
		return one(&l.mqSize0, 128, mqHardSize)
	}
	return tunable{}, false
}

// Text implements ipcapi.IPC. Errors: ENOENT.
func (s *IPC) Text(req *ipcapi.TextRequest, rep *ipcapi.TextReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tunable(req.Name); ok {
		for i, v := range t.values {
			if i > 0 {
				rep.Data = append(rep.Data, '\t')
			}
			rep.Data = strconv.AppendUint(rep.Data, *v, 10)
		}
		rep.Data = append(rep.Data, '\n')
		return 0
	}
	f := texts[req.Name]
	if f == nil {
		return linux.ENOENT
	}
	rep.Data = f(s, rep.Data)
	return 0
}

// texts are the files that only tell.
var texts = map[string]func(*IPC, []byte) []byte{
	"sysvipc/shm": (*IPC).shmText,
	"sysvipc/msg": (*IPC).msgText,
	"sysvipc/sem": (*IPC).semText,
}

// SetText implements ipcapi.IPC: proc_dointvec_minmax. Fewer numbers than there
// are leave the others. Errors: ENOENT, EINVAL.
func (s *IPC) SetText(req *ipcapi.SetTextRequest, _ *ipcapi.SetTextReply) linux.Errno {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tunable(req.Name)
	if !ok {
		return linux.ENOENT
	}
	var numbers []uint64
	for _, word := range strings.Fields(strings.TrimRight(string(req.Data), "\x00")) {
		n, err := strconv.ParseUint(word, 0, 64)
		if err != nil || n < t.from || n > t.to {
			return linux.EINVAL
		}
		numbers = append(numbers, n)
	}
	if len(numbers) > len(t.values) {
		return linux.EINVAL
	}
	for i, n := range numbers {
		*t.values[i] = n
	}
	return 0
}

// shmText is sysvipc_shm_proc_show. All memory of a segment counts as present.
func (s *IPC) shmText(b []byte) []byte {
	b = append(b, "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n"...)
	for _, g := range s.shms.sorted() {
		b = fmt.Appendf(b, "%10d %10d  %4o %21d %5d %5d  %5d %5d %5d %5d %5d %10d %10d %10d %21d %21d\n", g.key, g.id, g.mode, g.size,
			g.creator, g.last, g.attached, g.uid, g.gid, g.cuid, g.cgid, g.attachSec, g.detachSec, g.ctime, g.pages()*pageSize, 0)
	}
	return b
}

// msgText is sysvipc_msg_proc_show.
func (s *IPC) msgText(b []byte) []byte {
	b = append(b, "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n"...)
	for _, q := range s.msgs.sorted() {
		b = fmt.Appendf(b, "%10d %10d  %4o  %10d %10d %5d %5d %5d %5d %5d %5d %10d %10d %10d\n", q.key, q.id, q.mode, q.bytes,
			len(q.messages), q.sendPid, q.recvPid, q.uid, q.gid, q.cuid, q.cgid, q.sendSec, q.recvSec, q.ctime)
	}
	return b
}

// semText is sysvipc_sem_proc_show.
func (s *IPC) semText(b []byte) []byte {
	b = append(b, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"...)
	for _, g := range s.sems.sorted() {
		b = fmt.Appendf(b, "%10d %10d  %4o %10d %5d %5d %5d %5d %10d %10d\n", g.key, g.id, g.mode, len(g.sems),
			g.uid, g.gid, g.cuid, g.cgid, g.opSec, g.ctime)
	}
	return b
}
