package main

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// genFuzz writes <x>api/<x>.fuzz.gen.go: bytes to calls, calls to results, and
// an implementation that answers noise, for tests of transports.
func (c *contract) genFuzz(gen *protogen.Plugin) {
	g := c.newFile(gen, c.short+".fuzz.gen.go")
	g.P("package ", c.short, "api")
	g.P()
	c.genCalls(g)
	c.genResult(g)
	c.genNoise(g)
	for _, m := range c.file.Messages {
		c.genFill(g, m)
	}
	used := c.usedParts()
	g.QualifiedGoIdent(linuxPath.Ident("Errno")) // sourceParts uses these packages
	if used["path"] {
		g.QualifiedGoIdent(stringsPkg.Ident("Repeat"))
	}
	if used["bytes"] {
		g.QualifiedGoIdent(bytesPkg.Ident("Repeat"))
	}
	for _, part := range sourceParts {
		if part.name == "" || used[part.name] {
			g.P(part.text)
		}
	}
}

// genCalls writes the decoder.
func (c *contract) genCalls(g *protogen.GeneratedFile) {
	s := c.service.GoName
	g.P("// A Call is one method with a request. Its Method is an element of Methods, and")
	g.P("// Req has the type of that method's requests.")
	g.P("type Call struct {")
	g.P("Method *Method")
	g.P("Req any")
	g.P("}")
	g.P()
	g.P("// Calls decodes any bytes into at most 100 calls, for go test -fuzz: one byte picks")
	g.P("// the method, the rest fills the request. Numbers tend to be small, so that calls")
	g.P("// meet each other's handles, or to lie at edges; paths come from few names; data")
	g.P("// is at most 64 KiB. Streams are left out.")
	g.P("func Calls(data []byte) []Call {")
	g.P("s := &source{data: data}")
	g.P("var calls []Call")
	g.P("for len(s.data) > 0 && len(calls) < 100 {")
	g.P("calls = append(calls, s.call())")
	g.P("}")
	g.P("return calls")
	g.P("}")
	g.P()
	g.P("func (s *source) call() Call {")
	if n := len(c.unary()); n <= 256 {
		g.P("switch s.byte() % ", n, " {")
	} else {
		g.P("switch s.number() % ", n, " {")
	}
	i := 0
	for at, m := range c.service.Methods {
		if m.Desc.IsStreamingServer() {
			continue
		}
		if i++; i < len(c.unary()) {
			g.P("case ", i-1, ":")
		} else {
			g.P("default:")
		}
		g.P("req := new(", m.Input.GoIdent.GoName, ")")
		g.P("req.fill(s)")
		g.P("return Call{&Methods[", at, "], req}")
	}
	g.P("}")
	g.P("}")
	g.P()
	g.P("// Do makes the call. impl gets a copy of the request, and the result holds a copy")
	g.P("// of the reply, so that one that keeps pointers shows itself by wrong answers.")
	g.P("func (c Call) Do(impl ", s, ") Result {")
	g.P("rep := c.Method.NewReply()")
	g.P("e := c.Method.Call(impl, cloneAny(c.Req), rep)")
	g.P("return Result{e, cloneAny(rep)}")
	g.P("}")
	g.P()
	g.P("// GoString returns the call as a Go statement on an implementation named s.")
	g.P("func (c Call) GoString() string {")
	g.P("return ", fmtPkg.Ident("Sprintf"), "(\"s.%s(%#v, new(", c.short, "api.%sReply))\", c.Method.Name, c.Req, c.Method.Name)")
	g.P("}")
	g.P()
}

func (c *contract) genResult(g *protogen.GeneratedFile) {
	g.P("// A Result is what a call answered.")
	g.P("type Result struct {")
	g.P("Errno ", linuxPath.Ident("Errno"))
	g.P("Reply any // a pointer to the method's reply")
	g.P("}")
	g.P()
	g.P("// Equal reports whether two results have the same errno and the same values.")
	g.P("func (r Result) Equal(o Result) bool { return r.Errno == o.Errno && equalAny(r.Reply, o.Reply) }")
	g.P()
	g.P("// String returns errno and reply, the latter as a Go expression.")
	g.P("func (r Result) String() string { return ", fmtPkg.Ident("Sprintf"), "(\"%s %#v\", r.Errno.Error(), r.Reply) }")
	g.P()
	g.P("// cloneAny clones a request or a reply of a unary method.")
	g.P("func cloneAny(m any) any {")
	g.P("switch m := m.(type) {")
	for _, m := range c.unary() {
		for _, name := range []string{m.Input.GoIdent.GoName, m.Output.GoIdent.GoName} {
			g.P("case *", name, ":")
			g.P("return m.Clone()")
		}
	}
	g.P("}")
	g.P("panic(", fmtPkg.Ident("Sprintf"), "(\"", c.short, "api: %T is not of this contract\", m))")
	g.P("}")
	g.P()
	g.P("func equalAny(a, b any) bool {")
	g.P("switch a := a.(type) {")
	for _, m := range c.unary() {
		g.P("case *", m.Output.GoIdent.GoName, ":")
		g.P("b, ok := b.(*", m.Output.GoIdent.GoName, ")")
		g.P("return ok && a.Equal(b)")
	}
	g.P("}")
	g.P("return false")
	g.P("}")
	g.P()
}

