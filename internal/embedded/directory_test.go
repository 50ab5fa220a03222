package embedded_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/millrace/millrace/internal/embedded"
)

func openDirectory(t *testing.T, path string) *embedded.Directory {
	t.Helper()
	dir, err := embedded.OpenDirectory(path)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDirectoryHasOneOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b")
	first := openDirectory(t, path)
	_, err := embedded.OpenDirectory(path)
	if !errors.Is(err, embedded.ErrDirectoryInUse) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Fatalf("a second owner got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openDirectory(t, path).Close(); err != nil {
		t.Fatal(err)
	}
}

func TestEphemeralDirectory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	// What a killed process leaves: a directory whose lock nobody holds.
	left := filepath.Join(os.TempDir(), "millrace-ephemeral-1")
	if err := openDirectory(t, left).Close(); err != nil {
		t.Fatal(err)
	}
	dir, err := embedded.OpenEphemeral(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other, err := embedded.OpenEphemeral(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the killed process's directory is still there: %v", err)
	}
	if _, err := os.Stat(dir.Path()); err != nil {
		t.Errorf("a directory in use was removed: %v", err)
	}
	for _, d := range []*embedded.Directory{dir, other} {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(d.Path()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was not removed: %v", d.Path(), err)
		}
	}
}
