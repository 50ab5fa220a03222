package golden_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/millrace/millrace/internal/golden"
)

// listening takes the verdict of a comparison.
type listening struct {
	testing.TB

	failed bool
}

func (l *listening) Errorf(string, ...any) { l.failed = true }

func TestCompare(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recorded.json")
	holds := func(text string) bool {
		l := &listening{TB: t}
		golden.Compare(l, file, []byte(text))
		return !l.failed
	}
	t.Setenv(golden.Variable, "")
	if holds("a") {
		t.Error("nothing is recorded")
	}
	t.Setenv(golden.Variable, "1")
	if !holds("a") {
		t.Error("it is not recorded")
	}
	t.Setenv(golden.Variable, "0")
	if !holds("a") || holds("b") {
		t.Error("a is recorded, and b is not")
	}
	if content, err := os.ReadFile(file); err != nil || string(content) != "a" {
		t.Errorf("%s, %v", content, err)
	}
}
