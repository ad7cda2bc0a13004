package fs_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"testing"
	"time"

	"adyton.dev/adyton/core/linux"
	"adyton.dev/adyton/subsystems/fs"
)

func tarOf(t *testing.T, w io.Writer, headers []tar.Header, contents map[string]string) {
	t.Helper()
	a := tar.NewWriter(w)
	for _, h := range headers {
		h.Size = int64(len(contents[h.Name]))
		if h.ModTime.IsZero() {
			h.ModTime = time.Unix(1e9, 0)
		}
		if err := a.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		io.WriteString(a, contents[h.Name])
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTarRoot(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	tarOf(t, z, []tar.Header{
		{Name: "usr/bin/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./usr/bin/prog", Typeflag: tar.TypeReg, Mode: 0o4755, Uid: 3, Gid: 4, PAXRecords: map[string]string{"SCHILY.xattr.user.a": "v"}},
		{Name: "bin", Typeflag: tar.TypeSymlink, Linkname: "usr/bin"},
		{Name: "bin/other", Typeflag: tar.TypeReg, Mode: 0o644},
		{Name: "hard", Typeflag: tar.TypeLink, Linkname: "usr/bin/prog"},
		{Name: "../../escape", Typeflag: tar.TypeReg, Mode: 0o600},
		{Name: "deep/er/file", Typeflag: tar.TypeReg, Mode: 0o600},
		{Name: "node", Typeflag: tar.TypeChar, Mode: 0o666, Devmajor: 1, Devminor: 3},
	}, map[string]string{"./usr/bin/prog": "#!x", "bin/other": "o", "../../escape": "e", "deep/er/file": "d"})
	z.Close()
	u := user{t, open(t, fs.Config{RootTar: &b})}
	check(u, "contents", u.contents("/bin/prog"), "#!x")
	check(u, "through a link", u.contents("/usr/bin/other"), "o")
	check(u, "a name with ..", u.contents("/escape"), "e")
	check(u, "made directories", u.contents("/deep/er/file"), "d")
	a := u.stat("/hard")
	check(u, "mode", a.Mode, linux.S_IFREG|0o4755)
	check(u, "uid", a.Uid, 3)
	check(u, "nlink", a.Nlink, 2)
	check(u, "mtime", a.MtimeSec, 1e9)
	check(u, "device", u.stat("/node").Rdev, linux.Makedev(1, 3))
	check(u, "dev", u.stat("/dev/null").Rdev, linux.Makedev(1, 3))
}

func TestTarRootTellsWhatIsWrong(t *testing.T) {
	if _, err := fs.New(fs.Config{RootTar: bytes.NewReader([]byte("this is not a tar file, it only looks long enough to be one"))}); err == nil {
		t.Error("New with a broken tar file gives no error")
	}
	var b bytes.Buffer
	tarOf(t, &b, []tar.Header{{Name: "x", Typeflag: tar.TypeLink, Linkname: "none"}}, nil)
	if _, err := fs.New(fs.Config{RootTar: &b}); err == nil {
		t.Error("New with a link to nothing gives no error")
	}
}
