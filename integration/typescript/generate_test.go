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
func compiled(t *testing.T, tsc, program, types string) (dir, output string, err error) {
	t.Helper()
	dir = t.TempDir()
	own, err := filepath.Abs(client)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(own, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`{"compilerOptions": {"strict": true, "target": "ES2022", "lib": ["ES2022", "DOM"], "types": [],
		"module": "NodeNext", "moduleResolution": "NodeNext", "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true,
		"outDir": "dist", "rootDir": ".", "paths": {"@millrace/client": [%q]}}}`, filepath.Join(own, "dist", "index.d.ts"))
	for name, text := range map[string]string{
		"tsconfig.json": config, "package.json": `{"type": "module"}`, "program.ts": program, "api.ts": types,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	output, err = try(t, dir, nil, tsc, "-p", ".")
	return dir, output, err
}

// generator is the program that generates.
func generator(t *testing.T) string {
	t.Helper()
	millrace := filepath.Join(t.TempDir(), "millrace")
	run(t, ".", nil, "go", "build", "-o", millrace, "github.com/millrace/millrace/cmd/millrace")
	return millrace
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
	millrace := generator(t)
	program := read(t, filepath.Join(client, "test", "types", "program.ts"))
	s := newStage(t)
	types := run(t, ".", nil, millrace, "generate", "ts", "--from", s.URL+"/schema")
	if _, output, err := compiled(t, tsc, program, types); err != nil {
		t.Fatalf("%v\n%s\n%s", err, output, types)
	}
	for _, golden := range []string{"../../cmd/millrace/testdata/api.ts", "../../cmd/millrace/testdata/effect.ts"} {
		if _, output, err := compiled(t, tsc, "", read(t, golden)); err != nil {
			t.Errorf("%s: %v\n%s", golden, err, output)
		}
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
	_, output, err := compiled(t, tsc, program, types)
	if err == nil || !strings.Contains(output, "program.ts(8,") || !strings.Contains(output, "'text'") {
		t.Errorf("a field that is gone: %v\n%s", err, output)
	}
}

// TestGeneratedEffect builds a program on the group that a hub's schema gives, and runs it with Effect's RPC client.
func TestGeneratedEffect(t *testing.T) {
	t.Parallel()
	tsc := filepath.Join(build(t), "tsc")
	s := newStage(t)
	types := run(t, ".", nil, generator(t), "generate", "ts", "--effect", "--from", s.URL+"/schema")
	dir, output, err := compiled(t, tsc, read(t, filepath.Join(client, "test", "types", "effect.ts")), types)
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, output, types)
	}
	got := run(t, dir, nil, "node", "--experimental-websocket", "--no-warnings", "dist/program.js", strings.Replace(s.URL, "http", "ws", 1)+"/socket")
	if want := `[3,"ann",[0,1,2],409,"Failure"]`; strings.TrimSpace(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
