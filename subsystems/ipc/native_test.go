package ipc

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/proto/gen/ipcapi"
	"adyton.dev/adyton/subsystems/ipc/ipctest"
)

// nativeEnv marks the process that runs the cases on the host kernel.
const nativeEnv = "ADYTON_IPC_NATIVE"

// notNative are the cases that the host kernel cannot answer through this
// adapter, by what stands in the way.
var notNative = map[string]string{
	"readiness":   "PipeEachWriteIsAnEdgeOncePolled EventfdWriteOfZeroIsAnEdge PeekOffsetMoves",
	"waits":       "EventfdOverflowWaits EventfdWaiterSeesReadInBetween DgramFullServerMakesSendersWait DgramFullServerThatClosesFreesSenders TCPBacklogMakesWait TimeoutsBecomeDeadlines ConnectWaitHasTheSendTimeout BacklogIsOneMore BacklogRaisedWakesWaiters TCPConnectWithoutWaiting DgramShutdown UDPShutdown ConnectRefused",
	"lost tokens": "RightsOfAPlainReadComeBack RightsInTheQueueComeBackAtClose RightsWithoutBytesOnAStreamComeBack DgramDisconnectDropsWhatCame ListenerClosedResetsWaitingClients RightsPeekedStay DgramRights",
	"privilege":   "PipeSizeAboveLimitNeedsPrivilege PipeUserLimitGivesTwoPages PasscredKeepsWritersApart CredentialsMayOnlyBeOnesOwn OptionsThatCannotBeSet BufferSizesAreDoubled MsgSetLimits PeercredIsTheListeners",
	"handles":     "PipeClosedHandleIsEBADF UnknownHandleIsEBADF SocketCallsOnAPipeAreENOTSOCK PipeSizeOfAnotherFileIsEBADF FifoPendingHandleIsNoFile PipeEndsHaveOneDirection PipeOpensOnceMore PipeOpensOnceMoreByHandle",
	"core's own":  "PipePeekLeavesAndDropTakes PipeSplicedPagesDoNotMerge EventfdSignalSaturates",
	"cancelling":  "FifoCancelGivesUp FifoWaitingWriterBlocksEndOfFile FifoOpenEndsThoughThePartnerLeft FifoReadWriteFreesWaitingOpens",
	"raw values":  "UDPErrorQueue ConnectAddressIsChecked BindAbstractNamesAreExact BindPathOfOneGoneIsFree DgramConnectToNobodyUndoes TCPDisconnect OptionsThatTell LingerIsRemembered PeercredUnconnected DeviceIoctls BindRules UDPConnectFilters SocketRefusesUnknownKinds DgramTimestamps UDPTimestamps UDPPacketInfo PeercredOfAPair InetRefusesUnknownKinds DgramSendErrors",
	"no unread":   "PipeUnreadPutsPagesBack PipeUnreadOfAFullPipe StreamUnreadPutsMessagesBack StreamUnreadKeepsDescriptors TCPUnreadPutsBytesBack DgramUnreadIsEINVAL UnreadAfterAnotherReadIsEINVAL",
	"collecting":  "CollectFreesWhatReachesOnlyItself CollectKeepsWhatCanBeReceived CollectLooksIntoBacklogs",
	"netlink":     "NetlinkDumpsTheLoopbackDevice NetlinkTellsErrors NetlinkPortsAreOnesOwn",
	"TIME_WAIT":   "TCPTimeWaitKeepsThePort TCPTimeWaitOfReusersIsFree",
}

// TestNative holds the cases against the host kernel, so that they say what
// Linux does and not what we think of it. It needs root, to run them as the
// user that they name and with a network of their own.
func TestNative(t *testing.T) {
	if os.Getenv(nativeEnv) == "" {
		if os.Getuid() != 0 {
			t.Skip("needs root for a network namespace")
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestNative$", "-test.v="+strconv.FormatBool(testing.Verbose()))
		cmd.Env = append(os.Environ(), nativeEnv+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, err := cmd.CombinedOutput()
		if err != nil && len(out) == 0 {
			t.Skipf("no process with a network namespace of its own: %v", err)
		}
		if err != nil {
			t.Errorf("on the host kernel: %v\n%s", err, out)
		}
		return
	}
	becomeUser(t)
	skip := map[string]string{}
	for why, names := range notNative {
		for _, name := range strings.Fields(names) {
			if ipctest.Cases[name] == nil {
				t.Errorf("no case %s", name)
			}
			skip[name] = why
		}
	}
	for name, check := range ipctest.Cases {
		if skip[name] != "" || strings.HasPrefix(name, "Shm") || strings.HasPrefix(name, "Msg") ||
			strings.HasPrefix(name, "Sem") || strings.HasPrefix(name, "Mq") || strings.HasPrefix(name, "Sysv") || strings.HasPrefix(name, "Limits") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			n := &native{t: t, dir: t.TempDir(), fds: map[uint64]int{}, waiting: map[uint64]chan int{}}
			os.Chmod(n.dir, 0o777)
			t.Cleanup(n.closeAll)
			check(t, n)
		})
	}
}

