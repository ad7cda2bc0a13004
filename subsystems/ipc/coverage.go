package ipc

import (
	"slices"

	"adyton.dev/adyton/core/coverage"
	"adyton.dev/adyton/core/linux"
)

var (
	domains = []uint64{linux.AF_UNIX, linux.AF_INET, linux.AF_INET6, linux.AF_NETLINK}
	// types are all there could be: the socket refuses those that there are not,
	// by another errno than one out of range.
	types = []uint64{0, linux.SOCK_STREAM, linux.SOCK_DGRAM, linux.SOCK_RAW, linux.SOCK_RDM, linux.SOCK_SEQPACKET,
		linux.SOCK_DCCP, 7, 8, 9, linux.SOCK_PACKET}
)

// getOptions and setOptions are the options of all levels: a level, or a number
// that one has not, is refused by the socket.
var (
	setOptions = append([]uint64{
		linux.SO_DEBUG, linux.SO_REUSEADDR, linux.SO_DONTROUTE, linux.SO_BROADCAST, linux.SO_SNDBUF, linux.SO_RCVBUF,
		linux.SO_SNDBUFFORCE, linux.SO_RCVBUFFORCE, linux.SO_KEEPALIVE, linux.SO_OOBINLINE, linux.SO_NO_CHECK,
		linux.SO_PRIORITY, linux.SO_LINGER, linux.SO_BSDCOMPAT, linux.SO_REUSEPORT, linux.SO_PASSCRED, linux.SO_RCVLOWAT,
		linux.SO_RCVTIMEO, linux.SO_SNDTIMEO, linux.SO_TIMESTAMP, linux.SO_TIMESTAMPNS, linux.SO_PASSSEC, linux.SO_MARK,
		linux.SO_PEEK_OFF, linux.SO_BINDTODEVICE, linux.SO_RXQ_OVFL, linux.SO_NOFCS, linux.SO_LOCK_FILTER,
		linux.SO_SELECT_ERR_QUEUE, linux.SO_PASSPIDFD, linux.IP_MULTICAST_IF, linux.IP_ADD_MEMBERSHIP, linux.IP_DROP_MEMBERSHIP,
		linux.IPV6_ADD_MEMBERSHIP, linux.IPV6_DROP_MEMBERSHIP,
	}, networkOptions()...)
	getOptions = append([]uint64{
		linux.SO_TYPE, linux.SO_ERROR, linux.SO_PEERCRED, linux.SO_SNDLOWAT, linux.SO_ACCEPTCONN, linux.SO_PROTOCOL,
		linux.SO_DOMAIN, linux.SO_COOKIE, linux.SO_PEERGROUPS, linux.SO_PEERPIDFD, linux.SO_INCOMING_CPU, linux.NETLINK_LIST_MEMBERSHIPS, linux.IP_MTU, linux.IPV6_MTU,
		linux.TCP_INFO,
	}, setOptions...)
)

