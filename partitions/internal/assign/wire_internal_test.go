package assign

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// recordedNode and recordedPlan are what the files in testdata hold. What was recorded is never recorded anew: a version
// adds files of its own.
func recordedNode() Node {
	return Node{
		ID: "ledger-0", Address: "10.0.0.7:8080", Rack: "r1", Zone: "eu-1a", Weight: 2,
		Warm: map[int32]int64{0: 0, 7: 1<<13 - 1, 300: 1<<40 - 1},
	}
}

func recordedPlan() Plan {
	n := recordedNode()
	n.Warm = nil
	return Plan{
		Generation: 41,
		Members:    []Member{{n, "ledger-0-c0ffee"}, {Node{ID: "ledger-1", Address: "[::1]:80", Weight: 1}, "ledger-1-beef"}, {Node{ID: "watcher"}, "w-1"}},
		Owners:     []int{0, 1, None, 0, None}, Heirs: []int{None, None, 1, None, None}, Standbys: [][]int{{1}, {0}, {0}, nil, nil},
	}
}

func recorded(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	content, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestRecordedVersions(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"node-v1.hex", "node-v2.hex"} { // version 2 is what a later one may add
		if got, err := heed(recorded(t, name)); err != nil || !reflect.DeepEqual(got, recordedNode()) {
			t.Errorf("%s is %+v, %v", name, got, err)
		}
	}
	for _, name := range []string{"plan-v1.hex", "plan-v1-deflated.hex", "plan-v2.hex"} {
		if got, err := receive(recorded(t, name)); err != nil || !reflect.DeepEqual(got, recordedPlan()) {
			t.Errorf("%s is %+v, %v", name, got, err)
		}
	}
	if _, err := receive(recorded(t, "plan-v9.hex")); !errors.Is(err, ErrNewer) {
		t.Errorf("a plan that needs version 9: %v", err)
	}
	if got, want := announce(recordedNode()), recorded(t, "node-v1.hex"); !reflect.DeepEqual(got, want) {
		t.Errorf("a node is written as %x, version 1 wrote %x", got, want)
	}
	if got, want := broadcast(recordedPlan()), recorded(t, "plan-v1.hex"); !reflect.DeepEqual(got, want) {
		t.Errorf("a plan is written as %x, version 1 wrote %x", got, want)
	}
}
