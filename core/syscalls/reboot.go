package syscalls

import "adyton.dev/adyton/core/linux"

// rebootRows are what nobody may do here: there is no machine to stop and no
// terminal to take away from others.
var rebootRows = []Row{
	{"reboot", Core, args(hex("magic"), hex("magic2"), enum("cmd", linux.RebootCmds), ptr("arg")), refuse},
	{"vhangup", Core, nil, refuse},
}

func refuse(*Call) (int64, linux.Errno) { return 0, linux.EPERM }
