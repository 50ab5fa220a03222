package sides

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/millrace/millrace/bench/procfs"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/internal/pgserver"
)

// Starter starts a server.
type Starter func(context.Context) (address string, end func() error, err error)

// Kafka starts a broker.
func Kafka(ctx context.Context) (string, func() error, error) { return started(servers.Kafka(ctx)) }

// Redis starts a server with the settings of the integration tests.
func Redis(ctx context.Context) (string, func() error, error) { return started(servers.Redis(ctx)) }

func started(server *servers.Server, err error) (string, func() error, error) {
	if err != nil {
		return "", nil, err
	}
	return server.URL, server.Close, nil
}

// Postgres starts a server with PostgreSQL's defaults and some settings.
func Postgres(settings ...string) Starter {
	return func(ctx context.Context) (string, func() error, error) {
		dir, err := os.MkdirTemp("", "bench-sides")
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

// serverOf is the process of this machine that listens at the address, or 0.
func serverOf(address string) int {
	_, host, _ := strings.Cut(address, "://")
	at, err := url.Parse("any://" + cmp.Or(host, address))
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(at.Port())
	if ip := net.ParseIP(at.Hostname()); err != nil || at.Hostname() != "localhost" && !ip.IsLoopback() {
		return 0
	}
	pid, err := procfs.Listener(port)
	if err != nil {
		return 0
	}
	return pid
}