// becomeUser brings the loopback device up and takes on the identity that the
// cases use.
func becomeUser(t *testing.T) {
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	must(err)
	ifr, err := unix.NewIfreq("lo")
	must(err)
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	must(unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr))
	unix.Close(fd)
	must(os.WriteFile("/proc/sys/net/ipv4/tcp_max_tw_buckets", []byte("0"), 0))
	must(syscall.Setgroups([]int{100, 27}))
	must(syscall.Setresgid(100, 100, 100))
	must(syscall.Setresuid(1000, 1000, 1000))
	t.Setenv("TMPDIR", filepath.Join(os.TempDir(), "adyton-ipc-"+strconv.Itoa(os.Getpid())))
	must(os.MkdirAll(os.TempDir(), 0o700))
	t.Cleanup(func() { os.RemoveAll(os.TempDir()) })
}

// native answers by system calls on descriptors that do not block.
type native struct {
	ipcapi.Unimplemented
	t       *testing.T
	dir     string
	last    uint64
	fds     map[uint64]int
	waiting map[uint64]chan int // opens of FIFOs that block
}

// Native marks the adapter for the suite.
func (n *native) Native() {}

func (n *native) closeAll() {
	for _, fd := range n.fds {
		unix.Close(fd)
	}
}

func (n *native) add(fd int) uint64 {
	n.last++
	n.fds[n.last] = fd
	return n.last
}

func (n *native) fd(h uint64) int {
	if fd, ok := n.fds[h]; ok {
		return fd
	}
	return -1
}

// errno turns an error into a result; one that would block becomes a wait.
func errno(err error, w *ipcapi.Wait, h uint64) linux.Errno {
	if err == nil {
		return 0
	}
	e, ok := err.(syscall.Errno)
	if !ok {
		panic(err)
	}
	if e == unix.EAGAIN && w != nil {
		*w = ipcapi.Wait{Handle: h, Events: 0xffff}
		return linux.EWAIT
	}
	return linux.Errno(e)
}

func (n *native) OpenPipe(q *ipcapi.OpenPipeRequest, a *ipcapi.OpenPipeReply) linux.Errno {
	var p [2]int
	if err := unix.Pipe2(p[:], int(q.Flags)|unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return errno(err, nil, 0)
	}
	a.ReadHandle, a.WriteHandle = n.add(p[0]), n.add(p[1])
	return 0
}

func (n *native) OpenFifo(q *ipcapi.OpenFifoRequest, a *ipcapi.OpenFifoReply) linux.Errno {
	path := filepath.Join(n.dir, fmt.Sprint("fifo", q.Node))
	if q.Handle != 0 {
		path = fmt.Sprintf("/proc/self/fd/%d", n.fd(q.Handle))
	} else if q.Pending == 0 {
		unix.Mkfifo(path, 0o600)
	}
	opened, h := n.waiting[q.Pending], q.Pending
	if q.Pending == 0 {
		if q.Flags&3 == 3 {
			n.t.Skip("open(2) with access mode 3 is for devices")
		}
		opened = make(chan int, 1)
		go func() {
			fd, err := unix.Open(path, int(q.Flags)|unix.O_CLOEXEC, 0)
			if err != nil {
				fd = -int(err.(syscall.Errno))
			}
			opened <- fd
		}()
		h = n.add(-1)
		n.waiting[h] = opened
	}
	select {
	case fd := <-opened:
		delete(n.waiting, h)
		if fd < 0 {
			return linux.Errno(-fd)
		}
		unix.SetNonblock(fd, true)
		n.fds[h] = fd
		a.Handle = h
		return 0
	case <-time.After(30 * time.Millisecond):
		a.Pending, a.Wait = h, ipcapi.Wait{Handle: h, Events: linux.POLLIN}
		return linux.EWAIT
	}
}

