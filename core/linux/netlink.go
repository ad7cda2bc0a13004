package linux

// Protocols of AF_NETLINK.
const (
	NETLINK_ROUTE          = 0
	NETLINK_KOBJECT_UEVENT = 15
)

// SizeofNlmsghdr is the size of struct nlmsghdr in bytes.
const SizeofNlmsghdr = 16

// Message types and flags of netlink.
const (
	NLMSG_NOOP     = 1
	NLMSG_ERROR    = 2
	NLMSG_DONE     = 3
	NLMSG_MIN_TYPE = 0x10

	NLM_F_REQUEST = 1
	NLM_F_MULTI   = 2
	NLM_F_ACK     = 4
	NLM_F_ROOT    = 0x100
	NLM_F_MATCH   = 0x200
	NLM_F_DUMP    = NLM_F_ROOT | NLM_F_MATCH
)

// Message types of NETLINK_ROUTE: each family has NEW, DEL, GET and SET.
const (
	RTM_NEWLINK  = 16
	RTM_GETLINK  = 18
	RTM_SETLINK  = 19
	RTM_NEWADDR  = 20
	RTM_GETADDR  = 22
	RTM_NEWROUTE = 24
	RTM_GETROUTE = 26
	RTM_NEWNEIGH = 28
	RTM_GETNEIGH = 30
	RTM_NEWRULE  = 32
	RTM_GETRULE  = 34
	RTM_MAX      = 123
)

// Attributes of links, addresses and routes.
const (
	IFLA_ADDRESS         = 1
	IFLA_BROADCAST       = 2
	IFLA_IFNAME          = 3
	IFLA_MTU             = 4
	IFLA_QDISC           = 6
	IFLA_STATS           = 7
	IFLA_TXQLEN          = 13
	IFLA_OPERSTATE       = 16
	IFLA_LINKMODE        = 17
	IFLA_STATS64         = 23
	IFLA_GROUP           = 27
	IFLA_PROMISCUITY     = 30
	IFLA_NUM_TX_QUEUES   = 31
	IFLA_NUM_RX_QUEUES   = 32
	IFLA_CARRIER         = 33
	IFLA_CARRIER_CHANGES = 35

	IFA_ADDRESS   = 1
	IFA_LOCAL     = 2
	IFA_LABEL     = 3
	IFA_CACHEINFO = 6
	IFA_FLAGS     = 8
	IFA_PROTO     = 11

	IFA_F_PERMANENT = 0x80
	IFAPROT_LO      = 1

	RTA_DST     = 1
	RTA_OIF     = 4
	RTA_PREFSRC = 7
	RTA_TABLE   = 15

	RT_TABLE_LOCAL = 255
	RT_SCOPE_HOST  = 254
	RT_SCOPE_LINK  = 253
	RTPROT_KERNEL  = 2
	RTN_LOCAL      = 2
	RTN_BROADCAST  = 3
)

// Options of SOL_NETLINK.
const (
	NETLINK_ADD_MEMBERSHIP   = 1
	NETLINK_DROP_MEMBERSHIP  = 2
	NETLINK_PKTINFO          = 3
	NETLINK_BROADCAST_ERROR  = 4
	NETLINK_NO_ENOBUFS       = 5
	NETLINK_LISTEN_ALL_NSID  = 8
	NETLINK_LIST_MEMBERSHIPS = 9
	NETLINK_CAP_ACK          = 10
	NETLINK_EXT_ACK          = 11
	NETLINK_GET_STRICT_CHK   = 12
)
