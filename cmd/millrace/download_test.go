package main_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// reachable skips the test where Maven Central is out of reach, or fails it where MILLRACE_REQUIRE_SERVERS is set.
func reachable(t *testing.T) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, "https://repo1.maven.org/maven2/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := httpClient(t).Do(request)
	if err == nil {
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		return
	}
	if os.Getenv("MILLRACE_REQUIRE_SERVERS") != "" {
		t.Fatalf("Maven Central is required: %v", err)
	}
	t.Skipf("SKIPPED, Maven Central is out of reach: %v", err)
}

// TestDevDownloadsPostgres starts dev where PostgreSQL is not installed, twice: the second time nothing is downloaded.
func TestDevDownloadsPostgres(t *testing.T) {
	t.Parallel()
	reachable(t)
	programs := filepath.Join(openDirectory(t), "programs")
	client := httpClient(t)
	for _, downloads := range []bool{true, false} {
		p := launch(t, nil, "--ephemeral", "--postgres", programs).awaitReady(t)
		if got := strings.Contains(p.output(), "downloading it, once, to "+programs); got != downloads {
			t.Errorf("it downloads: %t, want %t", got, downloads)
		}
		if got := place(t.Context(), client, p.at(t, "shop"), "order-1"); got != http.StatusCreated {
			t.Errorf("POST /orders: %d", got)
		}
		awaitEvents(t, p.at(t, "kafka"), map[string]bool{"order-1": true})
		if err := p.signal(t, syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	}
	if left, err := filepath.Glob(programs + ".*"); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// TestDownloadRefusesOtherFiles has a mirror that sends something else, and one that has nothing.
func TestDownloadRefusesOtherFiles(t *testing.T) {
	t.Parallel()
	mirror := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/empty/") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte("something else"))
	}))
	t.Cleanup(mirror.Close)
	for path, says := range map[string]string{"/other": "SHA-256", "/empty": "404"} {
		programs := filepath.Join(openDirectory(t), "programs")
		p := launch(t, func(cmd *exec.Cmd) { cmd.Env = environment("MILLRACE_MAVEN=" + mirror.URL + path) },
			"--ephemeral", "--postgres", programs)
		<-p.exited
		for _, text := range []string{says, "DATABASE_URL", "MILLRACE_MAVEN"} {
			if !strings.Contains(p.output(), text) {
				t.Errorf("%s: no %q", path, text)
			}
		}
		if _, err := os.Stat(programs); err == nil {
			t.Errorf("%s: something was unpacked", path)
		}
	}
}
