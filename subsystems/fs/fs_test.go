package fs_test

import (
	"testing"

	"adyton.dev/adyton/proto/gen/fsapi"
	"adyton.dev/adyton/subsystems/fs"
	"adyton.dev/adyton/subsystems/fs/fstest"
)

// linked makes an FS for the suite.
func linked(t *testing.T) fsapi.FS {
	t.Helper()
	f, err := fs.New(fs.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Shutdown)
	return f
}

func TestLinked(t *testing.T) { fstest.Run(t, linked) }
