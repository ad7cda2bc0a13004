package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"
)

var update = flag.Bool("update", false, "record testdata/*.golden again")

// mark ends a line of testdata/errors and holds what is wrong with it.
var mark = regexp.MustCompile(`// ### (.*)`)

// request compiles testdata files as the contracts that their names say:
// testdata/kinds.proto as adyton/kinds/v1/kinds.proto.
func request(t *testing.T, files ...string) *pluginpb.CodeGeneratorRequest {
	t.Helper()
	at := make(map[string]string)
	var names []string
	for _, f := range files {
		x := strings.TrimSuffix(filepath.Base(f), ".proto")
		name := fmt.Sprintf("adyton/%s/v1/%s.proto", x, x)
		if x == "misplaced" {
			name = "adyton/misplaced.proto"
		}
		at[name] = f
		names = append(names, name)
	}
	req, err := compile(func(name string) (io.ReadCloser, error) {
		src, err := os.ReadFile(at[name])
		if err != nil {
			return nil, os.ErrNotExist
		}
		// Else the mark would count as the comment that is missing.
		return io.NopCloser(bytes.NewReader(mark.ReplaceAll(src, nil))), nil
	}, names)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func protos(t *testing.T, glob string) []string {
	t.Helper()
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no %s: %v", glob, err)
	}
	return files
}

// own reports whether this generator made f, and not a stock one.
func own(f genFile) bool { return strings.HasSuffix(f.name, ".gen.go") }

func TestGolden(t *testing.T) {
	for _, in := range protos(t, "testdata/*.proto") {
		t.Run(filepath.Base(in), func(t *testing.T) {
			files, err := generate(request(t, in))
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			for _, f := range files {
				if own(f) {
					fmt.Fprintf(&b, "-- %s --\n%s", f.name, f.content)
				}
			}
			golden := strings.TrimSuffix(in, ".proto") + ".golden"
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got := b.Bytes(); !bytes.Equal(got, want) {
				t.Errorf("%s differs at line %d; if that is meant: go test ./cmd/protoc-gen-adyton -update",
					golden, firstDiff(got, want))
			}
		})
	}
}

// firstDiff returns the first line in which a and b differ.
func firstDiff(a, b []byte) int {
	as, bs := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range as {
		if i >= len(bs) || !bytes.Equal(as[i], bs[i]) {
			return i + 1
		}
	}
	return len(as) + 1
}

// TestGoldenBehaves builds what testdata/kinds.proto gives, which has every
// kind of field, and runs testdata/kinds_test.go on it. The files are laid
// over proto/gen, so that nothing is written there.
func TestGoldenBehaves(t *testing.T) {
	files, err := generate(request(t, "testdata/kinds.proto"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	over := map[string]string{
		filepath.Join(root, "proto/gen/kindswire/kinds_test.go"): filepath.Join(root, "cmd/protoc-gen-adyton/testdata/kinds_test.go"),
	}
	for i, f := range files {
		name := filepath.Join(tmp, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(name, []byte(f.content), 0o644); err != nil {
			t.Fatal(err)
		}
		over[filepath.Join(root, "proto/gen", f.name)] = name
	}
	data, err := json.Marshal(map[string]any{"Replace": over})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(tmp, "overlay.json")
	if err := os.WriteFile(overlay, data, 0o644); err != nil {
		t.Fatal(err)
	}
	// In two steps, since go test runs in the package's folder.
	bin := filepath.Join(tmp, "kinds.test")
	cmd := exec.Command("go", "test", "-c", "-vet=off", "-o", bin, "-overlay", overlay, "adyton.dev/adyton/proto/gen/kindswire")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	out, err := exec.Command(bin, "-test.v").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS: TestKinds")) {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestDialectErrors compares the violations in each file of testdata/errors
// with the comments that end the lines they are in: ### message.
func TestDialectErrors(t *testing.T) {
	for _, in := range protos(t, "testdata/errors/*.proto") {
		t.Run(filepath.Base(in), func(t *testing.T) {
			req := request(t, in)
			name := req.FileToGenerate[0]
			src, err := os.ReadFile(in)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i, line := range strings.Split(string(src), "\n") {
				if m := mark.FindStringSubmatch(line); m != nil {
					for _, text := range strings.Split(m[1], " ### ") {
						want = append(want, fmt.Sprintf("%s:%d: %s", name, i+1, text))
					}
				}
			}
			if len(want) == 0 {
				t.Fatal("no ### comment: a file here is wrong in some way")
			}
			files, err := generate(req)
			if err == nil {
				t.Fatalf("accepted, want\n%s", strings.Join(want, "\n"))
			}
			if len(files) > 0 {
				t.Errorf("%d files generated from a contract that is wrong", len(files))
			}
			if got := err.Error(); got != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
			}
		})
	}
}

// TestPluginGivesTheSameFiles runs the other way in, by which buf comes.
func TestPluginGivesTheSameFiles(t *testing.T) {
	req := request(t, "testdata/kinds.proto")
	want, err := generate(req)
	if err != nil {
		t.Fatal(err)
	}
	req.CompilerVersion = &pluginpb.Version{Major: proto.Int32(31)}
	req.Parameter = proto.String("paths=source_relative")
	in, err := proto.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := runPlugin(bytes.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	resp := new(pluginpb.CodeGeneratorResponse)
	if err := proto.Unmarshal(out.Bytes(), resp); err != nil {
		t.Fatal(err)
	}
	if resp.Error != nil || len(resp.File) != len(want) {
		t.Fatalf("%d files, error %q; want %d files", len(resp.File), resp.GetError(), len(want))
	}
	for i, f := range resp.File {
		if f.GetName() != want[i].name || f.GetContent() != want[i].content {
			t.Errorf("file %d: %s differs from the driver's %s", i, f.GetName(), want[i].name)
		}
	}
}

// TestPluginReportsDialectErrors: in the response, where protoc and buf look.
func TestPluginReportsDialectErrors(t *testing.T) {
	in, err := proto.Marshal(request(t, "testdata/errors/enums.proto"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := runPlugin(bytes.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	resp := new(pluginpb.CodeGeneratorResponse)
	if err := proto.Unmarshal(out.Bytes(), resp); err != nil {
		t.Fatal(err)
	}
	if len(resp.File) != 0 || !strings.Contains(resp.GetError(), "adyton/enums/v1/enums.proto:") {
		t.Errorf("%d files, error %q; want none and a place in the error", len(resp.File), resp.GetError())
	}
}
