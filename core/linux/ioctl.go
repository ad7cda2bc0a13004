package linux

// Ioctl numbers of terminals and of any descriptor (asm-generic/ioctls.h).
const (
	TCGETS          = 0x5401
	TCSETS          = 0x5402
	TCSETSW         = 0x5403
	TCSETSF         = 0x5404
	TCGETA          = 0x5405
	TCSETA          = 0x5406
	TCSETAW         = 0x5407
	TCSETAF         = 0x5408
	TCSBRK          = 0x5409
	TCXONC          = 0x540a
	TCFLSH          = 0x540b
	TIOCEXCL        = 0x540c
	TIOCNXCL        = 0x540d
	TIOCSCTTY       = 0x540e
	TIOCGPGRP       = 0x540f
	TIOCSPGRP       = 0x5410
	TIOCOUTQ        = 0x5411
	TIOCSTI         = 0x5412
	TIOCGWINSZ      = 0x5413
	TIOCSWINSZ      = 0x5414
	TIOCMGET        = 0x5415
	TIOCMBIS        = 0x5416
	TIOCMBIC        = 0x5417
	TIOCMSET        = 0x5418
	TIOCGSOFTCAR    = 0x5419
	TIOCSSOFTCAR    = 0x541a
	FIONREAD        = 0x541b
	TIOCINQ         = 0x541b
	TIOCLINUX       = 0x541c
	TIOCCONS        = 0x541d
	TIOCGSERIAL     = 0x541e
	TIOCSSERIAL     = 0x541f
	TIOCPKT         = 0x5420
	FIONBIO         = 0x5421
	TIOCNOTTY       = 0x5422
	TIOCSETD        = 0x5423
	TIOCGETD        = 0x5424
	TCSBRKP         = 0x5425
	TIOCSBRK        = 0x5427
	TIOCCBRK        = 0x5428
	TIOCGSID        = 0x5429
	TCGETS2         = 0x802c542a
	TCSETS2         = 0x402c542b
	TCSETSW2        = 0x402c542c
	TCSETSF2        = 0x402c542d
	TIOCGRS485      = 0x542e
	TIOCSRS485      = 0x542f
	TIOCGPTN        = 0x80045430
	TIOCSPTLCK      = 0x40045431
	TIOCGDEV        = 0x80045432
	TCGETX          = 0x5432
	TCSETX          = 0x5433
	TCSETXF         = 0x5434
	TCSETXW         = 0x5435
	TIOCSIG         = 0x40045436
	TIOCVHANGUP     = 0x5437
	TIOCGPKT        = 0x80045438
	TIOCGPTLCK      = 0x80045439
	TIOCGEXCL       = 0x80045440
	TIOCGPTPEER     = 0x5441
	FIONCLEX        = 0x5450
	FIOCLEX         = 0x5451
	FIOASYNC        = 0x5452
	TIOCSERCONFIG   = 0x5453
	TIOCSERGWILD    = 0x5454
	TIOCSERSWILD    = 0x5455
	TIOCGLCKTRMIOS  = 0x5456
	TIOCSLCKTRMIOS  = 0x5457
	TIOCSERGSTRUCT  = 0x5458
	TIOCSERGETLSR   = 0x5459
	TIOCSERGETMULTI = 0x545a
	TIOCSERSETMULTI = 0x545b
	TIOCMIWAIT      = 0x545c
	TIOCGICOUNT     = 0x545d
	FIOQSIZE        = 0x5460
)

// Values of TIOCPKT, TIOCMGET, TCXONC and TCFLSH.
const (
	TIOCPKT_DATA       = 0x0
	TIOCPKT_FLUSHREAD  = 0x1
	TIOCPKT_FLUSHWRITE = 0x2
	TIOCPKT_STOP       = 0x4
	TIOCPKT_START      = 0x8
	TIOCPKT_NOSTOP     = 0x10
	TIOCPKT_DOSTOP     = 0x20
	TIOCPKT_IOCTL      = 0x40
	TCOOFF             = 0x0
	TCOON              = 0x1
	TCIOFF             = 0x2
	TCION              = 0x3
	TCIFLUSH           = 0x0
	TCOFLUSH           = 0x1
	TCIOFLUSH          = 0x2
	TIOCM_LE           = 0x1
	TIOCM_DTR          = 0x2
	TIOCM_RTS          = 0x4
	TIOCM_ST           = 0x8
	TIOCM_SR           = 0x10
	TIOCM_CTS          = 0x20
	TIOCM_CAR          = 0x40
	TIOCM_RNG          = 0x80
	TIOCM_DSR          = 0x100
	TIOCM_CD           = 0x40
	TIOCM_RI           = 0x80
	TIOCM_OUT1         = 0x2000
	TIOCM_OUT2         = 0x4000
	TIOCM_LOOP         = 0x8000
)

