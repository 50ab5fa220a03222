package servers

import (
	"context"
	"errors"
	"sync"
	"testing"
)

// Shared holds the servers of one test binary. Its zero value is ready; each server is started when the first test asks
// for it. A test that asks for a server that cannot be had is skipped, or fails where MILLRACE_REQUIRE_SERVERS is set.
type Shared struct{ kafka, postgres, redis, s3, schemas, connect lazy }

// Kafka is a broker with address kafka://host:port.
func (s *Shared) Kafka(t testing.TB) *Server { t.Helper(); return s.kafka.get(t, Kafka) }

// Postgres is a PostgreSQL server with wal_level = logical.
func (s *Shared) Postgres(t testing.TB) *Server { t.Helper(); return s.postgres.get(t, Postgres) }

// Redis is a Redis server.
func (s *Shared) Redis(t testing.TB) *Server { t.Helper(); return s.redis.get(t, Redis) }

// S3 is an address of a bucket, as package s3 of claim checks takes it.
func (s *Shared) S3(t testing.TB) *Server { t.Helper(); return s.s3.get(t, S3) }

// Schemas is a registry with Confluent's API, whose address includes its path.
func (s *Shared) Schemas(t testing.TB) *Server { t.Helper(); return s.schemas.get(t, Schemas) }

// Connect is a Kafka Connect worker for [Shared.Kafka], with Debezium's PostgreSQL connector.
func (s *Shared) Connect(t testing.TB) *Server {
	t.Helper()
	kafka := s.Kafka(t).URL
	return s.connect.get(t, func(ctx context.Context) (*Server, error) { return Connect(ctx, kafka) })
}

// Close ends what was started. Call it when all tests have ended.
func (s *Shared) Close() error {
	return errors.Join(s.connect.close(), s.kafka.close(), s.postgres.close(), s.redis.close(), s.s3.close(), s.schemas.close())
}

type lazy struct {
	once   sync.Once
	server *Server
	err    error
}

func (l *lazy) get(t testing.TB, start func(context.Context) (*Server, error)) *Server {
	t.Helper()
	l.once.Do(func() {
		if l.server, l.err = start(context.WithoutCancel(t.Context())); l.err == nil {
			t.Logf("a server from %s", l.server.Way)
		}
	})
	Require(t, l.err)
	return l.server
}

func (l *lazy) close() error {
	if l.server == nil {
		return nil
	}
	return l.server.Close()
}
