# Every command that a contributor needs; CI calls these and nothing else.

.PHONY: all check fmt vet test race house

all:
	go build -o bin/ ./cmd/...

# make check: what CI runs, in the same order.
check: all fmt vet gen-check shim-check house test race conform apps
	@echo check: all green

fmt:
	@out=$$(gofmt -l cmd core hostcalls proto subsystems tests); \
	if [ -n "$$out" ]; then echo "gofmt these:"; echo "$$out"; exit 1; fi

vet:
	go vet ./...

# Unit tests and the suites of subsystems; tests/ has targets of its own.
test:
	go test $$(go list ./... | grep -v /tests/)

# The race detector on what is concurrent; -short leaves long loops out.
race:
	go test -race -short ./core/fdtable ./core/wait ./core/platform/leader ./hostcalls/... ./subsystems/...

# The rules of CONTRIBUTING.md that a machine can check.
house:
	go test ./tests/house

-include gen.mk
-include shim.mk
-include tests.mk
-include docs.mk
-include fuzz.mk
-include release.mk