// Ioctl numbers of files, file systems and block devices (linux/fs.h).
const (
	BLKROSET                        = 0x125d
	BLKROGET                        = 0x125e
	BLKRRPART                       = 0x125f
	BLKGETSIZE                      = 0x1260
	BLKFLSBUF                       = 0x1261
	BLKRAGET                        = 0x1263
	BLKSSZGET                       = 0x1268
	BLKDISCARD                      = 0x1277
	BLKIOMIN                        = 0x1278
	BLKIOOPT                        = 0x1279
	BLKALIGNOFF                     = 0x127a
	BLKPBSZGET                      = 0x127b
	BLKZEROOUT                      = 0x127f
	FIBMAP                          = 0x1
	FIGETBSZ                        = 0x2
	FIFREEZE                        = 0xc0045877
	FITHAW                          = 0xc0045878
	FITRIM                          = 0xc0185879
	FICLONE                         = 0x40049409
	FICLONERANGE                    = 0x4020940d
	FIDEDUPERANGE                   = 0xc0189436
	FS_IOC_GETFLAGS                 = 0x80086601
	FS_IOC_SETFLAGS                 = 0x40086602
	FS_IOC_GETVERSION               = 0x80087601
	FS_IOC_SETVERSION               = 0x40087602
	FS_IOC_FSGETXATTR               = 0x801c581f
	FS_IOC_FSSETXATTR               = 0x401c5820
	FS_IOC_GETFSLABEL               = 0x81009431
	FS_IOC_SETFSLABEL               = 0x41009432
	LOOP_SET_STATUS_SETTABLE_FLAGS  = 0xc
	LOOP_SET_STATUS_CLEARABLE_FLAGS = 0x4
	LOOP_CONFIGURE_SETTABLE_FLAGS   = 0x1d
	LOOP_SET_FD                     = 0x4c00
	LOOP_CLR_FD                     = 0x4c01
	LOOP_SET_STATUS                 = 0x4c02
	LOOP_GET_STATUS                 = 0x4c03
	LOOP_SET_STATUS64               = 0x4c04
	LOOP_GET_STATUS64               = 0x4c05
	LOOP_CHANGE_FD                  = 0x4c06
	LOOP_SET_CAPACITY               = 0x4c07
	LOOP_SET_DIRECT_IO              = 0x4c08
	LOOP_SET_BLOCK_SIZE             = 0x4c09
	LOOP_CONFIGURE                  = 0x4c0a
	LOOP_CTL_ADD                    = 0x4c80
	LOOP_CTL_REMOVE                 = 0x4c81
	LOOP_CTL_GET_FREE               = 0x4c82
	FS_IOC_FIEMAP                   = 0xc020660b
	BLKBSZGET                       = 0x80081270
	BLKGETSIZE64                    = 0x80081272
)

// Inode flags of FS_IOC_GETFLAGS.
const (
	FS_SECRM_FL        = 0x1
	FS_UNRM_FL         = 0x2
	FS_COMPR_FL        = 0x4
	FS_SYNC_FL         = 0x8
	FS_IMMUTABLE_FL    = 0x10
	FS_APPEND_FL       = 0x20
	FS_NODUMP_FL       = 0x40
	FS_NOATIME_FL      = 0x80
	FS_DIRTY_FL        = 0x100
	FS_COMPRBLK_FL     = 0x200
	FS_NOCOMP_FL       = 0x400
	FS_ENCRYPT_FL      = 0x800
	FS_BTREE_FL        = 0x1000
	FS_INDEX_FL        = 0x1000
	FS_IMAGIC_FL       = 0x2000
	FS_JOURNAL_DATA_FL = 0x4000
	FS_NOTAIL_FL       = 0x8000
	FS_DIRSYNC_FL      = 0x10000
	FS_TOPDIR_FL       = 0x20000
	FS_HUGE_FILE_FL    = 0x40000
	FS_EXTENT_FL       = 0x80000
	FS_VERITY_FL       = 0x100000
	FS_EA_INODE_FL     = 0x200000
	FS_EOFBLOCKS_FL    = 0x400000
	FS_NOCOW_FL        = 0x800000
	FS_DAX_FL          = 0x2000000
	FS_INLINE_DATA_FL  = 0x10000000
	FS_PROJINHERIT_FL  = 0x20000000
	FS_CASEFOLD_FL     = 0x40000000
	FS_RESERVED_FL     = 0x80000000
)

