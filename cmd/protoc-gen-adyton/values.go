package main

import (
	"fmt"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const (
	bytesPkg   = protogen.GoImportPath("bytes")
	slicesPkg  = protogen.GoImportPath("slices")
	strconvPkg = protogen.GoImportPath("strconv")
	stringsPkg = protogen.GoImportPath("strings")
)

// hasSlices reports whether a copy of m by assignment shares memory with m.
func (c *contract) hasSlices(m *protogen.Message) bool {
	for _, f := range c.fields(m) {
		if f.Desc.IsList() || isBytes(f) || isMessage(f) && c.hasSlices(f.Message) {
			return true
		}
	}
	return false
}

// genValues writes Reset, Equal, Clone and GoString of every message, all
// without reflection.
func (c *contract) genValues(g *protogen.GeneratedFile) {
	floats := false
	for _, m := range c.file.Messages {
		c.genReset(g, m)
		c.genEqual(g, m)
		c.genClone(g, m)
		c.genGoString(g, m)
		for _, f := range m.Fields {
			floats = floats || f.Desc.Kind() == protoreflect.DoubleKind
		}
	}
	if floats {
		g.P("// sameFloat is == that holds for NaN as well.")
		g.P("func sameFloat(a, b float64) bool { return a == b || a != a && b != b }")
		g.P()
	}
	if len(c.file.Messages) > 0 {
		c.genQuote(g)
	}
}

func (c *contract) genReset(g *protogen.GeneratedFile, m *protogen.Message) {
	name := m.GoIdent.GoName
	if !c.hasSlices(m) {
		g.P("// Reset zeroes m.")
		g.P("func (m *", name, ") Reset() { *m = ", name, "{} }")
		g.P()
		return
	}
	g.P("// Reset zeroes m; its slices keep their capacity.")
	g.P("func (m *", name, ") Reset() {")
	for _, f := range c.fields(m) {
		switch {
		case f.Desc.IsList() || isBytes(f):
			g.P("m.", f.GoName, " = m.", f.GoName, "[:0]")
		case isMessage(f):
			g.P("m.", f.GoName, ".Reset()")
		default:
			g.P("m.", f.GoName, " = ", zero(f))
		}
	}
	g.P("}")
	g.P()
}

// zero returns the literal of a plain field's zero value.
func zero(f *protogen.Field) string {
	switch f.Desc.Kind() {
	case protoreflect.BoolKind:
		return "false"
	case protoreflect.StringKind:
		return `""`
	}
	return "0"
}

func (c *contract) genEqual(g *protogen.GeneratedFile, m *protogen.Message) {
	g.P("// Equal reports whether m and o hold the same values; nil and empty slices are the same.")
	g.P("func (m *", m.GoIdent.GoName, ") Equal(o *", m.GoIdent.GoName, ") bool {")
	for _, f := range c.fields(m) {
		a, b := "m."+f.GoName, "o."+f.GoName
		if !f.Desc.IsList() {
			g.P("if ", differ(g, f, a, b), " {")
			g.P("return false")
			g.P("}")
			continue
		}
		g.P("if len(", a, ") != len(", b, ") {")
		g.P("return false")
		g.P("}")
		g.P("for i := range ", a, " {")
		g.P("if ", differ(g, f, a+"[i]", b+"[i]"), " {")
		g.P("return false")
		g.P("}")
		g.P("}")
	}
	g.P("return true")
	g.P("}")
	g.P()
}

// differ returns the condition that one value of f is not another.
func differ(g *protogen.GeneratedFile, f *protogen.Field, a, b string) string {
	switch f.Desc.Kind() {
	case protoreflect.BytesKind:
		return fmt.Sprintf("!%s(%s, %s)", g.QualifiedGoIdent(bytesPkg.Ident("Equal")), a, b)
	case protoreflect.MessageKind:
		return fmt.Sprintf("!%s.Equal(&%s)", a, b)
	case protoreflect.DoubleKind:
		return fmt.Sprintf("!sameFloat(%s, %s)", a, b)
	}
	return a + " != " + b
}

func (c *contract) genClone(g *protogen.GeneratedFile, m *protogen.Message) {
	name := m.GoIdent.GoName
	g.P("// Clone returns a copy of m that shares no memory with it.")
	g.P("func (m *", name, ") Clone() *", name, " {")
	g.P("c := *m")
	if c.hasSlices(m) {
		g.P("c.own()")
	}
	g.P("return &c")
	g.P("}")
	g.P()
	if !c.hasSlices(m) {
		return
	}
	clone := slicesPkg.Ident("Clone")
	g.P("// own replaces every slice of m by a copy.")
	g.P("func (m *", name, ") own() {")
	for _, f := range c.fields(m) {
		deep := isBytes(f) || isMessage(f) && c.hasSlices(f.Message)
		switch {
		case f.Desc.IsList():
			g.P("m.", f.GoName, " = ", clone, "(m.", f.GoName, ")")
			if !deep {
				continue
			}
			g.P("for i := range m.", f.GoName, " {")
			if isBytes(f) {
				g.P("m.", f.GoName, "[i] = ", clone, "(m.", f.GoName, "[i])")
			} else {
				g.P("m.", f.GoName, "[i].own()")
			}
			g.P("}")
		case isBytes(f):
			g.P("m.", f.GoName, " = ", clone, "(m.", f.GoName, ")")
		case deep:
			g.P("m.", f.GoName, ".own()")
		}
	}
	g.P("}")
	g.P()
}

func (c *contract) genGoString(g *protogen.GeneratedFile, m *protogen.Message) {
	name := m.GoIdent.GoName
	g.P("// GoString returns m as a Go expression without the fields that are zero.")
	g.P("func (m *", name, ") GoString() string { return \"&\" + string(m.appendGo(nil)) }")
	g.P()
	if len(c.fields(m)) == 0 {
		g.P("func (m *", name, ") appendGo(b []byte) []byte { return append(b, \"", c.short, "api.", name, "{}\"...) }")
		g.P()
		return
	}
	g.P("func (m *", name, ") appendGo(b []byte) []byte {")
	g.P("b = append(b, \"", c.short, "api.", name, "{\"...)")
	for _, f := range c.fields(m) {
		v := "m." + f.GoName
		g.P("if ", nonZero(f, v), " {")
		g.P("b = append(b, \"", f.GoName, ": \"...)")
		if f.Desc.IsList() {
			typ := "[]" + elemType(f)
			if isMessage(f) || isEnum(f) {
				typ = "[]" + c.short + "api." + elemType(f)
			}
			g.P("b = append(b, \"", typ, "{\"...)")
			g.P("for i := range ", v, " {")
			c.genAppend(g, f, v+"[i]")
			g.P("b = append(b, \", \"...)")
			g.P("}")
			g.P("b = endGo(b)")
		} else {
			c.genAppend(g, f, v)
		}
		g.P("b = append(b, \", \"...)")
		g.P("}")
	}
	g.P("return endGo(b)")
	g.P("}")
	g.P()
}

func nonZero(f *protogen.Field, v string) string {
	switch {
	case f.Desc.IsList() || isBytes(f):
		return "len(" + v + ") > 0"
	case isMessage(f):
		return fmt.Sprintf("!%s.Equal(new(%s))", v, elemType(f))
	case f.Desc.Kind() == protoreflect.BoolKind:
		return v
	}
	return v + " != " + zero(f)
}

// genAppend appends one value as Go source to b.
func (c *contract) genAppend(g *protogen.GeneratedFile, f *protogen.Field, v string) {
	switch f.Desc.Kind() {
	case protoreflect.BoolKind:
		g.P("b = ", strconvPkg.Ident("AppendBool"), "(b, ", v, ")")
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		g.P("b = ", strconvPkg.Ident("AppendInt"), "(b, int64(", v, "), 10)")
	case protoreflect.Uint32Kind, protoreflect.Uint64Kind:
		g.P("b = ", strconvPkg.Ident("AppendUint"), "(b, uint64(", v, "), 10)")
	case protoreflect.DoubleKind:
		g.P("b = ", strconvPkg.Ident("AppendFloat"), "(b, ", v, ", 'g', -1, 64)")
	case protoreflect.StringKind:
		g.P("b = quoteGo(b, ", v, ")")
	case protoreflect.BytesKind:
		g.P("b = quoteGo(append(b, \"[]byte(\"...), string(", v, "))")
		g.P("b = append(b, ')')")
	case protoreflect.EnumKind:
		g.P("b = append(append(b, \"", c.short, "api.\"...), ", v, ".String()...)")
	case protoreflect.MessageKind:
		g.P("b = ", v, ".appendGo(b)")
	}
}

// genQuote writes the two helpers of GoString.
func (c *contract) genQuote(g *protogen.GeneratedFile) {
	g.P("// endGo closes a composite literal and drops the separator before it.")
	g.P("func endGo(b []byte) []byte { return append(", bytesPkg.Ident("TrimSuffix"), "(b, []byte(\", \")), '}') }")
	g.P()
	quotes := false
	for _, m := range c.file.Messages {
		for _, f := range c.fields(m) {
			quotes = quotes || isBytes(f) || f.Desc.Kind() == protoreflect.StringKind
		}
	}
	if !quotes {
		return
	}
	g.P("// quoteGo appends s as a Go expression; a long run of one byte stays short.")
	g.P("func quoteGo(b []byte, s string) []byte {")
	g.P("if len(s) > 16 && ", stringsPkg.Ident("Count"), "(s, s[:1]) == len(s) {")
	g.P("b = append(b, \"strings.Repeat(\"...)")
	g.P("b = ", strconvPkg.Ident("AppendQuote"), "(b, s[:1])")
	g.P("b = append(b, \", \"...)")
	g.P("b = ", strconvPkg.Ident("AppendInt"), "(b, int64(len(s)), 10)")
	g.P("return append(b, ')')")
	g.P("}")
	g.P("return ", strconvPkg.Ident("AppendQuote"), "(b, s)")
	g.P("}")
}