func (c *contract) genNoise(g *protogen.GeneratedFile) {
	s := c.service.GoName
	g.P("// Noise is a ", s, " for tests of transports. Its answers are drawn from Seed and the")
	g.P("// request, so that one that came through a transport can be compared with one")
	g.P("// that did not; they mean nothing.")
	g.P("type Noise struct{ Seed uint64 }")
	g.P()
	g.P("func (n Noise) source(method string, req ", fmtPkg.Ident("GoStringer"), ") *source {")
	g.P("h := ", protogen.GoImportPath("hash/fnv").Ident("New64a"), "()")
	g.P("fmt.Fprintf(h, \"%d %s %#v\", n.Seed, method, req)")
	g.P("return &source{noise: h.Sum64() | 1}")
	g.P("}")
	g.P()
	for _, m := range c.service.Methods {
		g.P("// ", m.GoName, " answers noise.")
		g.P("func (n Noise) ", c.signature(g, m), " {")
		g.P("s := n.source(\"", m.GoName, "\", req)")
		if m.Desc.IsStreamingServer() {
			g.P("var rep ", m.Output.GoIdent.GoName)
			g.P("for range s.count() {")
			g.P("rep.Reset()")
			g.P("rep.fill(s)")
			g.P("if !emit(&rep) {")
			g.P("return 0")
			g.P("}")
			g.P("}")
		} else {
			g.P("rep.fill(s)")
		}
		g.P("return s.errno()")
		g.P("}")
		g.P()
	}
}

func (c *contract) genFill(g *protogen.GeneratedFile, m *protogen.Message) {
	name := m.GoIdent.GoName
	if len(c.fields(m)) == 0 {
		g.P("func (m *", name, ") fill(*source) {}")
		g.P()
		return
	}
	g.P("func (m *", name, ") fill(s *source) {")
	for _, f := range c.fields(m) {
		v := "m." + f.GoName
		switch {
		case f.Desc.IsList() && isMessage(f):
			g.P("for range s.count() {")
			g.P("var e ", elemType(f))
			g.P("e.fill(s)")
			g.P(v, " = append(", v, ", e)")
			g.P("}")
		case f.Desc.IsList():
			g.P("for range s.count() {")
			g.P(v, " = append(", v, ", ", draw(f), ")")
			g.P("}")
		case isMessage(f):
			g.P(v, ".fill(s)")
		case isBytes(f):
			g.P(v, " = append(", v, ", s.bytes()...)")
		default:
			g.P(v, " = ", draw(f))
		}
	}
	g.P("}")
	g.P()
}

// draw returns the expression that takes one value of f from s.
func draw(f *protogen.Field) string {
	switch f.Desc.Kind() {
	case protoreflect.BoolKind:
		return "s.bool()"
	case protoreflect.DoubleKind:
		return "s.float()"
	case protoreflect.BytesKind:
		return "s.bytes()"
	case protoreflect.StringKind:
		return "s.path()"
	case protoreflect.EnumKind:
		most := protoreflect.EnumNumber(0)
		for _, v := range f.Enum.Values {
			most = max(most, v.Desc.Number())
		}
		// One more than there are: a number that the contract does not know.
		return fmt.Sprintf("%s(s.number() %% %d)", elemType(f), uint64(most)+2)
	}
	source := "s.number()"
	if isBits(string(f.Desc.Name())) {
		source = "s.bits()"
	}
	if elemType(f) == "uint64" {
		return source
	}
	return elemType(f) + "(" + source + ")"
}

// isBits guesses by its name that a field holds a set of bits.
func isBits(name string) bool {
	for _, word := range strings.Split(name, "_") {
		switch strings.TrimSuffix(word, "s") {
		case "flag", "mask", "event", "prot", "valid", "mode":
			return true
		}
	}
	return false
}

// usedParts says which of sourceParts this contract needs, since unused ones
// would not pass lint.
func (c *contract) usedParts() map[string]bool {
	used := map[string]bool{"count": len(c.streams()) > 0}
	for _, m := range c.file.Messages {
		for _, f := range c.fields(m) {
			used["count"] = used["count"] || f.Desc.IsList()
			if isMessage(f) {
				continue
			}
			expr := draw(f)
			for _, part := range sourceParts {
				if part.name != "" && strings.Contains(expr, "s."+part.name+"()") {
					used[part.name] = true
				}
			}
		}
	}
	used["number"] = used["number"] || used["bits"] || used["float"] || len(c.unary()) > 256
	return used
}
