package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"path"
	"sort"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

// Import paths that generated code uses.
const (
	genRoot   = "adyton.dev/adyton/proto/gen"
	linuxPath = protogen.GoImportPath("adyton.dev/adyton/core/linux")
)

// A genFile is one generated file; its name is relative to proto/gen.
type genFile struct{ name, content string }

// generate checks every contract of the request and returns all its generated
// files, sorted by name. The error lists every violation, one a line.
func generate(req *pluginpb.CodeGeneratorRequest) ([]genFile, error) {
	req = proto.CloneOf(req)
	req.Parameter = nil
	req.CompilerVersion = nil // else the header depends on who compiled
	gen, err := protogen.Options{}.New(req)
	if err != nil {
		return nil, err
	}

	var violations []error
	for _, f := range gen.Files {
		if f.Generate {
			violations = append(violations, checkDialect(f)...)
		}
	}
	if len(violations) > 0 {
		return nil, errors.Join(violations...)
	}

	for _, f := range gen.Files {
		if !f.Generate {
			continue
		}
		c := newContract(f)
		c.genAPI(gen)
		if c.service != nil {
			c.genFuzz(gen)
			c.genAdapter(gen)
		}
	}
	files, err := responseFiles(gen.Response())
	if err != nil {
		return nil, err
	}

	wireReq := proto.CloneOf(req)
	wireReq.Parameter = proto.String("module=" + genRoot)
	for _, fd := range wireReq.ProtoFile {
		allowAnyString(fd)
	}
	for _, tool := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
		more, err := runTool(tool, wireReq)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].name < files[j].name })
	return files, nil
}

// allowAnyString turns the check for valid UTF-8 off. A Linux path is any
// bytes but NUL, and proto3 fails on a string that is not UTF-8, so that a
// rename would answer EIO over the wire and 0 linked. Editions can say so and
// proto3 cannot; the bytes on the wire are the same. A plugin in another
// language should do likewise or declare the field as bytes.
func allowAnyString(fd *descriptorpb.FileDescriptorProto) {
	if fd.GetSyntax() != "proto3" {
		return
	}
	fd.Syntax = proto.String("editions")
	fd.Edition = descriptorpb.Edition_EDITION_2023.Enum()
	if fd.Options == nil {
		fd.Options = new(descriptorpb.FileOptions)
	}
	fd.Options.Features = &descriptorpb.FeatureSet{
		FieldPresence:  descriptorpb.FeatureSet_IMPLICIT.Enum(),
		Utf8Validation: descriptorpb.FeatureSet_NONE.Enum(),
	}
}

// runTool runs one of the stock generators that go.mod pins.
func runTool(tool string, req *pluginpb.CodeGeneratorRequest) ([]genFile, error) {
	in, err := proto.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("encode the request for %s: %w", tool, err)
	}
	cmd := exec.Command("go", "tool", tool)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go tool %s: %w: %s", tool, err, strings.TrimSpace(stderr.String()))
	}
	resp := new(pluginpb.CodeGeneratorResponse)
	if err := proto.Unmarshal(stdout.Bytes(), resp); err != nil {
		return nil, fmt.Errorf("decode the response of %s: %w", tool, err)
	}
	return responseFiles(resp)
}

func responseFiles(resp *pluginpb.CodeGeneratorResponse) ([]genFile, error) {
	if resp.Error != nil {
		return nil, errors.New(resp.GetError())
	}
	var files []genFile
	for _, f := range resp.File {
		files = append(files, genFile{path.Clean(f.GetName()), f.GetContent()})
	}
	return files, nil
}

// A contract is one checked .proto file and the names that it gives rise to.
type contract struct {
	file     *protogen.File
	service  *protogen.Service // nil: messages only
	short    string            // "fs"
	apiPath  protogen.GoImportPath
	wirePath protogen.GoImportPath
}

func newContract(f *protogen.File) *contract {
	c := &contract{file: f, short: shortName(f)}
	c.apiPath = protogen.GoImportPath(genRoot + "/" + c.short + "api")
	c.wirePath = protogen.GoImportPath(genRoot + "/" + c.short + "wire")
	if len(f.Services) == 1 {
		c.service = f.Services[0]
	}
	return c
}

// shortName returns x of proto/adyton/x/v1/x.proto.
func shortName(f *protogen.File) string {
	return strings.TrimSuffix(path.Base(f.Desc.Path()), ".proto")
}

// unary and streams split the service's methods by kind.
func (c *contract) unary() (ms []*protogen.Method) {
	for _, m := range c.methods() {
		if !m.Desc.IsStreamingServer() {
			ms = append(ms, m)
		}
	}
	return ms
}

func (c *contract) streams() (ms []*protogen.Method) {
	for _, m := range c.methods() {
		if m.Desc.IsStreamingServer() {
			ms = append(ms, m)
		}
	}
	return ms
}

func (c *contract) methods() []*protogen.Method {
	if c.service == nil {
		return nil
	}
	return c.service.Methods
}

// isUnaryReply reports whether m is what a unary rpc returns, so that its
// first field is the errno, which the plain struct leaves out.
func isUnaryReply(f *protogen.File, m *protogen.Message) bool {
	for _, s := range f.Services {
		for _, rpc := range s.Methods {
			if rpc.Output.Desc.FullName() == m.Desc.FullName() && !rpc.Desc.IsStreamingServer() {
				return true
			}
		}
	}
	return false
}

// fields returns the fields of m that the plain struct has.
func (c *contract) fields(m *protogen.Message) []*protogen.Field {
	if isUnaryReply(c.file, m) {
		return m.Fields[1:]
	}
	return m.Fields
}
