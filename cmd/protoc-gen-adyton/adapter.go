package main

import (
	"fmt"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	contextPkg  = protogen.GoImportPath("context")
	errorsPkg   = protogen.GoImportPath("errors")
	fmtPkg      = protogen.GoImportPath("fmt")
	ioPkg       = protogen.GoImportPath("io")
	timePkg     = protogen.GoImportPath("time")
	grpcPkg     = protogen.GoImportPath("google.golang.org/grpc")
	codesPkg    = protogen.GoImportPath("google.golang.org/grpc/codes")
	metadataPkg = protogen.GoImportPath("google.golang.org/grpc/metadata")
	statusPkg   = protogen.GoImportPath("google.golang.org/grpc/status")
)

// errnoTrailer names the gRPC trailer that carries the result of a stream.
const errnoTrailer = "adyton-errno"

// genAdapter writes <x>wire/<x>.adapter.gen.go: the interface over gRPC and a
// gRPC server over the interface.
func (c *contract) genAdapter(gen *protogen.Plugin) {
	g := gen.NewGeneratedFile(c.short+"wire/"+c.short+".adapter.gen.go", c.wirePath)
	c.header(g)
	g.P("// Package ", c.short, "wire carries ", c.short, "api over gRPC: NewClient on one side, Register on the other.")
	g.P("package ", c.short, "wire")
	g.P()
	c.genClient(g)
	c.genServer(g)
	for _, m := range c.file.Messages {
		c.genToWire(g, m)
		c.genFromWire(g, m)
	}
}

func (c *contract) api(g *protogen.GeneratedFile, name string) string {
	return g.QualifiedGoIdent(c.apiPath.Ident(name))
}

func (c *contract) genClient(g *protogen.GeneratedFile) {
	s := c.service.GoName
	errno := g.QualifiedGoIdent(linuxPath.Ident("Errno"))
	eio := g.QualifiedGoIdent(linuxPath.Ident("EIO"))

	g.P("// ClientOptions says how a client calls.")
	g.P("type ClientOptions struct {")
	g.P("// Timeout is the deadline of each call but streams; 0 is 2 seconds.")
	g.P("Timeout ", timePkg.Ident("Duration"))
	g.P("// OnError, if set, hears of every call that got no valid answer; the caller")
	g.P("// got EIO. It may run on many goroutines at once.")
	g.P("OnError func(method string, err error)")
	g.P("}")
	g.P()
	g.P("// NewClient returns the ", s, " that answers at the other end of cc. A failure of the")
	g.P("// transport and a reply that breaks the contract give EIO; a method that the")
	g.P("// other end does not know gives ENOSYS.")
	g.P("func NewClient(cc ", grpcPkg.Ident("ClientConnInterface"), ", opts ClientOptions) ", c.api(g, s), " {")
	g.P("if opts.Timeout == 0 {")
	g.P("opts.Timeout = 2 * ", timePkg.Ident("Second"))
	g.P("}")
	g.P("return &client{New", s, "Client(cc), opts}")
	g.P("}")
	g.P()
	g.P("type client struct {")
	g.P("rpc ", s, "Client")
	g.P("opts ClientOptions")
	g.P("}")
	g.P()
	g.P("// fail reports err and returns what the caller gets for it.")
	g.P("func (c *client) fail(method string, err error) ", errno, " {")
	g.P("if ", statusPkg.Ident("Code"), "(err) == ", codesPkg.Ident("Unimplemented"), " {")
	g.P("return ", linuxPath.Ident("ENOSYS"))
	g.P("}")
	g.P("if c.opts.OnError != nil {")
	g.P("c.opts.OnError(method, err)")
	g.P("}")
	g.P("return ", eio)
	g.P("}")
	g.P()
	g.P("// validErrno accepts what a subsystem may answer: an errno that an app can see,")
	g.P("// or EWAIT. The kernel's other internal codes would be taken for the core's own.")
	g.P("func validErrno(v uint32) (", errno, ", error) {")
	g.P("if e := ", errno, "(v); v < 4096 && (!e.Internal() || e == ", linuxPath.Ident("EWAIT"), ") {")
	g.P("return e, nil")
	g.P("}")
	g.P("return 0, ", fmtPkg.Ident("Errorf"), "(\"reply has errno %d, which no subsystem may give\", v)")
	g.P("}")
	g.P()

	for _, m := range c.service.Methods {
		if m.Desc.IsStreamingServer() {
			c.genClientStream(g, m, errno)
		} else {
			c.genClientCall(g, m, errno)
		}
	}
}

