package syscalls

// rseqRows answer as a Linux built without CONFIG_RSEQ, which programs know from
// kernels before 4.18. The host could abort critical sections for us, but the
// CPU that it writes into the area is its own: none that sched_setaffinity,
// getcpu or /proc have told the app of. glibc's sched_getcpu and allocators with
// memory for each CPU would believe it.
var rseqRows = []Row{
	{"rseq", Core, args(ptr("rseq"), hex("rseq_len"), hex("flags"), hex("sig")), gone},
}
