// Command protoc-gen-adyton turns the contracts in proto/ into Go code.
//
// For proto/adyton/<x>/v1/<x>.proto it checks the dialect (dialect.go) and
// writes
//
//	proto/gen/<x>api/<x>.gen.go            plain structs, the interface, the method table
//	proto/gen/<x>api/<x>.fuzz.gen.go       the fuzz decoder
//	proto/gen/<x>wire/<x>.pb.go            protoc-gen-go
//	proto/gen/<x>wire/<x>_grpc.pb.go       protoc-gen-go-grpc
//	proto/gen/<x>wire/<x>.adapter.gen.go   <x>api to gRPC and back
//
// It runs in two ways, with the same result byte for byte:
//
//	go run ./cmd/protoc-gen-adyton -dir proto -out proto/gen
//	buf generate
//
// The first compiles the contracts itself, so that everyday work needs neither
// protoc nor buf nor a network. The second runs it as a plugin. Both call the
// two stock generators with `go tool`, pinned by go.mod.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	dir := flag.String("dir", "", "compile all contracts below this `folder`; without it, act as a plugin on standard input")
	out := flag.String("out", "proto/gen", "`folder` for the generated packages (with -dir)")
	check := flag.Bool("check", false, "write nothing; fail when a generated file is stale (with -dir)")
	flag.Parse()

	var err error
	switch {
	case flag.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case *dir == "":
		err = runPlugin(os.Stdin, os.Stdout)
	case *check:
		err = runCheck(*dir, *out)
	default:
		err = runWrite(*dir, *out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// runPlugin speaks the protocol of protoc and buf: one CodeGeneratorRequest
// in, one CodeGeneratorResponse out. An error in a contract travels in the
// response, as the protocol asks.
func runPlugin(in io.Reader, out io.Writer) error {
	data, err := io.ReadAll(in)
	if err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	req := new(pluginpb.CodeGeneratorRequest)
	if err := proto.Unmarshal(data, req); err != nil {
		return fmt.Errorf("decode the request: %w", err)
	}

	resp := &pluginpb.CodeGeneratorResponse{
		SupportedFeatures: proto.Uint64(uint64(pluginpb.CodeGeneratorResponse_FEATURE_PROTO3_OPTIONAL)),
	}
	files, err := generate(req)
	if err != nil {
		resp.Error = proto.String(err.Error())
	}
	for _, f := range files {
		resp.File = append(resp.File, &pluginpb.CodeGeneratorResponse_File{
			Name:    proto.String(f.name),
			Content: proto.String(f.content),
		})
	}
	data, err = proto.Marshal(resp)
	if err != nil {
		return fmt.Errorf("encode the response: %w", err)
	}
	_, err = out.Write(data)
	return err
}
