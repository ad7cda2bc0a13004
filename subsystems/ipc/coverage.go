package ipc

import (
	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
)

// sendFlags and receiveFlags are answered; AF_UNIX ignores those that concern
// networks, as on Linux.
const (
	sendFlags = linux.MSG_DONTWAIT | linux.MSG_NOSIGNAL | linux.MSG_EOR | linux.MSG_MORE | linux.MSG_CONFIRM |
		linux.MSG_DONTROUTE | linux.MSG_PROXY | linux.MSG_WAITALL | linux.MSG_TRUNC | linux.MSG_CTRUNC | linux.MSG_BATCH
	receiveFlags = linux.MSG_DONTWAIT | linux.MSG_PEEK | linux.MSG_TRUNC | linux.MSG_WAITALL | linux.MSG_CMSG_CLOEXEC |
		linux.MSG_WAITFORONE | linux.MSG_NOSIGNAL | linux.MSG_DONTROUTE | linux.MSG_EOR | linux.MSG_CTRUNC
)

var (
	domains = []uint64{linux.AF_UNIX}
	types   = []uint64{linux.SOCK_STREAM, linux.SOCK_DGRAM, linux.SOCK_RAW, linux.SOCK_SEQPACKET}
)

// getOptions and setOptions are those of SOL_SOCKET.
var (
	setOptions = []uint64{
		linux.SO_DEBUG, linux.SO_REUSEADDR, linux.SO_DONTROUTE, linux.SO_BROADCAST, linux.SO_SNDBUF, linux.SO_RCVBUF,
		linux.SO_SNDBUFFORCE, linux.SO_RCVBUFFORCE, linux.SO_KEEPALIVE, linux.SO_OOBINLINE, linux.SO_NO_CHECK,
		linux.SO_PRIORITY, linux.SO_LINGER, linux.SO_BSDCOMPAT, linux.SO_REUSEPORT, linux.SO_PASSCRED, linux.SO_RCVLOWAT,
		linux.SO_RCVTIMEO, linux.SO_SNDTIMEO, linux.SO_TIMESTAMP, linux.SO_TIMESTAMPNS, linux.SO_PASSSEC, linux.SO_MARK,
		linux.SO_PEEK_OFF,
	}
	getOptions = append([]uint64{
		linux.SO_TYPE, linux.SO_ERROR, linux.SO_PEERCRED, linux.SO_SNDLOWAT, linux.SO_ACCEPTCONN, linux.SO_PROTOCOL,
		linux.SO_DOMAIN, linux.SO_COOKIE, linux.SO_PEERGROUPS,
	}, setOptions...)
)