func (n *native) PipeSize(q *ipcapi.PipeSizeRequest, a *ipcapi.PipeSizeReply) linux.Errno {
	command := unix.F_GETPIPE_SZ
	if q.Size != 0 {
		command = unix.F_SETPIPE_SZ
	}
	v, err := unix.FcntlInt(uintptr(n.fd(q.Handle)), command, int(q.Size))
	a.Size = uint32(v)
	return errno(err, nil, 0)
}

func (n *native) Splice(q *ipcapi.SpliceRequest, a *ipcapi.SpliceReply) linux.Errno {
	var count int64
	var err error
	if q.Keep {
		count, err = unix.Tee(n.fd(q.From), n.fd(q.To), int(q.Count), unix.SPLICE_F_NONBLOCK)
	} else {
		count, err = unix.Splice(n.fd(q.From), nil, n.fd(q.To), nil, int(q.Count), unix.SPLICE_F_NONBLOCK)
	}
	a.Count = uint32(max(count, 0))
	return errno(err, &a.Wait, q.From)
}

func (n *native) OpenEventfd(q *ipcapi.OpenEventfdRequest, a *ipcapi.OpenEventfdReply) linux.Errno {
	flags := unix.EFD_NONBLOCK
	if q.Semaphore {
		flags |= unix.EFD_SEMAPHORE
	}
	fd, err := unix.Eventfd(0, flags)
	if err == nil && q.Value > 0 {
		unix.Write(fd, binary.LittleEndian.AppendUint64(nil, q.Value))
	}
	a.Handle = n.add(fd)
	return errno(err, nil, 0)
}

func (n *native) Read(q *ipcapi.ReadRequest, a *ipcapi.ReadReply) linux.Errno {
	b := make([]byte, q.Count)
	count, err := unix.Read(n.fd(q.Handle), b)
	a.Data = append(a.Data, b[:max(count, 0)]...)
	return errno(err, &a.Wait, q.Handle)
}

func (n *native) Write(q *ipcapi.WriteRequest, a *ipcapi.WriteReply) linux.Errno {
	count, err := unix.Write(n.fd(q.Handle), q.Data)
	a.Count = uint32(max(count, 0))
	return errno(err, &a.Wait, q.Handle)
}

func (n *native) Poll(q *ipcapi.PollRequest, a *ipcapi.PollReply) linux.Errno {
	p := []unix.PollFd{{Fd: int32(n.fd(q.Handle)), Events: -1}}
	_, err := unix.Poll(p, 0)
	a.Level = uint32(uint16(p[0].Revents))
	return errno(err, nil, 0)
}

func (n *native) Ioctl(q *ipcapi.IoctlRequest, a *ipcapi.IoctlReply) linux.Errno {
	v, err := unix.IoctlGetInt(n.fd(q.Handle), uint(q.Command))
	a.Out = binary.LittleEndian.AppendUint32(a.Out, uint32(v))
	return errno(err, nil, 0)
}

func (n *native) Getattr(q *ipcapi.GetattrRequest, a *ipcapi.GetattrReply) linux.Errno {
	var st unix.Stat_t
	err := unix.Fstat(n.fd(q.Handle), &st)
	a.Ino, a.Mode, a.Uid, a.Gid = st.Ino, st.Mode, st.Uid, st.Gid
	return errno(err, nil, 0)
}

func (n *native) Close(q *ipcapi.CloseRequest, _ *ipcapi.CloseReply) linux.Errno {
	err := unix.Close(n.fd(q.Handle))
	delete(n.fds, q.Handle)
	return errno(err, nil, 0)
}

func (n *native) Socket(q *ipcapi.SocketRequest, a *ipcapi.SocketReply) linux.Errno {
	fd, err := unix.Socket(int(q.Domain), int(q.Type)|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, int(q.Protocol))
	if err == nil {
		a.Handle = n.add(fd)
	}
	return errno(err, nil, 0)
}

func (n *native) SocketPair(q *ipcapi.SocketPairRequest, a *ipcapi.SocketPairReply) linux.Errno {
	p, err := unix.Socketpair(int(q.Domain), int(q.Type)|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, int(q.Protocol))
	if err == nil {
		a.First, a.Second = n.add(p[0]), n.add(p[1])
	}
	return errno(err, nil, 0)
}

