package main

import (
	"fmt"
	"path"
	"sort"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// The dialect is the part of protobuf that maps to plain Go structs without
// loss and without surprises in the contract's other languages. A violation
// names the file and line, the rule, and what to do instead.

// Names that the generated package needs for itself.
var (
	reservedTypes  = set("Unimplemented", "Method", "Methods", "Call", "Calls", "Result", "Noise", "ClientOptions", "NewClient", "Register")
	reservedFields = set("Reset", "Equal", "Clone", "GoString", "String", "AppendGo")
)

func set(names ...string) map[string]bool {
	m := make(map[string]bool)
	for _, n := range names {
		m[n] = true
	}
	return m
}

// A checker collects the violations of one file.
type checker struct {
	file   *protogen.File
	found  []violation
	inRPCs map[protoreflect.FullName]string // request or reply, to its rpc
}

type violation struct {
	line int
	text string
}

// checkDialect returns the file's violations in the order of its lines.
func checkDialect(f *protogen.File) []error {
	c := &checker{file: f, inRPCs: make(map[protoreflect.FullName]string)}
	c.checkFile()
	for _, s := range f.Services {
		c.checkService(s)
	}
	for _, m := range f.Messages {
		c.checkMessage(m)
	}
	for _, e := range f.Enums {
		c.checkEnum(e)
	}
	sort.SliceStable(c.found, func(i, j int) bool { return c.found[i].line < c.found[j].line })
	var errs []error
	for i, v := range c.found {
		if i > 0 && v == c.found[i-1] {
			continue // a message that two rpcs use
		}
		errs = append(errs, fmt.Errorf("%s:%d: %s", f.Desc.Path(), v.line, v.text))
	}
	return errs
}

// at records a violation at the place of d.
func (c *checker) at(d protoreflect.Descriptor, format string, args ...any) {
	loc := d.ParentFile().SourceLocations().ByDescriptor(d)
	c.found = append(c.found, violation{loc.StartLine + 1, fmt.Sprintf(format, args...)})
}

// atPath records a violation at a source path, such as {2} for the package.
func (c *checker) atPath(p protoreflect.SourcePath, format string, args ...any) {
	loc := c.file.Desc.SourceLocations().ByPath(p)
	c.found = append(c.found, violation{loc.StartLine + 1, fmt.Sprintf(format, args...)})
}

// Field numbers in descriptor.proto's FileDescriptorProto.
const (
	fileTagPackage    = 2
	fileTagDependency = 3
	fileTagExtension  = 7
	fileTagOptions    = 8
	fileTagSyntax     = 12
	optionTagGo       = 11
)

func (c *checker) checkFile() {
	f, d := c.file, c.file.Desc
	if d.Syntax() != protoreflect.Proto3 {
		c.atPath(protoreflect.SourcePath{fileTagSyntax}, `syntax is %v: write syntax = "proto3"`, d.Syntax())
	}
	x := shortName(f)
	if want := path.Join("adyton", x, "v1", x+".proto"); d.Path() != want {
		c.atPath(protoreflect.SourcePath{fileTagSyntax}, "the file is in the wrong place: move it to %s", want)
	}
	if want := protoreflect.FullName("adyton." + x + ".v1"); d.Package() != want {
		c.atPath(protoreflect.SourcePath{fileTagPackage}, "package is %q: write package %s", d.Package(), want)
	}
	if want := fmt.Sprintf("%s/%swire;%swire", genRoot, x, x); f.Proto.GetOptions().GetGoPackage() != want {
		c.atPath(protoreflect.SourcePath{fileTagOptions, optionTagGo}, "go_package is %q: write option go_package = %q",
			f.Proto.GetOptions().GetGoPackage(), want)
	}
	for i := range d.Imports().Len() {
		c.atPath(protoreflect.SourcePath{fileTagDependency, int32(i)},
			"import of %q: a contract stands alone; repeat the message here under its own name", d.Imports().Get(i).Path())
	}
	for _, e := range f.Extensions {
		c.at(e.Desc, "extension %s: extensions are not allowed; add a field", e.Desc.Name())
	}
	for i, s := range f.Services {
		if i > 0 {
			c.at(s.Desc, "second service %s: one file has one service; make a folder of its own", s.Desc.Name())
		}
	}
}

func (c *checker) checkService(s *protogen.Service) {
	if comment(s.Comments) == "" {
		c.at(s.Desc, "service %s has no comment: say what it owns and who calls it", s.Desc.Name())
	}
	if reservedTypes[s.GoName] {
		c.at(s.Desc, "service %s: the generated package needs that name; choose another", s.Desc.Name())
	}
	unary := false
	for _, m := range s.Methods {
		c.checkMethod(m)
		unary = unary || !m.Desc.IsStreamingServer()
	}
	if !unary {
		c.at(s.Desc, "service %s has no rpc that returns one reply: add one", s.Desc.Name())
	}
}

func (c *checker) checkMethod(m *protogen.Method) {
	name := m.Desc.Name()
	if comment(m.Comments) == "" {
		c.at(m.Desc, "rpc %s has no comment: say what it does, which syscalls it serves and which errors it gives", name)
	}
	if m.Desc.IsStreamingClient() {
		c.at(m.Desc, "rpc %s: a stream of requests is not allowed; send one request a call", name)
	}
	if want := name + "Request"; m.Input.Desc.Name() != want {
		c.at(m.Desc, "rpc %s takes %s: declare message %s for it alone", name, m.Input.Desc.Name(), want)
	}
	if want := name + "Reply"; m.Output.Desc.Name() != want {
		c.at(m.Desc, "rpc %s returns %s: declare message %s for it alone", name, m.Output.Desc.Name(), want)
	}
	c.inRPCs[m.Input.Desc.FullName()] = string(name)
	c.inRPCs[m.Output.Desc.FullName()] = string(name)
	if m.Desc.IsStreamingServer() || m.Output.Desc.ParentFile() != c.file.Desc {
		return
	}
	first := m.Output.Desc.Fields().ByNumber(1)
	if first == nil || first.Name() != "errno" || first.Kind() != protoreflect.Uint32Kind || first.IsList() ||
		m.Output.Desc.Fields().Get(0) != first {
		c.at(m.Output.Desc, "message %s: a reply begins with uint32 errno = 1; the generated method returns it", m.Output.Desc.Name())
	}
}

func (c *checker) checkMessage(m *protogen.Message) {
	name := m.Desc.Name()
	if _, inRPC := c.inRPCs[m.Desc.FullName()]; !inRPC && comment(m.Comments) == "" {
		c.at(m.Desc, "message %s has no comment: say what one of it is", name)
	}
	if reservedTypes[m.GoIdent.GoName] {
		c.at(m.Desc, "message %s: the generated package needs that name; choose another", name)
	}
	for _, inner := range m.Messages {
		if !inner.Desc.IsMapEntry() {
			c.at(inner.Desc, "message %s inside %s: declare it at the top level, so that its Go name is its own", inner.Desc.Name(), name)
		}
	}
	for _, inner := range m.Enums {
		c.at(inner.Desc, "enum %s inside %s: declare it at the top level, so that its Go name is its own", inner.Desc.Name(), name)
	}
	for _, o := range m.Oneofs {
		if !o.Desc.IsSynthetic() {
			c.at(o.Desc, "oneof %s: not allowed; use an enum kind beside plain fields, of which one counts", o.Desc.Name())
		}
	}
	for _, e := range m.Extensions {
		c.at(e.Desc, "extension %s: extensions are not allowed; add a field", e.Desc.Name())
	}
	for _, f := range m.Fields {
		c.checkField(m, f)
	}
	if cycle := cycleFrom(m.Desc, m.Desc, nil); cycle != nil {
		c.at(m.Desc, "message %s contains itself (%s): messages are plain values; use a flat list with indexes",
			name, strings.Join(cycle, " -> "))
	}
}

// cycleFrom returns the way from m back to target by fields that hold messages
// of the same file, or nil.
func cycleFrom(m, target protoreflect.MessageDescriptor, way []string) []string {
	way = append(way, string(m.Name()))
	if len(way) > 64 {
		return nil // a cycle that does not go through target; reported there
	}
	for i := range m.Fields().Len() {
		sub := m.Fields().Get(i).Message()
		if sub == nil || sub.IsMapEntry() {
			continue
		}
		if sub.FullName() == target.FullName() {
			return append(way, string(target.Name()))
		}
		seen := false
		for _, w := range way {
			seen = seen || w == string(sub.Name())
		}
		if !seen {
			if found := cycleFrom(sub, target, way); found != nil {
				return found
			}
		}
	}
	return nil
}

func (c *checker) checkField(m *protogen.Message, f *protogen.Field) {
	name := f.Desc.Name()
	if reservedFields[f.GoName] {
		c.at(f.Desc, "field %s: the generated struct has a method of that name; choose another", name)
	}
	if strings.HasSuffix(f.GoName, "_") {
		c.at(f.Desc, "field %s: protoc-gen-go would rename it to %s; choose another", name, f.GoName)
	}
	if f.Desc.IsMap() {
		c.at(f.Desc, "map %s: not allowed, its order is random; use a repeated message with a key field", name)
		return
	}
	if f.Desc.HasOptionalKeyword() {
		c.at(f.Desc, "optional %s: not allowed; use a bool has_%s beside it or a value that means none", name, name)
	}
	switch f.Desc.Kind() {
	case protoreflect.BoolKind, protoreflect.Int32Kind, protoreflect.Int64Kind, protoreflect.Uint32Kind,
		protoreflect.Uint64Kind, protoreflect.DoubleKind, protoreflect.StringKind, protoreflect.BytesKind:
	case protoreflect.EnumKind:
		c.checkOwn(f.Desc, f.Desc.Enum())
	case protoreflect.MessageKind:
		sub := f.Desc.Message()
		c.checkOwn(f.Desc, sub)
		if rpc, ok := c.inRPCs[sub.FullName()]; ok {
			c.at(f.Desc, "field %s is a %s: that belongs to rpc %s; put the shared part in a message of its own", name, sub.Name(), rpc)
		}
	default:
		c.at(f.Desc, "field %s is %s: use bool, int32, int64, uint32, uint64, double, string or bytes", name, f.Desc.Kind())
	}
}

// checkOwn refuses a type of another file, such as google.protobuf.Any.
func (c *checker) checkOwn(f protoreflect.FieldDescriptor, d protoreflect.Descriptor) {
	if d.ParentFile().Path() != c.file.Desc.Path() {
		c.at(f, "field %s is a %s of another file: declare a message of this contract", f.Name(), d.FullName())
	}
}

func (c *checker) checkEnum(e *protogen.Enum) {
	name := e.Desc.Name()
	if comment(e.Comments) == "" {
		c.at(e.Desc, "enum %s has no comment: say what it tells apart", name)
	}
	if reservedTypes[e.GoIdent.GoName] {
		c.at(e.Desc, "enum %s: the generated package needs that name; choose another", name)
	}
	prefix := screaming(string(name)) + "_"
	seen := make(map[protoreflect.EnumNumber]bool)
	for i, v := range e.Values {
		if i == 0 && (v.Desc.Number() != 0 || string(v.Desc.Name()) != prefix+"UNSPECIFIED") {
			c.at(v.Desc, "enum %s begins with %s = %d: begin with %sUNSPECIFIED = 0", name, v.Desc.Name(), v.Desc.Number(), prefix)
			continue
		}
		if !strings.HasPrefix(string(v.Desc.Name()), prefix) {
			c.at(v.Desc, "value %s: begin its name with %s", v.Desc.Name(), prefix)
		}
		if v.Desc.Number() < 0 {
			c.at(v.Desc, "value %s is negative: the Go type is a uint32", v.Desc.Name())
		}
		if seen[v.Desc.Number()] {
			c.at(v.Desc, "value %s has the number of another: give it its own", v.Desc.Name())
		}
		seen[v.Desc.Number()] = true
	}
}
