package integration_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/examples/bank"
	"github.com/millrace/millrace/httpapi/operations/durable"
	"github.com/millrace/millrace/integration/servers"
)

// schemathesis is the version that looks at the shop; its dependencies are those of the day.
const schemathesis = "4.32.5"

// schemathesisPatience is how long it may be installed, and may look.
const schemathesisPatience = 8 * time.Minute

// TestSchemathesis lets schemathesis ask a shop whatever its OpenAPI document allows and forbids: each answer must be as the document says.
func TestSchemathesis(t *testing.T) {
	t.Parallel()
	tool, err := installSchemathesis(t)
	servers.Require(t, err)
	schemathesisAsks(t, tool, startPod(t).url)
}

// TestSchemathesisDerived lets it ask the routes that the bank has of its commands.
func TestSchemathesisDerived(t *testing.T) {
	t.Parallel()
	tool, err := installSchemathesis(t)
	servers.Require(t, err)
	b := bustest.Open(t)
	if err := b.Create(t.Context(), bus.TopicSpec{Name: "bank.deposits", Partitions: 4}); err != nil {
		t.Fatal(err)
	}
	group, err := bank.NewGroup(b)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := bank.Routes(group, slog.New(slog.NewTextHandler(t.Output(), nil)), func(context.Context, durable.Access) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- group.Run(ctx) }()
	server := httptest.NewServer(routes)
	t.Cleanup(func() {
		server.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
		if _, err := group.Nodes(); err == nil {
			break
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	schemathesisAsks(t, tool, server.URL)
}

// schemathesisAsks asks a server for its document, and then for what stands in it.
func schemathesisAsks(t *testing.T, tool, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), schemathesisPatience)
	defer cancel()
	settings, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(ctx, tool, "--config-file", filepath.Join(settings, "schemathesis.toml"), "run", url+"/openapi.json",
		"--checks", "all", "--seed", "20261130", "--max-examples", "100", "--workers", "1", "--no-color")
	run.Dir = t.TempDir() // it keeps what it finds there
	run.Env = append(os.Environ(), "SCHEMATHESIS_HOOKS=schemathesis_hooks", "PYTHONPATH="+settings, "PYTHONDONTWRITEBYTECODE=1", "COLUMNS=140")
	output, err := run.CombinedOutput()
	t.Logf("%s\n%s", strings.Join(run.Args[1:], " "), output)
	if err != nil {
		t.Errorf("it finds something, or does not end: %v", err)
	}
}

// installSchemathesis makes a virtual environment of Python in the user's cache, unless there is one.
func installSchemathesis(t *testing.T) (string, error) {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	dir := filepath.Join(cache, "millrace", "schemathesis-"+schemathesis)
	tool := filepath.Join(dir, "bin", "schemathesis")
	if _, err := os.Stat(tool); err == nil {
		return tool, nil
	}
	ctx, cancel := context.WithTimeout(t.Context(), schemathesisPatience)
	defer cancel()
	for _, command := range [][]string{
		{"python3", "-m", "venv", "--clear", dir},
		{filepath.Join(dir, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "schemathesis==" + schemathesis},
	} {
		if output, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
			return "", errors.Join(fmt.Errorf("%s: %w: %s", command[0], err, output), os.RemoveAll(dir))
		}
	}
	return tool, nil
}
