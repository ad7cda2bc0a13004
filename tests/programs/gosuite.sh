# Tests of packages of Go's own library: "ok PACKAGE TEST" for each that
# passes. They are built first, then run where their sources are.
export PATH=$PATH:/usr/local/go/bin HOME=$PWD GOCACHE=$PWD/cache GOFLAGS=-vet=off
for p; do
	go test -short -v "$p" 2>&1 |
		sed -nE "s,^ *--- (PASS|FAIL|SKIP): (\S+).*,\1 $p \2,p"
done | sed 's/^PASS/ok/' | sort
