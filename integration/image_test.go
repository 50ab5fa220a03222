package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/millrace/millrace/integration/servers"
)

// docker runs a command of the client and returns what it printed.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "docker", args...).Output()
	if err != nil {
		var said []byte
		if exited, ok := err.(*exec.ExitError); ok { //nolint:errorlint // as Output returns it
			said = exited.Stderr
		}
		t.Fatalf("docker %s: %v %s", args[0], err, said)
	}
	return strings.TrimSpace(string(output))
}

// TestImage builds the image, runs it as manifests do, and places an order.
func TestImage(t *testing.T) {
	t.Parallel()
	if output, err := exec.CommandContext(t.Context(), "docker", "version").CombinedOutput(); err != nil {
		servers.Require(t, fmt.Errorf("no Docker daemon answers: %w: %s", err, output))
	}
	image := "millrace-test:" + uuid.NewString()[:8]
	build := exec.CommandContext(t.Context(), filepath.Join("..", "deploy", "image", "build.sh"), image)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build.sh: %v\n%s", err, output)
	}
	t.Cleanup(func() {
		_ = exec.CommandContext(context.WithoutCancel(t.Context()), "docker", "rmi", "-f", image).Run()
	})
	var about struct {
		User   string
		Labels map[string]string
	}
	if err := json.Unmarshal([]byte(docker(t, "image", "inspect", "-f", "{{json .Config}}", image)), &about); err != nil {
		t.Fatal(err)
	}
	if about.User != "65532:65532" || about.Labels["org.opencontainers.image.title"] != "millrace" ||
		about.Labels["org.opencontainers.image.revision"] == "" {
		t.Errorf("%+v", about)
	}
	name := "millrace-" + uuid.NewString()[:8]
	p := launch(t, exec.Command("docker", "run", "--rm", "--name", name, "--label", "com.github.millrace=integration", "--network", "host",
		"--read-only", "--user", "65532:65532", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
		"--env", "KAFKA_URL="+shared.Kafka(t).URL, "--env", "DATABASE_URL="+shared.Postgres(t).URL, "--env", "REDIS_URL="+shared.Redis(t).URL,
		image, "serve", "--http", "127.0.0.1:0", "--drain-delay", "10ms"))
	p.awaitReady(t)
	client := httpClient(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, path := range []string{"/livez", "/startupz", "/readyz"} {
		if got := (&seat{url: p.url, client: client}).ask(ctx, path); got != http.StatusOK {
			t.Errorf("%s: %d", path, got)
		}
	}
	events := stream(ctx, t, client, p.url)
	defer events.Body.Close()
	id := "order-" + uuid.NewString()
	if got := place(ctx, client, p.url, id); got != http.StatusCreated {
		t.Fatalf("POST /orders: %d", got)
	}
	if missing := awaitOnStream(events, map[string]bool{id: true}); len(missing) > 0 {
		t.Error("the order is not on the event stream")
	}
	if written := docker(t, "diff", name); written != "" {
		t.Errorf("it wrote to its file system:\n%s", written)
	}
	bill := filepath.Join(t.TempDir(), "sbom.json")
	docker(t, "cp", name+":/usr/share/sbom/millrace.cdx.json", bill)
	holdBill(t, bill)
}
