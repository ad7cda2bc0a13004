package syscalls

// families is every family's rows: one line a file.
var families = [][]Row{
	accessRows,
	cloneRows,
	closeRows,
	cwdRows,
	dupRows,
	execRows,
	exitRows,
	fcntlRows,
	futexRows,
	getdentsRows,
	identRows,
	ioctlRows,
	memoryRows,
	openRows,
	pipeRows,
	pollRows,
	readlinkRows,
	restartRows,
	rwRows,
	sigactionRows,
	statRows,
	wait4Rows,
}
