package typescript_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/integration/servers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client is the folder of the client.
const client = "../../push/client"

const patience = time.Minute

// run runs a command in a folder, and fails the test with what it printed.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	output, err := try(t, dir, env, name, args...)
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, output)
	}
	return output
}

func try(t *testing.T, dir string, env []string, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, append(os.Environ(), env...), 5*time.Second
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// built is whether the client was built in this run.
var built sync.Once

// build builds the client, and returns the folder of its programs, tsc among them.
func build(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"node", "npm"} {
		_, err := exec.LookPath(name)
		servers.Require(t, err)
	}
	programs, err := filepath.Abs(filepath.Join(client, "node_modules", ".bin"))
	if err != nil {
		t.Fatal(err)
	}
	built.Do(func() {
		if stale(filepath.Join(client, "node_modules", ".package-lock.json"), filepath.Join(client, "package-lock.json")) {
			run(t, client, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		}
		run(t, client, nil, filepath.Join(programs, "tsc"), "-p", "tsconfig.json")
	})
	if _, err := os.Stat(filepath.Join(client, "dist", "index.js")); err != nil {
		t.Fatal("the client is not built")
	}
	return programs
}

// stale says whether a file is missing, or older than what it is made from.
func stale(made, from string) bool {
	at, err := os.Stat(made)
	if err != nil {
		return true
	}
	source, err := os.Stat(from)
	return err != nil || at.ModTime().Before(source.ModTime())
}

// node runs Node's test runner on files of the client's tests.
func node(t *testing.T, env []string, files ...string) {
	t.Helper()
	args := append([]string{"--experimental-websocket", "--test", "--test-reporter=spec"}, files...)
	t.Log(run(t, client, env, "node", args...))
}

func TestClient(t *testing.T) {
	t.Parallel()
	build(t)
	files, err := filepath.Glob(filepath.Join(client, "test", "unit", "*.test.mjs"))
	if err != nil || len(files) == 0 {
		t.Fatal("no tests", err)
	}
	for i, file := range files {
		if files[i], err = filepath.Rel(client, file); err != nil {
			t.Fatal(err)
		}
	}
	node(t, nil, files...)
}
