package syscalls

// families is every family's rows: one line a file.
var families = [][]Row{
	cloneRows,
	execRows,
	exitRows,
	futexRows,
	identRows,
	memoryRows,
	rwRows,
	sigactionRows,
	wait4Rows,
}
