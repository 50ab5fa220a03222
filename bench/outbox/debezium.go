package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/bench/process"
	"github.com/millrace/millrace/integration/servers"
)

const (
	askEvery    = 100 * time.Millisecond
	workerLimit = 5 * time.Minute // with the download of its jars
)

// debezium runs a Connect worker of its own with one connector: Debezium's defaults, and the options.
func debezium(options map[string]string) func(context.Context, work) (*process.Process, error) {
	return func(ctx context.Context, w work) (*process.Process, error) {
		config, err := w.connection()
		if err != nil {
			return nil, err
		}
		maps.Copy(config, w.router())
		maps.Copy(config, map[string]string{
			"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "tasks.max": "1", "plugin.name": "pgoutput",
			"slot.name": w.slot, "publication.name": w.name, "publication.autocreate.mode": "disabled",
			"table.include.list": "public." + w.name, "snapshot.mode": "no_data", "extended.headers.enabled": "false",
		})
		maps.Copy(config, options)
		port, err := freePort(ctx)
		if err != nil {
			return nil, err
		}
		_, file, _, _ := runtime.Caller(0)
		script := filepath.Join(filepath.Dir(file), "..", "..", "deploy", "kafka", "local", "connect.sh")
		p, err := process.Start(ctx, func(ctx context.Context) (*exec.Cmd, error) {
			cmd := exec.CommandContext(ctx, "bash", script, w.dir, strings.TrimPrefix(w.kafka, "kafka://"), port) //nolint:gosec // our own
			cmd.Env = append(os.Environ(), "CONNECT_FLUSH_MS=60000", "CONNECT_LOG=error")                         // the default
			return cmd, nil
		})
		if err != nil {
			return nil, err
		}
		if err := deploy(ctx, p, &servers.Server{URL: "http://127.0.0.1:" + port}, w.slot, config); err != nil {
			p.End()
			return nil, err
		}
		return p, nil
	}
}

// deploy waits for the worker, and hands it the connector.
func deploy(ctx context.Context, p *process.Process, worker *servers.Server, name string, config map[string]string) error {
	ctx, cancel := context.WithTimeout(ctx, workerLimit)
	defer cancel()
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		err := servers.Deploy(ctx, worker, name, config)
		if err == nil {
			return nil
		}
		if ended := p.Alive(); ended != nil {
			return ended
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("the Connect worker does not answer: %w", err), ctx.Err())
		case <-ticker.C:
		}
	}
}

func freePort(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err //nolint:wrapcheck // a bench
	}
	defer listener.Close()                                        //nolint:errcheck // the port was only looked up
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil //nolint:forcetypeassert // a TCP listener has a TCP address
}
