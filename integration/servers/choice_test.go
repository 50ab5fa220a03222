package servers_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/millrace/millrace/integration/servers"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("MILLRACE_SERVERS", "")
	for variable, start := range map[string]func(context.Context) (*servers.Server, error){
		"KAFKA_URL": servers.Kafka, "DATABASE_URL": servers.Postgres, "REDIS_URL": servers.Redis,
		"S3_URL": servers.S3, "SCHEMA_REGISTRY_URL": servers.Schemas,
	} {
		t.Setenv(variable, "scheme://elsewhere:1")
		server, err := start(t.Context())
		if err != nil || server.URL != "scheme://elsewhere:1" || server.Way != servers.Environment {
			t.Fatalf("%s: %v, %v", variable, server, err)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMissing(t *testing.T) {
	broken := t.TempDir()
	script := "#!/bin/sh\nfor i in 1 2 3; do echo line $i; done; echo 'no memory is left' >&2; exit 3\n"
	if err := os.WriteFile(filepath.Join(broken, "redis-server"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, way, path string
		want            []string
	}{
		{"unknown way", "dockr", broken, []string{`MILLRACE_SERVERS is "dockr"`, "environment, docker or process"}},
		{"no address", "environment", broken, []string{"REDIS_URL is not set"}},
		{"no program", "process", t.TempDir(), []string{"process: install redis-server"}},
		{"ends at once", "process", broken, []string{"redis-server ended: exit status 3", "last words", "line 3", "no memory is left"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("MILLRACE_SERVERS", test.way)
			t.Setenv("REDIS_URL", "")
			t.Setenv("PATH", test.path)
			server, err := servers.Redis(t.Context())
			if err == nil {
				t.Fatalf("there is a server: %v, %v", server, server.Close())
			}
			if !errors.Is(err, servers.ErrMissing) {
				t.Errorf("of no kind: %v", err)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v; want it to say %q", err, part)
				}
			}
		})
	}
}

func TestShared(t *testing.T) {
	t.Setenv("REDIS_URL", "")
	var shared servers.Shared
	server := shared.Redis(t)
	t.Run("another test", func(t *testing.T) {
		if again := shared.Redis(t); again != server {
			t.Error("it was started twice")
		}
	})
	if err := shared.Close(); err != nil {
		t.Fatal(err)
	}
	gone(t, server.URL)
}
