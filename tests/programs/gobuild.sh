# go build, go vet, go test and go run of a small module.
export PATH=$PATH:/usr/local/go/bin HOME=$PWD GOCACHE=$PWD/cache GOFLAGS=-p=2
set -e
mkdir m
cd m
go mod init example.org/m 2> /dev/null
cat > main.go <<'X'
package main

import "fmt"

func twice(n int) int { return 2 * n }

func main() { fmt.Println("built by go", twice(21)) }
X
cat > main_test.go <<'X'
package main

import "testing"

func TestTwice(t *testing.T) {
	if twice(2) != 4 {
		t.Fatal("twice")
	}
}
X
go build -o prog .
./prog
go vet .
go test . | cut -f 1,2
go run .
go list -f '{{.Name}} {{.GoFiles}}' .
