package sagas_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is a mistake that a test must find: the old text of a file becomes the new one.
type mutant struct {
	file     string
	old, new string
	test     string
	found    string // where
}

func mutants() map[string]mutant {
	return map[string]mutant{
		"undo skipped": {
			file: "undo.go", old: "!done {\n			return u.op", new: "!done && u.order > 1 {\n			return u.op",
			test: "TestTransfers", found: "storm_test.go",
		},
		"undone in the order in which it was done": {
			file: "undo.go", old: "cmp.Compare(b.order, a.order)", new: "cmp.Compare(a.order, b.order)",
			test: "TestTransfers", found: "storm_test.go",
		},
		"effect before the entry of what was before it": {
			file: "turn.go", old: "		return func(tx *partitions.Tx) error { return r.commit(tx, p) }",
			new:  "		for _, o := range p.steps {\n			r.attempt(ctx, o)\n		}\n		return func(tx *partitions.Tx) error { return r.commit(tx, p) }",
			test: "TestTransfers", found: "storm_test.go",
		},
		"timer lost on move": {
			file: "arm.go", old: "		n.timers.At(c.Tx, w.Due, timerKey(o.at, key))",
			new: "		c.Go(func(ctx context.Context) func(*partitions.Tx) error {\n			select {\n			case <-time.After(o.after):\n" +
				"			case <-ctx.Done():\n			}\n			return func(tx *partitions.Tx) error { return n.fire(tx, timerKey(o.at, key)) }\n		})",
			test: "TestTransfers", found: "storm_test.go",
		},
		"what was under way is lost on move": {
			file: "start.go", old: "		if !found {\n			continue", new: "		if !found || found {\n			continue",
			test: "TestTransfers", found: "storm_test.go",
		},
		"what may have happened is taken for what has not": {
			file: "receive.go", old: "w.Kind == KindStep && !w.Unknown && ", new: "w.Kind == KindStep && ",
			test: "TestCancel", found: "cancel_test.go",
		},
		"armed again": {
			file: "place.go", old: "_, armed := r.tries[o.at]; !armed", new: "_, armed := r.tries[o.at]; !armed || armed",
			test: "TestBranches", found: "branches_storm_test.go",
		},
	}
}

// TestMutantsAreCaught makes each mistake on purpose and runs the test that is for it, which must fail by what it looks at.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	for name, m := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), "go", "test", "-tags", "synctests", "-overlay", m.overlay(t),
				"-run", "^"+m.test+"$", "-count=1", "-timeout", "5m", ".", "-args", "-seeds", "40", "-until-failure")
			output, err := command.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || !exit.Exited() {
				t.Fatalf("%s does not find it: %v", m.test, err)
			}
			if !strings.Contains(string(output), m.found) {
				t.Fatalf("%s failed for another reason:\n%s", m.test, output)
			}
		})
	}
}

// overlay writes what the go command reads instead of the file.
func (m mutant) overlay(t *testing.T) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(m.file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(source), m.old) != 1 {
		t.Fatalf("%s does not have %q once: bring the mutant up to date", m.file, m.old)
	}
	changed := strings.Replace(string(source), m.old, m.new, 1)
	if m.file == "arm.go" {
		changed = strings.Replace(changed, "package sagas\n", "package sagas\n\nimport (\n	\"context\"\n	\"time\"\n\n	\"github.com/millrace/millrace/partitions\"\n)\n", 1)
	}
	path := filepath.Join(t.TempDir(), "file.go")
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, m.file): path}})
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}
