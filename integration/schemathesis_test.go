package integration_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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
	tool, err := installSchemathesis()
	servers.Require(t, err)
	answers := schemathesisAsks(t, tool, startPod(t).url).pass(t)
	if answers[removeEndpoint+" 204"] == 0 || answers[removeEndpoint+" 404"] == 0 {
		t.Errorf("it has removed no endpoint, or none that is not there: %v", answers)
	}
}

const removeEndpoint = "DELETE /hooks/endpoints/{id}"

// TestSchemathesisFindsFaults puts a fault before the shop that those alone meet who remove an endpoint that is there, and none.
func TestSchemathesisFindsFaults(t *testing.T) {
	t.Parallel()
	tool, err := installSchemathesis()
	servers.Require(t, err)
	shop, err := url.Parse(startPod(t).url)
	if err != nil {
		t.Fatal(err)
	}
	for status, want := range map[int]string{
		http.StatusNoContent: "", http.StatusAccepted: "Undocumented status code", http.StatusInternalServerError: "Server error",
	} {
		proxy := httputil.NewSingleHostReverseProxy(shop)
		proxy.ModifyResponse = func(r *http.Response) error {
			if r.Request.Method == http.MethodDelete && r.StatusCode == http.StatusNoContent {
				r.StatusCode = status
			}
			return nil
		}
		server := httptest.NewServer(proxy)
		t.Cleanup(server.Close)
		asked := schemathesisAsks(t, tool, server.URL, "--include-operation-id", "removeEndpoint", "--phases", "fuzzing")
		switch exit, failed := errors.AsType[*exec.ExitError](asked.err); {
		case want == "":
			asked.pass(t)
		case !failed || exit.ExitCode() != 1 || !strings.Contains(asked.said, want):
			t.Errorf("removed endpoints are answered %d, and it does not say %q: %v", status, want, asked.err)
		}
	}
}

// TestSchemathesisDerived lets it ask the routes that the bank has of its commands.
func TestSchemathesisDerived(t *testing.T) {
	t.Parallel()
	tool, err := installSchemathesis()
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
	schemathesisAsks(t, tool, server.URL).pass(t)
}

// asked is what schemathesis has done: how often which operation answered which status, what it says, and an error where it finds something.
type asked struct {
	answers map[string]int
	said    string
	err     error
}

// pass fails the test where it finds something, or has not asked.
func (a asked) pass(t *testing.T) map[string]int {
	t.Helper()
	if a.err != nil || len(a.answers) == 0 {
		t.Errorf("it finds something, or does not end: %v, after %v", a.err, a.answers)
	}
	return a.answers
}

// schemathesisAsks asks a server for its document, and then for what stands in it.
func schemathesisAsks(t *testing.T, tool, server string, args ...string) asked {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), schemathesisPatience)
	defer cancel()
	settings, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(ctx, tool, append([]string{
		"--config-file", filepath.Join(settings, "schemathesis.toml"), "run", server + "/openapi.json",
		"--checks", "all", "--seed", "20261130", "--max-examples", "100", "--workers", "1", "--no-color",
	}, args...)...)
	run.Dir = t.TempDir() // it keeps what it finds there
	run.Env = append(os.Environ(), "SCHEMATHESIS_HOOKS=schemathesis_hooks", "PYTHONPATH="+settings, "PYTHONDONTWRITEBYTECODE=1", "COLUMNS=140")
	output, err := run.CombinedOutput()
	t.Logf("%s\n%s", strings.Join(run.Args[1:], " "), output)
	a := asked{answers: map[string]int{}, said: string(output), err: err}
	written, _ := os.ReadFile(filepath.Join(run.Dir, "answers")) // not there where it has asked nothing
	for answer := range strings.Lines(string(written)) {
		a.answers[strings.TrimSpace(answer)]++
	}
	t.Logf("%v", a.answers)
	return a
}

// installSchemathesis makes a virtual environment of Python in the user's cache, unless there is one. Tests share it.
var installSchemathesis = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("schemathesis has nowhere to be: set XDG_CACHE_HOME: %w", err)
	}
	dir := filepath.Join(cache, "millrace", "schemathesis-"+schemathesis)
	tool := filepath.Join(dir, "bin", "schemathesis")
	if _, err := os.Stat(tool); err == nil {
		return tool, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), schemathesisPatience) // of no test: others wait for it too
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
})
