package syscalls

import "adyton.dev/adyton/core/linux"

// moduleRows answer as a Linux built without modules, which is what
// /proc/config.gz says.
var moduleRows = []Row{
	{"init_module", Core, args(ptr("module_image"), uinteger("len"), str("param_values")), gone},
	{"finit_module", Core, args(fd("fd"), str("param_values"), hex("flags")), gone},
	{"delete_module", Core, args(str("name"), hex("flags")), gone},
}

// notBuiltRows are calls that a Linux of the options that /proc/config.gz has
// does not answer.
var notBuiltRows = []Row{
	{"acct", Core, args(path("filename")), gone},
	{"modify_ldt", Core, args(integer("func"), ptr("ptr"), uinteger("bytecount")), gone},
	{"map_shadow_stack", Core, args(ptr("addr"), uinteger("size"), hex("flags")), gone},
	{"lsm_get_self_attr", Core, args(uinteger("attr"), ptr("ctx"), ptr("size"), hex("flags")), gone},
	{"lsm_set_self_attr", Core, args(uinteger("attr"), ptr("ctx"), uinteger("size"), hex("flags")), gone},
	{"lsm_list_modules", Core, args(ptr("ids"), ptr("size"), hex("flags")), gone},
}

// goneRows are calls that have a number on amd64 and no code in Linux.
var goneRows = []Row{
	{"_sysctl", Core, args(ptr("args")), gone},
	{"create_module", Core, args(str("name"), uinteger("size")), gone},
	{"get_kernel_syms", Core, args(ptr("table")), gone},
	{"query_module", Core, args(str("name"), integer("which"), ptr("buf"), uinteger("bufsize"), ptr("ret")), gone},
	{"nfsservctl", Core, args(integer("cmd"), ptr("argp"), ptr("resp")), gone},
	{"getpmsg", Core, nil, gone},
	{"putpmsg", Core, nil, gone},
	{"afs_syscall", Core, nil, gone},
	{"tuxcall", Core, nil, gone},
	{"security", Core, nil, gone},
	{"set_thread_area", Core, args(ptr("u_info")), gone},
	{"get_thread_area", Core, args(ptr("u_info")), gone},
	{"epoll_ctl_old", Core, nil, gone},
	{"epoll_wait_old", Core, nil, gone},
	{"vserver", Core, nil, gone},
	{"uselib", Core, args(path("library")), gone},
	{"lookup_dcookie", Core, args(hex("cookie"), ptr("buffer"), uinteger("len")), gone},
}

func gone(*Call) (int64, linux.Errno) { return 0, linux.ENOSYS }