// Ioctl numbers of sockets and network devices (linux/sockios.h).
const (
	SIOCSPGRP          = 0x8902
	SIOCGPGRP          = 0x8904
	SIOCATMARK         = 0x8905
	SIOCADDRT          = 0x890b
	SIOCDELRT          = 0x890c
	SIOCRTMSG          = 0x890d
	SIOCGIFNAME        = 0x8910
	SIOCSIFLINK        = 0x8911
	SIOCGIFCONF        = 0x8912
	SIOCGIFFLAGS       = 0x8913
	SIOCSIFFLAGS       = 0x8914
	SIOCGIFADDR        = 0x8915
	SIOCSIFADDR        = 0x8916
	SIOCGIFDSTADDR     = 0x8917
	SIOCSIFDSTADDR     = 0x8918
	SIOCGIFBRDADDR     = 0x8919
	SIOCSIFBRDADDR     = 0x891a
	SIOCGIFNETMASK     = 0x891b
	SIOCSIFNETMASK     = 0x891c
	SIOCGIFMETRIC      = 0x891d
	SIOCSIFMETRIC      = 0x891e
	SIOCGIFMEM         = 0x891f
	SIOCSIFMEM         = 0x8920
	SIOCGIFMTU         = 0x8921
	SIOCSIFMTU         = 0x8922
	SIOCSIFNAME        = 0x8923
	SIOCSIFHWADDR      = 0x8924
	SIOCGIFENCAP       = 0x8925
	SIOCSIFENCAP       = 0x8926
	SIOCGIFHWADDR      = 0x8927
	SIOCGIFSLAVE       = 0x8929
	SIOCSIFSLAVE       = 0x8930
	SIOCADDMULTI       = 0x8931
	SIOCDELMULTI       = 0x8932
	SIOCGIFINDEX       = 0x8933
	SIOGIFINDEX        = 0x8933
	SIOCSIFPFLAGS      = 0x8934
	SIOCGIFPFLAGS      = 0x8935
	SIOCDIFADDR        = 0x8936
	SIOCSIFHWBROADCAST = 0x8937
	SIOCGIFCOUNT       = 0x8938
	SIOCGIFBR          = 0x8940
	SIOCSIFBR          = 0x8941
	SIOCGIFTXQLEN      = 0x8942
	SIOCSIFTXQLEN      = 0x8943
	SIOCETHTOOL        = 0x8946
	SIOCGMIIPHY        = 0x8947
	SIOCGMIIREG        = 0x8948
	SIOCSMIIREG        = 0x8949
	SIOCWANDEV         = 0x894a
	SIOCOUTQNSD        = 0x894b
	SIOCGSKNS          = 0x894c
	SIOCDARP           = 0x8953
	SIOCGARP           = 0x8954
	SIOCSARP           = 0x8955
	SIOCGIFMAP         = 0x8970
	SIOCSIFMAP         = 0x8971
	SIOCADDDLCI        = 0x8980
	SIOCDELDLCI        = 0x8981
	SIOCGIFVLAN        = 0x8982
	SIOCSIFVLAN        = 0x8983
	SIOCINQ            = 0x541b
	SIOCOUTQ           = 0x5411
	FIOSETOWN          = 0x8901
	FIOGETOWN          = 0x8903
	SIOCGSTAMP         = 0x8906
	SIOCGSTAMPNS       = 0x8907
)

// Kernel devices: random, real-time clock, /dev/tun, virtual terminals and
// name spaces.
const (
	RNDGETENTCNT     = 0x80045200
	RNDADDTOENTCNT   = 0x40045201
	RNDADDENTROPY    = 0x40085203
	RNDZAPENTCNT     = 0x5204
	RNDCLEARPOOL     = 0x5206
	RNDRESEEDCRNG    = 0x5207
	NS_GET_USERNS    = 0xb701
	NS_GET_PARENT    = 0xb702
	NS_GET_NSTYPE    = 0xb703
	NS_GET_OWNER_UID = 0xb704
	TUNSETIFF        = 0x400454ca
	TUNGETIFF        = 0x800454d2
	KDGKBTYPE        = 0x4b33
	KDGETMODE        = 0x4b3b
	KDSETMODE        = 0x4b3a
	KDGKBMODE        = 0x4b44
	KDSKBMODE        = 0x4b45
	VT_OPENQRY       = 0x5600
	VT_GETSTATE      = 0x5603
)

// Fields of an ioctl number (asm-generic/ioctl.h): command, type, size of the
// argument, and who writes it.
const (
	IOC_NRSHIFT   = 0
	IOC_TYPESHIFT = 8
	IOC_SIZESHIFT = 16
	IOC_DIRSHIFT  = 30
	IOC_NONE      = 0
	IOC_WRITE     = 1
	IOC_READ      = 2
)

// Commands of the descriptor that SECCOMP_FILTER_FLAG_NEW_LISTENER gives.
const (
	SECCOMP_IOCTL_NOTIF_RECV               = 0xc0502100
	SECCOMP_IOCTL_NOTIF_SEND               = 0xc0182101
	SECCOMP_IOCTL_NOTIF_ID_VALID           = 0x40082102
	SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR = 0x80082102
	SECCOMP_IOCTL_NOTIF_ADDFD              = 0x40182103
)

// The sizes of struct ifreq and struct ifconf in bytes.
const (
	SizeofIfreq  = 40
	SizeofIfconf = 16
)
