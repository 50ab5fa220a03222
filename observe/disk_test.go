package observe_test

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/observe"
)

func TestDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := observe.Disk(dir, 1).Ask(t.Context()); err != nil {
		t.Error(err)
	}
	if err := observe.Disk(dir, math.MaxUint64).Ask(t.Context()); err == nil || !strings.Contains(err.Error(), "MB free for "+dir) {
		t.Errorf("all the room in the world: %v", err)
	}
	if err := observe.Disk(filepath.Join(dir, "missing"), 1).Ask(t.Context()); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a directory that is not there: %v", err)
	}
}
