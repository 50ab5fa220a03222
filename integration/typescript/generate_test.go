package typescript_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// compiled writes a program and the types that it needs to a folder of its own, and compiles them with all that strict means.
func compiled(t *testing.T, tsc, program, types string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	index, err := filepath.Abs(filepath.Join(client, "dist", "index.d.ts"))
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`{"compilerOptions": {"strict": true, "noEmit": true, "target": "ES2022", "lib": ["ES2022", "DOM"], "types": [],
		"module": "NodeNext", "moduleResolution": "NodeNext", "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true,
		"paths": {"@millrace/client": [%q]}}}`, index)
	for name, text := range map[string]string{
		"tsconfig.json": config, "package.json": `{"type": "module"}`, "program.ts": program, "api.ts": types,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return try(t, dir, nil, tsc, "-p", ".")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGenerated builds a client on the types that a hub's schema gives, and on those of a hub whose views have a field less.
func TestGenerated(t *testing.T) {
	t.Parallel()
	tsc := filepath.Join(build(t), "tsc")
	millrace := filepath.Join(t.TempDir(), "millrace")
	run(t, ".", nil, "go", "build", "-o", millrace, "github.com/millrace/millrace/cmd/millrace")
	program := read(t, filepath.Join(client, "test", "types", "program.ts"))
	s := newStage(t)
	types := run(t, ".", nil, millrace, "generate", "ts", "--from", s.URL+"/schema")
	if output, err := compiled(t, tsc, program, types); err != nil {
		t.Fatalf("%v\n%s\n%s", err, output, types)
	}
	const golden = "../../cmd/millrace/testdata/api.ts"
	if output, err := compiled(t, tsc, "", read(t, golden)); err != nil {
		t.Errorf("%s: %v\n%s", golden, err, output)
	}

	type shorter struct {
		N int `json:"n"`
	}
	hub, err := push.New(bustest.Open(t), push.Publishing(push.Define[shorter]("items"), blobs()), push.Describing(quiets()), s.offered())
	if err != nil {
		t.Fatal(err)
	}
	s.Config.Handler.(*http.ServeMux).Handle("/shorter", hub.Schema())
	types = run(t, ".", nil, millrace, "generate", "ts", "--from", s.URL+"/shorter")
	output, err := compiled(t, tsc, program, types)
	if err == nil || !strings.Contains(output, "program.ts(8,") || !strings.Contains(output, "'text'") {
		t.Errorf("a field that is gone: %v\n%s", err, output)
	}
}