// networkOptions lists the options of the network protocols.
func networkOptions() []uint64 {
	all := []uint64{linux.IPV6_V6ONLY, linux.TCP_CONGESTION, linux.IP_OPTIONS, linux.MCAST_JOIN_GROUP, linux.MCAST_LEAVE_GROUP,
		linux.IPV6_ADDRFORM, linux.IPV6_RTHDR, linux.IPV6_HOPOPTS, linux.IPV6_DSTOPTS, linux.IPV6_RTHDRDSTOPTS,
		linux.NETLINK_ADD_MEMBERSHIP, linux.NETLINK_DROP_MEMBERSHIP, linux.NETLINK_PKTINFO, linux.NETLINK_BROADCAST_ERROR,
		linux.NETLINK_NO_ENOBUFS, linux.NETLINK_CAP_ACK, linux.NETLINK_EXT_ACK, linux.NETLINK_GET_STRICT_CHK}
	for key := range inetOptions {
		all = append(all, uint64(key.option))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Claims says what this implementation answers. The core enforces it: what is
// not named here never reaches the subsystem.
var Claims = []coverage.Claim{
	{
		Syscalls: []string{"pipe"},
		Level:    coverage.Full,
		Tests: []string{"ipctest/PipeCarriesBytesInOrder", "ipctest/PipeHolds64KiB", "ipctest/PipeSmallWriteIsWholeOrNothing",
			"ipctest/PipeEndOfFileAfterLastWriter", "ipctest/PipeUnreadPutsPagesBack", "conformance/pipe", "ipctest/PipeWriteWithoutReadersIsEPIPE", "ipctest/PipeLevels"},
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
			"ipctest/EventfdOverflowWaits", "ipctest/EventfdSignalSaturates", "ipctest/EventfdLevels"},
	},
	{
		Syscalls: []string{"tee"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"flags": spliceFlags},
		Tests:    []string{"ipctest/TeeCopiesBytes", "ipctest/TeeOfAPageDoesNotMerge", "ipctest/SpliceWantsTwoPipes", "conformance/splice"},
	},
	{
		Syscalls: []string{"splice"},
		Level:    coverage.Full,
		Flags:    map[string]uint64{"flags": spliceFlags},
		Note:     "Between a pipe and a file or socket the core reads and writes.",
		Tests: []string{"ipctest/SpliceMovesBytes", "ipctest/SpliceWaitsForInputFirst", "ipctest/SpliceAtEndOfFileGivesZero",
			"ipctest/PipePeekLeavesAndDropTakes", "ipctest/PipeSplicedPagesDoNotMerge", "conformance/splice"},
	},
	{
		Syscalls: []string{"vmsplice"},
		Level:    coverage.Partial,
		Flags:    map[string]uint64{"flags": spliceFlags},
		Note:     "Copies: what the program writes to its pages later is not seen.",
		Tests:    []string{"ipctest/PipeSplicedPagesDoNotMerge", "conformance/splice"},
	},
	{
		Syscalls: []string{"socket"},
		Level:    coverage.Partial,
		Flags:    map[string]uint64{"type": linux.SOCK_CLOEXEC | linux.SOCK_NONBLOCK},
		Values:   map[string][]uint64{"domain": domains, "type": types},
		Note:     "AF_UNIX, NETLINK_ROUTE as far as it tells of the loopback device, and TCP and UDP over IPv4 and IPv6 between programs inside: there is no other network.",
		Tests: []string{"conformance/netdev", "ipctest/NetlinkDumpsTheLoopbackDevice", "ipctest/NetlinkTellsErrors", "ipctest/SocketRefusesUnknownKinds", "ipctest/SocketRawIsDatagram", "ipctest/InetRefusesUnknownKinds",
			"ipctest/TCPConnectsAndCarriesBytes", "ipctest/UDPSendsAndReceives"},
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
			"ipctest/NameOfTheNameless", "ipctest/ConnectAndAccept", "ipctest/TCPAddresses", "ipctest/TCPPortRules",
			"ipctest/TCPDualStack", "ipctest/UDPBindsAndWildcards"},
	},
	{
		Syscalls: []string{"listen", "connect", "accept"},
		Level:    coverage.Full,
		Tests: []string{"ipctest/ListenRules", "ipctest/ConnectAndAccept", "ipctest/ConnectRefused", "ipctest/BacklogIsOneMore",
			"ipctest/ConnectTwiceIsEISCONN", "ipctest/TCPRefusedWithoutWaiting", "ipctest/TCPBacklogMakesWait",
			"ipctest/TCPUnconnected", "ipctest/UDPConnectFilters", "ipctest/ListenerClosedResetsWaitingClients", "ipctest/DgramConnectChoosesThePeer"},
	},
	{
		Syscalls: []string{"accept4"},
		Level:    coverage.Full,
		Tests:    []string{"ipctest/ConnectAndAccept", "ipctest/AcceptInheritsPasscred"},
	},
	{
		Syscalls: []string{"sendto", "sendmsg", "sendmmsg"},
		Level:    coverage.Partial,
		Note:     "Flags that no protocol has are ignored, as on Linux; so is MSG_ZEROCOPY without SO_ZEROCOPY, which there is not.",
		Tests: []string{"conformance/tcp", "conformance/udp", "ipctest/TCPUrgentByte", "ipctest/UrgentByteIsReadApart", "ipctest/UDPCorkGlues", "ipctest/UDPMulticastReachesMembers", "ipctest/TCPFullBufferWaits", "ipctest/UDPUnconnected", "ipctest/StreamLargeWriteIsPartial", "ipctest/DgramSendToName", "ipctest/DgramSendErrors",
			"ipctest/RightsComeWithTheirBytes", "conformance/unix", "ipctest/CollectFreesWhatReachesOnlyItself", "ipctest/CollectKeepsWhatCanBeReceived", "ipctest/CredentialsMayOnlyBeOnesOwn", "ipctest/DgramFullServerMakesSendersWait"},
	},
	{
		Syscalls: []string{"recvfrom", "recvmsg", "recvmmsg"},
		Level:    coverage.Partial,
		Note:     "MSG_ERRQUEUE has refused datagrams, no time stamps. Flags that no protocol has are ignored, as on Linux.",
		Tests: []string{"conformance/tcp", "conformance/udp", "ipctest/TCPUrgentByte", "ipctest/UrgentByteEndsARead", "ipctest/UrgentByteIsReplaced", "ipctest/UDPErrorQueue", "ipctest/TCPPeekAndWaitall", "ipctest/StreamUnreadPutsMessagesBack", "conformance/sock", "ipctest/TCPPeerClosed", "ipctest/PeekLeavesTheBytes", "ipctest/WaitallGivesPartAndWait", "ipctest/DgramCutOffIsTold",
			"ipctest/RightsEndAReceive", "ipctest/PasscredShowsTheSender", "ipctest/StreamCloseWithUnreadDataIsECONNRESET"},
	},
	{
		Syscalls: []string{"shutdown"},
		Level:    coverage.Full,
		Tests: []string{"ipctest/ShutdownWriteIsThePeersEndOfFile", "ipctest/ShutdownBothHangsUpBoth", "ipctest/ShutdownHowIsChecked",
			"ipctest/TCPShutdownWrite", "ipctest/TCPShutdownReadIsLocal", "ipctest/UDPShutdown"},
	},
	{
		Syscalls: []string{"getsockopt"},
		Level:    coverage.Partial,
		Values:   map[string][]uint64{"optname": getOptions},
		Note:     "The options named; not filters and security labels.",
		Tests:    []string{"conformance/tcp", "conformance/udp", "ipctest/TCPOptions", "ipctest/OptionsThatTell", "ipctest/OptionsThatAreFlags", "ipctest/PeercredOfAPair", "ipctest/StreamResetShowsInSoError"},
	},
	{
		Syscalls: []string{"setsockopt"},
		Level:    coverage.Partial,
		Values:   map[string][]uint64{"optname": setOptions},
		Note:     "The options named; not filters, security labels and source-specific groups. Those of IP and TCP are remembered.",
		Tests: []string{"ipctest/TCPOptions", "ipctest/TCPOptionsAreInherited", "ipctest/UDPPacketInfo", "ipctest/OptionsThatAreFlags", "ipctest/OptionsThatCannotBeSet", "ipctest/BufferSizesAreDoubled",
			"ipctest/TimeoutsRoundUpToTicks", "ipctest/LingerIsRemembered", "ipctest/PeekOffsetMoves"},
	},
	{
		Syscalls: []string{"shmget", "shmat", "shmdt", "shmctl"},
		Level:    coverage.Full,
		Note:     "The core maps the memory. SHM_HUGETLB gives ENOMEM, as without huge pages set aside.",
		Tests: []string{"ipctest/ShmGetRules", "ipctest/ShmAttachCountsAndBacks", "ipctest/ShmRemovedLivesWhileAttached",
			"ipctest/ShmRemovedUnattachedGoesAtOnce", "ipctest/ShmControlRules", "ipctest/SysvIdsGoRound", "ipctest/LimitsHold", "conformance/shm"},
	},
	{
		Syscalls: []string{"msgget", "msgsnd", "msgrcv", "msgctl"},
		Level:    coverage.Full,
		Tests: []string{"ipctest/MsgByType", "ipctest/MsgSizes", "ipctest/MsgReceiverSleepsForItsType", "ipctest/MsgReceiverGivesUp",
			"ipctest/MsgFullQueueWaits", "ipctest/MsgRemoveWakesAll", "ipctest/MsgSetLimits", "conformance/msg"},
	},
	{
		Syscalls: []string{"semget", "semop", "semtimedop", "semctl"},
		Level:    coverage.Full,
		Tests: []string{"ipctest/SemOpsAreAllOrNone", "ipctest/SemOpChecks", "ipctest/SemSleepersAreDoneFor", "ipctest/SemWaitForZero",
			"ipctest/SemUndoAtExit", "ipctest/SemSetForgetsUndo", "ipctest/SemAll", "ipctest/SemRemoveWakesAll", "conformance/sem"},
	},
	{
		Syscalls: []string{"mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_getsetattr"},
		Level:    coverage.Full,
		Tests: []string{"ipctest/MqOrdersByPriority", "ipctest/MqOpenRules", "ipctest/MqAccessModes", "ipctest/MqSizes",
			"ipctest/MqReceiverSleeps", "ipctest/MqUnlinkedLivesWhileOpen", "conformance/mq"},
	},
	{
		Syscalls: []string{"mq_notify"},
		Level:    coverage.Full,
		Tests:    []string{"ipctest/MqNotifiesOnce", "ipctest/MqNotifiesByNetlink", "conformance/mq"},
	},
}

const spliceFlags = linux.SPLICE_F_MOVE | linux.SPLICE_F_NONBLOCK | linux.SPLICE_F_MORE | linux.SPLICE_F_GIFT