func (c *contract) genClientCall(g *protogen.GeneratedFile, m *protogen.Method, errno string) {
	name, req, rep := m.GoName, m.Input.GoIdent.GoName, m.Output.GoIdent.GoName
	g.P("func (c *client) ", name, "(req *", c.api(g, req), ", rep *", c.api(g, rep), ") ", errno, " {")
	g.P("ctx, cancel := ", contextPkg.Ident("WithTimeout"), "(", contextPkg.Ident("Background"), "(), c.opts.Timeout)")
	g.P("defer cancel()")
	g.P("out, err := c.rpc.", name, "(ctx, toWire", req, "(new(", req, "), req))")
	g.P("if err != nil {")
	g.P("return c.fail(\"", name, "\", err)")
	g.P("}")
	g.P("e, err := validErrno(out.Errno)")
	g.P("if err != nil {")
	g.P("return c.fail(\"", name, "\", err)")
	g.P("}")
	g.P("fromWire", rep, "(rep, out)")
	g.P("return e")
	g.P("}")
	g.P()
}

func (c *contract) genClientStream(g *protogen.GeneratedFile, m *protogen.Method, errno string) {
	name, req, rep := m.GoName, m.Input.GoIdent.GoName, m.Output.GoIdent.GoName
	g.P("func (c *client) ", name, "(req *", c.api(g, req), ", emit func(*", c.api(g, rep), ") bool) ", errno, " {")
	g.P("ctx, cancel := ", contextPkg.Ident("WithCancel"), "(", contextPkg.Ident("Background"), "())")
	g.P("defer cancel()")
	g.P("stream, err := c.rpc.", name, "(ctx, toWire", req, "(new(", req, "), req))")
	g.P("if err != nil {")
	g.P("return c.fail(\"", name, "\", err)")
	g.P("}")
	g.P("for {")
	g.P("out, err := stream.Recv()")
	g.P("if ", errorsPkg.Ident("Is"), "(err, ", ioPkg.Ident("EOF"), ") {")
	g.P("return c.streamErrno(\"", name, "\", stream.Trailer())")
	g.P("}")
	g.P("if ", statusPkg.Ident("Code"), "(err) == ", codesPkg.Ident("Canceled"), " {")
	g.P("return 0 // cc was closed on our side")
	g.P("}")
	g.P("if err != nil {")
	g.P("return c.fail(\"", name, "\", err)")
	g.P("}")
	g.P("var rep ", c.api(g, rep))
	g.P("fromWire", rep, "(&rep, out)")
	g.P("if !emit(&rep) {")
	g.P("return 0")
	g.P("}")
	g.P("}")
	g.P("}")
	g.P()
}

func (c *contract) genServer(g *protogen.GeneratedFile) {
	s := c.service.GoName
	errno := g.QualifiedGoIdent(linuxPath.Ident("Errno"))
	if len(c.streams()) > 0 {
		g.P("// streamErrno reads the result of a stream that the other end has closed. One")
		g.P("// without a result was closed in good order.")
		g.P("func (c *client) streamErrno(method string, trailer ", metadataPkg.Ident("MD"), ") ", errno, " {")
		g.P("got := trailer.Get(errnoTrailer)")
		g.P("if len(got) == 0 {")
		g.P("return 0")
		g.P("}")
		g.P("v, err := ", strconvPkg.Ident("ParseUint"), "(got[0], 10, 32)")
		g.P("if err != nil {")
		g.P("return c.fail(method, err)")
		g.P("}")
		g.P("e, err := validErrno(uint32(v))")
		g.P("if err != nil {")
		g.P("return c.fail(method, err)")
		g.P("}")
		g.P("return e")
		g.P("}")
		g.P()
		g.P("// errnoTrailer names the gRPC trailer that carries the result of a stream.")
		g.P("const errnoTrailer = ", fmt.Sprintf("%q", errnoTrailer))
		g.P()
	}
	g.P("// Register makes s serve impl. A stream ends when its client has gone and impl")
	g.P("// emits the next time, or when impl closes.")
	g.P("func Register(s ", grpcPkg.Ident("ServiceRegistrar"), ", impl ", c.api(g, s), ") {")
	g.P("Register", s, "Server(s, &server{impl: impl})")
	g.P("}")
	g.P()
	g.P("type server struct {")
	g.P("Unimplemented", s, "Server")
	g.P("impl ", c.api(g, s))
	g.P("}")
	g.P()
	for _, m := range c.service.Methods {
		name, req, rep := m.GoName, m.Input.GoIdent.GoName, m.Output.GoIdent.GoName
		if !m.Desc.IsStreamingServer() {
			g.P("func (s *server) ", name, "(_ ", contextPkg.Ident("Context"), ", in *", req, ") (*", rep, ", error) {")
			g.P("var req ", c.api(g, req))
			g.P("var rep ", c.api(g, rep))
			g.P("fromWire", req, "(&req, in)")
			g.P("e := s.impl.", name, "(&req, &rep)")
			g.P("out := toWire", rep, "(new(", rep, "), &rep)")
			g.P("out.Errno = uint32(e)")
			g.P("return out, nil")
			g.P("}")
			g.P()
			continue
		}
		g.P("func (s *server) ", name, "(in *", req, ", stream ", grpcPkg.Ident("ServerStreamingServer"), "[", rep, "]) error {")
		g.P("var req ", c.api(g, req))
		g.P("fromWire", req, "(&req, in)")
		g.P("e := s.impl.", name, "(&req, func(rep *", c.api(g, rep), ") bool {")
		g.P("return stream.Send(toWire", rep, "(new(", rep, "), rep)) == nil")
		g.P("})")
		g.P("if e != 0 {")
		g.P("stream.SetTrailer(", metadataPkg.Ident("Pairs"), "(errnoTrailer, ", strconvPkg.Ident("FormatUint"), "(uint64(e), 10)))")
		g.P("}")
		g.P("return nil")
		g.P("}")
		g.P()
	}
}

