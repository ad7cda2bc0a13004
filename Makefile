# Every command that a contributor needs; CI calls these and nothing else.

.PHONY: all

all:
	go build -o bin/ ./cmd/...

-include gen.mk
-include shim.mk
-include tests.mk