// Claims says what this implementation answers. The core enforces it: what is
// not named here never reaches the subsystem.
var Claims = []coverage.Claim{
	{
		Syscalls: []string{"pipe"},
		Level:    coverage.Full,
		Tests: []string{"ipctest/PipeCarriesBytesInOrder", "ipctest/PipeHolds64KiB", "ipctest/PipeSmallWriteIsWholeOrNothing",
			"ipctest/PipeEndOfFileAfterLastWriter", "ipctest/PipeWriteWithoutReadersIsEPIPE", "ipctest/PipeLevels"},
	},
	{
		Syscalls: []string{"pipe2"},
		Level:    coverage.Partial,
		Flags:    map[string]uint64{"flags": linux.O_CLOEXEC | linux.O_NONBLOCK | linux.O_DIRECT},
		Note:     "O_NOTIFICATION_PIPE gives EINVAL.",
		Tests:    []string{"ipctest/PipePacketsKeepTheirEnds", "ipctest/PipeHoldsSixteenPackets", "ipctest/PipeUnknownFlagsAreEINVAL"},
	},
	{
		Syscalls: []string{"eventfd", "eventfd2"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"flags": linux.EFD_CLOEXEC | linux.EFD_NONBLOCK | linux.EFD_SEMAPHORE},
		Tests: []string{"ipctest/EventfdReadTakesTheCounter", "ipctest/EventfdSemaphoreReadTakesOne",
			"ipctest/EventfdOverflowWaits", "ipctest/EventfdLevels"},
	},
	{
		Syscalls: []string{"tee"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"flags": spliceFlags},
		Tests:    []string{"ipctest/TeeCopiesBytes", "ipctest/TeeOfAPageDoesNotMerge", "ipctest/SpliceWantsTwoPipes"},
	},
	{
		Syscalls: []string{"splice"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"flags": spliceFlags},
		Note:     "Between a pipe and a file or socket the core reads and writes.",
		Tests:    []string{"ipctest/SpliceMovesBytes", "ipctest/SpliceWaitsForInputFirst", "ipctest/SpliceAtEndOfFileGivesZero"},
	},
	{
		Syscalls: []string{"vmsplice"},
		Level:    coverage.Partial,
		Flags:    map[string]uint64{"flags": spliceFlags},
		Note:     "Copies: a gift is not taken.",
		Tests:    []string{"ipctest/PipeLargeWriteGoesInParts"},
	},
	{
		Syscalls: []string{"socket"},
		Level:    coverage.Partial,
		Flags:    map[string]uint64{"type": linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK},
		Values:   map[string][]uint64{"domain": domains, "type": types},
		Note:     "AF_UNIX only.",
		Tests:    []string{"ipctest/SocketRefusesUnknownKinds", "ipctest/SocketRawIsDatagram"},
	},
	{
		Syscalls: []string{"socketpair"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"type": linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK},
		Values:   map[string][]uint64{"domain": domains, "type": types},
		Tests:    []string{"ipctest/StreamCarriesBytesBothWays", "ipctest/DgramKeepsMessages", "ipctest/SeqpacketKeepsMessagesAndConnections"},
	},
	{
		Syscalls: []string{"bind", "getsockname", "getpeername"},
		Level:    coverage.Full,
		Tests: []string{"ipctest/BindRules", "ipctest/BindPathEndsAtNul", "ipctest/AutobindChoosesFiveDigits",
			"ipctest/NameOfTheNameless", "ipctest/ConnectAndAccept"},
	},
	{
		Syscalls: []string{"listen", "connect", "accept"},
		Level:    coverage.Full,
		Tests: []string{"ipctest/ListenRules", "ipctest/ConnectAndAccept", "ipctest/ConnectRefused", "ipctest/BacklogIsOneMore",
			"ipctest/ConnectTwiceIsEISCONN", "ipctest/ListenerClosedResetsWaitingClients", "ipctest/DgramConnectChoosesThePeer"},
	},
	{
		Syscalls: []string{"accept4"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"flags": linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK},
		Tests:    []string{"ipctest/ConnectAndAccept", "ipctest/AcceptInheritsPasscred"},
	},
	{
		Syscalls: []string{"sendto", "sendmsg", "sendmmsg"},
		Level:    coverage.Partial,
		Flags:    map[string]uint64{"flags": sendFlags},
		Note:     "MSG_OOB is not answered.",
		Tests: []string{"ipctest/StreamLargeWriteIsPartial", "ipctest/DgramSendToName", "ipctest/DgramSendErrors",
			"ipctest/RightsComeWithTheirBytes", "ipctest/CredentialsMayOnlyBeOnesOwn", "ipctest/DgramFullServerMakesSendersWait"},
	},
	{
		Syscalls: []string{"recvfrom", "recvmsg", "recvmmsg"},
		Level:    coverage.Partial,
		Flags:    map[string]uint64{"flags": receiveFlags},
		Note:     "MSG_OOB and MSG_ERRQUEUE are not answered.",
		Tests: []string{"ipctest/PeekLeavesTheBytes", "ipctest/WaitallGivesPartAndWait", "ipctest/DgramCutOffIsTold",
			"ipctest/RightsEndAReceive", "ipctest/PasscredShowsTheSender", "ipctest/StreamCloseWithUnreadDataIsECONNRESET"},
	},
	{
		Syscalls: []string{"shutdown"},
		Level:    coverage.Full,
		Tests:    []string{"ipctest/ShutdownWriteIsThePeersEndOfFile", "ipctest/ShutdownBothHangsUpBoth", "ipctest/ShutdownHowIsChecked"},
	},
	{
		Syscalls: []string{"getsockopt"},
		Level:    coverage.Partial,
		Values:   map[string][]uint64{"level": {linux.SOL_SOCKET}, "optname": getOptions},
		Note:     "The options named; not filters, security labels and what concerns devices.",
		Tests:    []string{"ipctest/OptionsThatTell", "ipctest/OptionsThatAreFlags", "ipctest/PeercredOfAPair", "ipctest/StreamResetShowsInSoError"},
	},
	{
		Syscalls: []string{"setsockopt"},
		Level:    coverage.Partial,
		Values:   map[string][]uint64{"level": {linux.SOL_SOCKET}, "optname": setOptions},
		Note:     "The options named; not filters, security labels and what concerns devices.",
		Tests: []string{"ipctest/OptionsThatAreFlags", "ipctest/OptionsThatCannotBeSet", "ipctest/BufferSizesAreDoubled",
			"ipctest/TimeoutsRoundUpToTicks", "ipctest/LingerIsRemembered", "ipctest/PeekOffsetMoves"},
	},
}

const spliceFlags = linux.SPLICE_F_MOVE | linux.SPLICE_F_NONBLOCK | linux.SPLICE_F_MORE | linux.SPLICE_F_GIFT
