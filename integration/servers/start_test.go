package servers_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck/s3"
	"github.com/millrace/millrace/integration/servers"
)

// TestStart runs in the way that the environment allows; continuous integration runs it in Docker and as processes.
func TestStart(t *testing.T) {
	kinds := []struct {
		name, variable string
		start          func(context.Context) (*servers.Server, error)
		check          func(context.Context, string) (string, error)
		want           string
	}{
		{"Kafka", "KAFKA_URL", servers.Kafka, kafkaTopics, ""},
		{"PostgreSQL", "DATABASE_URL", servers.Postgres, walLevel, "logical true"},
		{"Redis", "REDIS_URL", servers.Redis, evictionPolicy, "noeviction"},
		{"S3", "S3_URL", servers.S3, s3Bucket, "[]"},
		{"schema registry", "SCHEMA_REGISTRY_URL", servers.Schemas, schemaLanguages, "AVRO true"},
	}
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			dir := openDirectory(t)
			t.Setenv("TMPDIR", dir)
			t.Setenv(kind.variable, "")
			server, err := kind.start(t.Context())
			servers.Require(t, err)
			if server.Way == servers.Environment {
				t.Error("an empty address was taken for a server")
			}
			if got, err := kind.check(t.Context(), server.URL); err != nil || got != kind.want {
				t.Errorf("%q, %v; want %q", got, err, kind.want)
			}
			if err := server.Close(); err != nil {
				t.Error(err)
			}
			gone(t, server.URL)
			if err := server.Close(); err != nil {
				t.Errorf("a second Close: %v", err)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// gone fails the test if something listens at the address.
func gone(t *testing.T, address string) {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at.Host); err == nil {
		t.Errorf("%s answers after its end: %v", at.Host, conn.Close())
	}
}

// openDirectory is a directory that PostgreSQL's own user may enter, unlike t.TempDir.
func openDirectory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "servers") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func kafkaTopics(ctx context.Context, url string) (string, error) {
	b, err := bus.Open(ctx, url)
	if err != nil {
		return "", err
	}
	if _, err := b.Topics(ctx); err != nil {
		return "", err
	}
	return "", b.Close()
}

func walLevel(ctx context.Context, url string) (string, error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var level, replicates string
	err = conn.QueryRow(ctx, `SELECT current_setting('wal_level'), rolreplication::text FROM pg_roles WHERE rolname = current_user`).
		Scan(&level, &replicates)
	return level + " " + replicates, err
}

func evictionPolicy(ctx context.Context, url string) (string, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return "", err
	}
	client := redis.NewClient(options)
	defer client.Close()
	config, err := client.ConfigGet(ctx, "maxmemory-policy").Result()
	return config["maxmemory-policy"], err
}

func s3Bucket(ctx context.Context, url string) (string, error) {
	store, err := s3.New(url)
	if err != nil {
		return "", err
	}
	defer store.Close()
	keys := []string{}
	for object, err := range store.List(ctx, "") {
		if err != nil {
			return "", err
		}
		keys = append(keys, object.Key)
	}
	return fmt.Sprint(keys), store.Ping(ctx)
}

func schemaLanguages(ctx context.Context, url string) (string, error) {
	client, err := sr.NewClient(sr.URLs(url), sr.HTTPClient(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}))
	if err != nil {
		return "", err
	}
	languages, err := client.SupportedTypes(ctx)
	return fmt.Sprintf("AVRO %t", slices.Contains(languages, sr.TypeAvro)), err
}
