package servers

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/internal/pgserver"
)

const (
	postgresImage = "postgres:17"
	postgresPort  = 5432
	postgresRole  = "millrace"
)

// Postgres has a PostgreSQL server with wal_level = logical and a role that may replicate. A process needs PostgreSQL's
// server programs, version 14 or newer.
func Postgres(ctx context.Context) (*Server, error) {
	return kind{name: "PostgreSQL", variable: "DATABASE_URL", docker: postgresContainer, process: postgresProcess}.start(ctx)
}

func postgresContainer(ctx context.Context) (*Server, error) {
	d, err := findDaemon(ctx)
	if err != nil {
		return nil, err
	}
	password := rand.Text()
	return d.run(ctx, image{
		name: imageOf("MILLRACE_POSTGRES_IMAGE", postgresImage),
		command: []string{
			"postgres", "-c", "wal_level=logical", "-c", "max_replication_slots=80", "-c", "max_wal_senders=80", "-c", "fsync=off",
		},
		env:  map[string]string{"POSTGRES_USER": postgresRole, "POSTGRES_PASSWORD": password},
		port: postgresPort,
	}, func(at string) string {
		u := url.URL{
			Scheme: "postgres", User: url.UserPassword(postgresRole, password), Host: at, Path: "/" + postgresRole,
			RawQuery: "sslmode=disable",
		}
		return u.String()
	}, askPostgres)
}

func postgresProcess(ctx context.Context) (*Server, error) {
	dir, err := os.MkdirTemp("", "millrace-server")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	server, err := pgserver.Start(ctx, filepath.Join(dir, "pg"), "fsync=off", "max_replication_slots=80", "max_wal_senders=80")
	if err != nil {
		var said tail
		if text, unread := os.ReadFile(filepath.Join(dir, "pg", "postgres.log")); unread == nil {
			_, _ = said.Write(text) // it cannot fail
			err = errors.Join(err, errors.New(said.lastWords()))
		}
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Server{URL: server.URL, end: func() error {
		return errors.Join(server.Stop(context.WithoutCancel(ctx)), os.RemoveAll(dir))
	}}, nil
}
