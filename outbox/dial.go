package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A server that has gone without a word is noticed by what its machine no longer acknowledges: after about ten seconds,
// also while it would have nothing to say for minutes.
const (
	dialLimit  = 10 * time.Second
	aliveAfter = 4 * time.Second
	aliveEvery = 2 * time.Second
	aliveTries = 3
	unackedFor = 10 * time.Second
)

func dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{
		Timeout:         dialLimit,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: aliveAfter, Interval: aliveEvery, Count: aliveTries},
		Control:         limitUnacknowledged,
	}
	return dialer.DialContext(ctx, network, address) //nolint:wrapcheck // wrapped by those who connect
}

// connect opens an ordinary connection under the application's name.
func connect(ctx context.Context, database *pgx.ConnConfig, name string) (*pgx.Conn, error) {
	config := database.Copy()
	config.DialFunc = dial
	config.RuntimeParams["application_name"] = name
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", explain(err))
	}
	return conn, nil
}

// openStream opens a connection that can replicate.
func openStream(ctx context.Context, database *pgconn.Config, name string) (*stream, error) {
	config := database.Copy()
	config.DialFunc = dial
	// The text of a value must not depend on how the database or the role is set up.
	maps.Copy(config.RuntimeParams, map[string]string{
		"replication": "database", "application_name": name, "client_encoding": "UTF8", "bytea_output": "hex", "TimeZone": "UTC",
		"DateStyle": "ISO, MDY", "IntervalStyle": "postgres", "extra_float_digits": "3",
	})
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect for replication: %w", explain(err))
	}
	s := &stream{conn: conn}
	if err := s.talks(ctx); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
}

// talks lets the server say something every half minute at least, whatever it is set up for.
func (s *stream) talks(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, `SELECT set_config('wal_sender_timeout', '1min', false) FROM pg_settings
		WHERE name = 'wal_sender_timeout' AND setting::int NOT BETWEEN 1 AND 60000`).ReadAll()
	if err != nil {
		return fmt.Errorf("set wal_sender_timeout: %w", explain(err))
	}
	return nil
}