func (c *contract) genToWire(g *protogen.GeneratedFile, m *protogen.Message) {
	name := m.GoIdent.GoName
	if len(c.fields(m)) == 0 {
		g.P("func toWire", name, "(w *", name, ", _ *", c.api(g, name), ") *", name, " { return w }")
		g.P()
		return
	}
	g.P("// toWire", name, " fills the zero message w; it shares the bytes of m.")
	g.P("func toWire", name, "(w *", name, ", m *", c.api(g, name), ") *", name, " {")
	for _, f := range c.fields(m) {
		dst, src := "w."+f.GoName, "m."+f.GoName
		elem := elemType(f)
		switch {
		case f.Desc.IsList() && isMessage(f):
			g.P("if n := len(", src, "); n > 0 {")
			g.P("all := make([]", elem, ", n)")
			g.P(dst, " = make([]*", elem, ", n)")
			g.P("for i := range all {")
			g.P(dst, "[i] = toWire", elem, "(&all[i], &", src, "[i])")
			g.P("}")
			g.P("}")
		case f.Desc.IsList() && isEnum(f):
			g.P("for _, v := range ", src, " {")
			g.P(dst, " = append(", dst, ", ", elem, "(v))")
			g.P("}")
		case isMessage(f):
			g.P(dst, " = toWire", elem, "(new(", elem, "), &", src, ")")
		case isEnum(f):
			g.P(dst, " = ", elem, "(", src, ")")
		default:
			g.P(dst, " = ", src)
		}
	}
	g.P("return w")
	g.P("}")
	g.P()
}

func (c *contract) genFromWire(g *protogen.GeneratedFile, m *protogen.Message) {
	name := m.GoIdent.GoName
	if len(c.fields(m)) == 0 {
		g.P("func fromWire", name, "(*", c.api(g, name), ", *", name, ") {}")
		g.P()
		return
	}
	g.P("// fromWire", name, " sets m from w, which it may take memory from. Slices are appended to.")
	g.P("func fromWire", name, "(m *", c.api(g, name), ", w *", name, ") {")
	g.P("if w == nil {")
	g.P("return")
	g.P("}")
	for _, f := range c.fields(m) {
		dst, src := "m."+f.GoName, "w."+f.GoName
		switch {
		case f.Desc.IsList() && isMessage(f):
			g.P("if n := len(", src, "); n > 0 {")
			g.P("had := len(", dst, ")")
			g.P(dst, " = append(", dst, ", make([]", c.api(g, elemType(f)), ", n)...)")
			g.P("for i, v := range ", src, " {")
			g.P("fromWire", elemType(f), "(&", dst, "[had+i], v)")
			g.P("}")
			g.P("}")
		case f.Desc.IsList() && isEnum(f):
			g.P("for _, v := range ", src, " {")
			g.P(dst, " = append(", dst, ", ", c.api(g, elemType(f)), "(v))")
			g.P("}")
		case f.Desc.IsList() || isBytes(f):
			g.P("if cap(", dst, ") == 0 {")
			g.P(dst, " = ", src)
			g.P("} else {")
			g.P(dst, " = append(", dst, ", ", src, "...)")
			g.P("}")
		case isMessage(f):
			g.P("fromWire", elemType(f), "(&", dst, ", ", src, ")")
		case f.Desc.Kind() == protoreflect.EnumKind:
			g.P(dst, " = ", c.api(g, elemType(f)), "(", src, ")")
		default:
			g.P(dst, " = ", src)
		}
	}
	g.P("}")
	g.P()
}
