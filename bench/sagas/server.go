package sagas

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/internal/pgserver"
)

// starter starts a server.
type starter func(context.Context) (address string, end func() error, err error)

func kafka(ctx context.Context) (string, func() error, error) {
	server, err := servers.Kafka(ctx)
	if err != nil {
		return "", nil, err
	}
	return server.URL, server.Close, nil
}

// postgres starts a server with PostgreSQL's defaults and some settings.
func postgres(settings ...string) starter {
	return func(ctx context.Context) (string, func() error, error) {
		dir, err := os.MkdirTemp("", "bench-sagas")
		if err != nil {
			return "", nil, err //nolint:wrapcheck // a bench
		}
		if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec,mnd // for the server, which may be another user's
			return "", nil, errors.Join(err, os.RemoveAll(dir))
		}
		server, err := pgserver.Start(ctx, filepath.Join(dir, "pg"), settings...)
		if err != nil {
			return "", nil, errors.Join(err, os.RemoveAll(dir))
		}
		return server.URL, func() error {
			return errors.Join(server.Stop(context.WithoutCancel(ctx)), os.RemoveAll(dir))
		}, nil
	}
}
