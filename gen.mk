# Contracts in proto/ and the code generated from them.

# make gen: check the contracts and generate proto/gen. Needs the Go tools of
# go.mod only: no protoc, no buf, no network.
gen:
	go run ./cmd/protoc-gen-adyton -dir proto -out proto/gen

# make gen-check: fail when make gen would change anything.
gen-check:
	go run ./cmd/protoc-gen-adyton -dir proto -out proto/gen -check

# buf has a module of its own (tools/go.mod), because it needs a newer protobuf
# than we do. It is built once, in some minutes.
BUF := $(CURDIR)/.cache/buf

$(BUF): tools/go.mod
	mkdir -p .cache
	cd tools && GOFLAGS=-p=1 go build -o $(BUF) github.com/bufbuild/buf/cmd/buf
	touch $(BUF)

# make proto-lint: names, comments and format of the contracts, and no change
# that breaks the wire or JSON form of what is on main.
proto-lint: $(BUF)
	$(BUF) lint
	$(BUF) format --diff --exit-code
	$(BUF) breaking --against '.git#branch=$(PROTO_BASE)'

# The branch that proto-lint compares with.
PROTO_BASE ?= main

# make gen-buf: generate by way of buf, to see that it gives the same files.
gen-buf: $(BUF)
	$(BUF) generate

.PHONY: gen gen-check proto-lint gen-buf
