package main_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// generated runs the generator.
func generated(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Getenv(binaryVariable), append([]string{"generate", "ts"}, args...)...)
	text, _ := cmd.CombinedOutput()
	return string(text), cmd.ProcessState.ExitCode()
}

// TestGenerate holds the code against testdata/api.ts and effect.ts, which the tests of integration/typescript compile.
func TestGenerate(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.FileServer(http.Dir("testdata")))
	t.Cleanup(server.Close)
	want, err := os.ReadFile("testdata/api.ts")
	if err != nil {
		t.Error(err)
	}
	for range 5 {
		if got, code := generated(t, "--from", "testdata/schema.json"); code != 0 || got != string(want) {
			t.Fatalf("%d: not as in testdata/api.ts:\n%s", code, got)
		}
	}
	effect, err := os.ReadFile("testdata/effect.ts")
	if err != nil {
		t.Error(err)
	}
	if got, code := generated(t, "--effect", "--from", "testdata/schema.json"); code != 0 || got != string(effect) {
		t.Errorf("%d: not as in testdata/effect.ts:\n%s", code, got)
	}
	out := filepath.Join(t.TempDir(), "api.ts")
	if output, code := generated(t, "--from", server.URL+"/schema.json", "--out", out); code != 0 || output != "" {
		t.Fatal(output, code)
	}
	if got, err := os.ReadFile(out); err != nil || string(got) != string(want) {
		t.Errorf("%v: not as in testdata/api.ts:\n%s", err, got)
	}
	other := filepath.Join(t.TempDir(), "other.json")
	if err := os.WriteFile(other, []byte(`{"millrace":"push/2"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []struct {
		from, says string
		code       int
	}{
		{"", "--from", 2},
		{"nowhere.json", "nowhere.json", 1},
		{server.URL + "/nowhere", "404", 1},
		{"testdata/api.ts", "push.Hub.Schema", 1},
		{other, "push/2", 1},
	} {
		if output, code := generated(t, "--from", wrong.from); code != wrong.code || !strings.Contains(output, wrong.says) {
			t.Errorf("--from %q: %d %s", wrong.from, code, output)
		}
	}
}
