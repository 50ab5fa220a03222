package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/internal/pgtest"
)

// servePod runs a pod until the test ends, and says where.
func servePod(t *testing.T, kafka, database string, args ...string) (*process, string) {
	t.Helper()
	p := launch(t, func(cmd *exec.Cmd) {
		cmd.Args = append([]string{cmd.Path, "serve", "--http", "127.0.0.1:0", "--drain-delay", "10ms"}, args...)
		cmd.Env = environment("KAFKA_URL="+kafka, "DATABASE_URL="+database)
	}).awaitReady(t)
	return p, "http://" + regexp.MustCompile(`msg=ready http=(\S+)`).FindStringSubmatch(p.output())[1]
}

// statusOf is how a pod answers who has a token, or none.
func statusOf(t *testing.T, method, url, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := httpClient(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	return answer.StatusCode
}

// TestServeConsole serves without a file of tokens, and with one.
func TestServeConsole(t *testing.T) {
	t.Parallel()
	kafka, database := bustest.Broker(t), pgtest.Open(t)
	without, at := servePod(t, kafka, database)
	if got := statusOf(t, "GET", at+"/console/", ""); got != http.StatusNotFound || !strings.Contains(without.output(), "the console is not served") {
		t.Errorf("without tokens: %d\n%s", got, without.output())
	}
	if err := without.signal(t, syscall.SIGTERM); err != nil {
		t.Error(err)
	}

	line, secret, code := command(t, "", "console", "token", "ann", "--all-tenants")
	other, operator, _ := command(t, "", "console", "token", "olga", "--operator", "--all-tenants")
	file := filepath.Join(t.TempDir(), "console.tokens")
	if err := os.WriteFile(file, []byte(line+other), 0o600); err != nil || code != 0 {
		t.Fatal(err, code)
	}
	viewer, olga := secret[strings.LastIndex(secret, " ")+1:], operator[strings.LastIndex(operator, " ")+1:]
	with, at := servePod(t, kafka, database, "--console-tokens", file)
	for _, test := range []struct {
		method, path, token string
		want                int
	}{
		{"GET", "/console", "", http.StatusOK},
		{"GET", "/console/", "", http.StatusOK},
		{"GET", "/", "", http.StatusOK},
		{"GET", "/console/api/sections", "", http.StatusUnauthorized},
		{"GET", "/console/api/health", "made-up", http.StatusUnauthorized},
		{"GET", "/console/api/health", viewer, http.StatusOK},
		{"GET", "/console/api/shards", olga, http.StatusOK},
		{"POST", "/console/api/dead-letters/x/redrive", viewer, http.StatusForbidden},
		{"POST", "/console/api/dead-letters/x/redrive", olga, http.StatusNotFound},
	} {
		if got := statusOf(t, test.method, at+test.path, strings.TrimSpace(test.token)); got != test.want {
			t.Errorf("%s %s: %d, want %d", test.method, test.path, got, test.want)
		}
	}
	if err := with.signal(t, syscall.SIGTERM); err != nil || strings.Contains(with.output(), "level=ERROR") ||
		strings.Contains(with.output(), strings.TrimSpace(olga)) {
		t.Errorf("%v\n%s", err, with.output())
	}
	for _, whose := range [][]string{nil, {"--all-tenants", "--tenant", "acme"}} {
		if _, errs, code := command(t, "", append([]string{"console", "token", "ann"}, whose...)...); code != 2 ||
			!strings.Contains(errs, "--all-tenants") {
			t.Errorf("a token for %v: %d %s", whose, code, errs)
		}
	}
	for _, content := range []string{"", "ann king sha256:12"} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, errs, code := command(t, "", "serve", "--kafka", kafka, "--database", database, "--http", "127.0.0.1:0", "--console-tokens",
			file); code != 2 {
			t.Errorf("%q: %d %s", content, code, errs)
		}
	}
}