// sockaddr reads an address; one that the library cannot express ends the
// case.
func (n *native) sockaddr(b []byte) unix.Sockaddr {
	switch {
	case len(b) == 2 && b[0] == unix.AF_UNIX:
		return &unix.SockaddrUnix{}
	case len(b) > 2 && b[0] == unix.AF_UNIX && b[2] == 0:
		return &unix.SockaddrUnix{Name: "@" + string(b[3:])}
	case len(b) > 2 && b[0] == unix.AF_UNIX:
		path, _, _ := bytes.Cut(b[2:], []byte{0})
		return &unix.SockaddrUnix{Name: n.dir + string(path)}
	case len(b) == sizeIn && b[0] == unix.AF_INET:
		return &unix.SockaddrInet4{Port: int(binary.BigEndian.Uint16(b[2:])), Addr: [4]byte(b[4:8])}
	case len(b) == sizeIn6 && b[0] == unix.AF_INET6:
		return &unix.SockaddrInet6{Port: int(binary.BigEndian.Uint16(b[2:])), Addr: [16]byte(b[8:24])}
	}
	n.t.Skipf("the library has no sockaddr %x", b)
	return nil
}

// raw is the way back.
func (n *native) raw(sa unix.Sockaddr) []byte {
	at := func(domain uint32, ip netip.Addr, port int) []byte {
		k := newInet(domain, 0, 0)
		return k.format(nil, inetAddr{ip, uint16(port)})
	}
	switch sa := sa.(type) {
	case *unix.SockaddrUnix:
		switch {
		case sa.Name == "" || sa.Name == "@":
			return []byte{unix.AF_UNIX, 0}
		case sa.Name[0] == '@':
			return append([]byte{unix.AF_UNIX, 0, 0}, sa.Name[1:]...)
		}
		return append(append([]byte{unix.AF_UNIX, 0}, strings.TrimPrefix(sa.Name, n.dir)...), 0)
	case *unix.SockaddrInet4:
		return at(linux.AF_INET, netip.AddrFrom4(sa.Addr), sa.Port)
	case *unix.SockaddrInet6:
		return at(linux.AF_INET6, netip.AddrFrom16(sa.Addr), sa.Port)
	}
	return nil
}

func (n *native) Bind(q *ipcapi.BindRequest, _ *ipcapi.BindReply) linux.Errno {
	if fd := n.fd(q.Handle); fd >= 0 {
		return errno(unix.Bind(fd, n.sockaddr(q.Address)), nil, 0)
	}
	return linux.EBADF
}

func (n *native) Listen(q *ipcapi.ListenRequest, _ *ipcapi.ListenReply) linux.Errno {
	return errno(unix.Listen(n.fd(q.Handle), int(q.Backlog)), nil, 0)
}

func (n *native) Connect(q *ipcapi.ConnectRequest, a *ipcapi.ConnectReply) linux.Errno {
	fd := n.fd(q.Handle)
	sa := n.sockaddr(q.Address)
	if _, local := sa.(*unix.SockaddrUnix); !local && !q.Nonblock {
		unix.SetNonblock(fd, false)
		defer unix.SetNonblock(fd, true)
	}
	err := unix.Connect(fd, sa)
	if q.Nonblock {
		return errno(err, nil, 0)
	}
	// A path without a file is what the core finds, not ipc.
	if err == unix.ENOENT {
		return linux.ECONNREFUSED
	}
	return errno(err, &a.Wait, q.Handle)
}

