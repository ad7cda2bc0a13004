package main

import (
	"strings"
	"unicode"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// screaming turns OpKind into OP_KIND, and FSKind into FS_KIND.
func screaming(s string) string {
	r := []rune(s)
	var b strings.Builder
	for i, c := range r {
		if i > 0 && unicode.IsUpper(c) && (!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(c))
	}
	return b.String()
}

// valueName returns the Go name of an enum's value: OpKindMap for OP_KIND_MAP
// of OpKind.
func valueName(e *protogen.Enum, v *protogen.EnumValue) string {
	rest := strings.TrimPrefix(string(v.Desc.Name()), screaming(string(e.Desc.Name()))+"_")
	var b strings.Builder
	b.WriteString(e.GoIdent.GoName)
	for _, word := range strings.Split(strings.ToLower(rest), "_") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// lower makes the first word of a Go name lower case: renameRequest.
func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// elemType returns the plain Go type of one element of f.
func elemType(f *protogen.Field) string {
	switch f.Desc.Kind() {
	case protoreflect.BoolKind:
		return "bool"
	case protoreflect.Int32Kind:
		return "int32"
	case protoreflect.Int64Kind:
		return "int64"
	case protoreflect.Uint32Kind:
		return "uint32"
	case protoreflect.Uint64Kind:
		return "uint64"
	case protoreflect.DoubleKind:
		return "float64"
	case protoreflect.StringKind:
		return "string"
	case protoreflect.BytesKind:
		return "[]byte"
	case protoreflect.EnumKind:
		return f.Enum.GoIdent.GoName
	case protoreflect.MessageKind:
		return f.Message.GoIdent.GoName
	}
	panic("kind " + f.Desc.Kind().String() + " passed the dialect check")
}

func goType(f *protogen.Field) string {
	if f.Desc.IsList() {
		return "[]" + elemType(f)
	}
	return elemType(f)
}

func isMessage(f *protogen.Field) bool { return f.Desc.Kind() == protoreflect.MessageKind }
func isBytes(f *protogen.Field) bool   { return f.Desc.Kind() == protoreflect.BytesKind }
func isEnum(f *protogen.Field) bool    { return f.Desc.Kind() == protoreflect.EnumKind }

// comment returns a declaration's comment, leading or else trailing, as plain
// text without the space that follows the slashes.
func comment(set protogen.CommentSet) string {
	if t := plain(set.Leading); t != "" {
		return t
	}
	return plain(set.Trailing)
}

func plain(c protogen.Comments) string {
	lines := strings.Split(strings.TrimRight(string(c), "\n \t"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(strings.TrimPrefix(l, " "), " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// goComment renders text as Go line comments; "" gives "".
func goComment(text string) string {
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight("// "+l, " ")
	}
	return strings.Join(lines, "\n")
}