func (n *native) Accept(q *ipcapi.AcceptRequest, a *ipcapi.AcceptReply) linux.Errno {
	fd, sa, err := unix.Accept4(n.fd(q.Handle), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err == nil {
		a.Handle, a.Address = n.add(fd), n.raw(sa)
	}
	return errno(err, &a.Wait, q.Handle)
}

func (n *native) Name(q *ipcapi.NameRequest, a *ipcapi.NameReply) linux.Errno {
	ask := unix.Getsockname
	if q.Peer {
		ask = unix.Getpeername
	}
	sa, err := ask(n.fd(q.Handle))
	a.Address = n.raw(sa)
	return errno(err, nil, 0)
}

func (n *native) Shutdown(q *ipcapi.ShutdownRequest, _ *ipcapi.ShutdownReply) linux.Errno {
	return errno(unix.Shutdown(n.fd(q.Handle), int(q.How)), nil, 0)
}

// ownPid puts this process's id where the cases say 42, or the other way.
func ownPid(control []byte, from, to int) []byte {
	b := bytes.Clone(control)
	if len(b) >= 28 && binary.LittleEndian.Uint32(b[12:]) == linux.SCM_CREDENTIALS &&
		binary.LittleEndian.Uint32(b[16:]) == uint32(from) {
		binary.LittleEndian.PutUint32(b[16:], uint32(to))
	}
	return b
}

func (n *native) Send(q *ipcapi.SendRequest, a *ipcapi.SendReply) linux.Errno {
	var sa unix.Sockaddr
	if len(q.Address) > 0 {
		sa = n.sockaddr(q.Address)
	}
	control := ownPid(q.Control, 42, os.Getpid())
	if len(q.Tokens) > 0 {
		var fds []int
		for _, token := range q.Tokens {
			fd, _ := unix.Eventfd(uint(token), 0)
			fds = append(fds, fd)
			defer unix.Close(fd)
		}
		control = append(control, unix.UnixRights(fds...)...)
	}
	count, err := unix.SendmsgN(n.fd(q.Handle), q.Data, control, sa, int(q.Flags)|unix.MSG_NOSIGNAL)
	if err == unix.ENOENT {
		err = unix.ECONNREFUSED
	}
	a.Count = uint32(max(count, 0))
	w := &a.Wait
	if q.Flags&linux.MSG_DONTWAIT != 0 {
		w = nil
	}
	return errno(err, w, q.Handle)
}

func (n *native) Receive(q *ipcapi.ReceiveRequest, a *ipcapi.ReceiveReply) linux.Errno {
	fd := n.fd(q.Handle)
	typ, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	flags := int(q.Flags) | unix.MSG_CMSG_CLOEXEC
	if typ != unix.SOCK_STREAM {
		flags |= unix.MSG_TRUNC // to learn the whole length
	}
	b, oob := make([]byte, q.Count), make([]byte, 4096)
	count, oobn, got, sa, err := unix.Recvmsg(fd, b, oob, flags)
	if err != nil {
		w := &a.Wait
		if q.Flags&linux.MSG_DONTWAIT != 0 {
			w = nil
		}
		return errno(err, w, q.Handle)
	}
	a.Full, a.Flags = uint32(count), uint32(got)&linux.MSG_TRUNC
	if !(typ == unix.SOCK_STREAM && q.Flags&linux.MSG_TRUNC != 0) {
		a.Data = append(a.Data, b[:min(count, len(b))]...)
	}
	if sa != nil {
		a.Address = n.raw(sa)
	}
	messages, _ := unix.ParseSocketControlMessage(oob[:oobn])
	for _, m := range messages {
		if fds, err := unix.ParseUnixRights(&m); err == nil {
			for _, fd := range fds {
				a.Tokens = append(a.Tokens, eventfdCount(fd))
				unix.Close(fd)
			}
			continue
		}
		if m.Header.Type == unix.SCM_CREDENTIALS {
			c := appendCmsg(nil, int(m.Header.Type), len(m.Data))
			c = append(c, m.Data...)
			a.Control = append(a.Control, append(ownPid(c, os.Getpid(), 42), 0, 0, 0, 0)...)
		}
	}
	return 0
}

// eventfdCount reads the counter of an eventfd without taking it.
func eventfdCount(fd int) uint64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
	_, after, _ := strings.Cut(string(text), "eventfd-count:")
	v, _ := strconv.ParseUint(strings.TrimSpace(strings.SplitN(after, "\n", 2)[0]), 16, 64)
	return v
}

func (n *native) GetOption(q *ipcapi.GetOptionRequest, a *ipcapi.GetOptionReply) linux.Errno {
	fd := n.fd(q.Handle)
	switch {
	case q.Level == linux.SOL_SOCKET && (q.Option == linux.SO_RCVTIMEO || q.Option == linux.SO_SNDTIMEO):
		tv, err := unix.GetsockoptTimeval(fd, int(q.Level), int(q.Option))
		if err == nil {
			a.Value = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, uint64(tv.Sec)), uint64(tv.Usec))
		}
		return errno(err, nil, 0)
	case q.Level == linux.SOL_TCP && q.Option == linux.TCP_INFO:
		info, err := unix.GetsockoptTCPInfo(fd, int(q.Level), int(q.Option))
		if err == nil {
			a.Value = append(a.Value, info.State)
		}
		return errno(err, nil, 0)
	case q.Size != 4:
		n.t.Skipf("option %d of %d bytes", q.Option, q.Size)
	}
	v, err := unix.GetsockoptInt(fd, int(q.Level), int(q.Option))
	a.Value = binary.LittleEndian.AppendUint32(a.Value, uint32(v))
	return errno(err, nil, 0)
}

func (n *native) SetOption(q *ipcapi.SetOptionRequest, _ *ipcapi.SetOptionReply) linux.Errno {
	return errno(unix.SetsockoptString(n.fd(q.Handle), int(q.Level), int(q.Option), string(q.Value)), nil, 0)
}
