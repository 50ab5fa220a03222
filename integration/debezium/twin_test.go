package debezium_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
)

// twin is a table whose rows both publish under one configuration. § stands for its name, which is its slots', its
// publications' and its connector's as well.
type twin struct {
	name    string
	before  []string          // statements
	columns string            // of the table; without them it is the usual one, with a payload of the type named last
	payload string            // the type
	config  map[string]string // beside what every connector needs; "router." is the transformation's prefix
	topics  []string
	table   func(twin)        // makes the table and the publication otherwise
	write   func(twin)        // writes beside rows
	rows    []string          // statements; each is a transaction of its own
	wants   int               // records that both publish
	alike   bool              // Debezium adds no headers of its own, so of two equal records one is its
	kept    map[string]string // values by the row's id, which only the relay publishes
}

// stage is what the twins of one test run on.
type stage struct {
	*testing.T
	bus    *bus.Bus
	logger *slog.Logger
	pool   *pgxpool.Pool
	url    string
	worker *servers.Server
	run    string // makes names of this run
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{T: t, worker: shared.Connect(t), url: shared.Postgres(t).URL, run: "t" + uuid.NewString()[:6]}
	s.logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	var err error
	if s.bus, err = bus.Open(t.Context(), shared.Kafka(t).URL, bus.Logger(s.logger)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.bus.Close() })
	if s.pool, err = pgxpool.New(t.Context(), s.url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.pool.Close)
	t.Cleanup(s.drop)
	return s
}

func (s *stage) named(w twin, text string) string {
	return strings.ReplaceAll(text, "§", s.run+"_"+w.name)
}

// prepare makes table, publication and topics.
func (s *stage) prepare(w twin) {
	s.Helper()
	if w.table != nil {
		w.table(w)
	} else {
		s.usualTable(w)
	}
	for _, topic := range w.topics {
		// Records of the past are among them.
		spec := bus.TopicSpec{Name: bus.Topic(s.named(w, topic)), Partitions: 3, Configs: map[string]string{"retention.ms": "-1"}}
		if err := s.bus.Create(s.Context(), spec); err != nil {
			s.Fatal(err)
		}
	}
}

func (s *stage) usualTable(w twin) {
	s.Helper()
	columns := w.columns
	if columns == "" {
		columns = "id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text, type text, payload " + w.payload
	}
	for _, statement := range w.before {
		s.exec(s.named(w, statement))
	}
	s.exec(s.named(w, "CREATE TABLE § ("+columns+")"))
	s.exec(s.named(w, "CREATE PUBLICATION § FOR TABLE § WITH (publish = 'insert')"))
}

func (s *stage) exec(statement string) {
	s.Helper()
	if _, err := s.pool.Exec(s.Context(), statement); err != nil {
		s.Fatalf("%.300s: %v", statement, err)
	}
}

// config is the connector's, and the relay's.
func (s *stage) config(w twin) map[string]string {
	at, err := url.Parse(s.url)
	if err != nil {
		s.Fatal(err)
	}
	password, _ := at.User.Password()
	config := map[string]string{
		"connector.class": "io.debezium.connector.postgresql.PostgresConnector", "tasks.max": "1", "plugin.name": "pgoutput",
		"database.hostname": at.Hostname(), "database.port": at.Port(), "database.user": at.User.Username(),
		"database.password": password, "database.dbname": strings.TrimPrefix(at.Path, "/"),
		"topic.prefix": "§", "slot.name": "§_d", "publication.name": "§_d", "publication.autocreate.mode": "filtered",
		"table.include.list": "public.§", "message.prefix.include.list": "§", "snapshot.mode": "no_data", "tombstones.on.delete": "false",
		"poll.interval.ms": "20",
		"key.converter":    stringConverter, "value.converter": stringConverter,
		"transforms": "router", "transforms.router.type": "io.debezium.transforms.outbox.EventRouter",
	}
	for key, value := range w.config {
		if option, ok := strings.CutPrefix(key, "router."); ok {
			key = "transforms.router." + option
		}
		config[key] = value
	}
	for key, value := range maps.Clone(config) {
		config[key] = s.named(w, value)
	}
	return config
}

// deploy starts the connector and returns when its slot is read.
func (s *stage) deploy(w twin) {
	s.Helper()
	name := s.named(w, "§")
	if err := servers.Deploy(s.Context(), s.worker, name, s.config(w)); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if err := servers.Withdraw(context.WithoutCancel(s.Context()), s.worker, name); err != nil {
			s.Error(err)
		}
	})
}

// drop gives the slots of the run back when nobody reads them any more.
func (s *stage) drop() {
	ctx := context.WithoutCancel(s.Context())
	s.until("the slots are free", func() bool {
		_, err := s.pool.Exec(ctx, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE starts_with(slot_name, $1)", s.run)
		return err == nil
	})
}

// connectorJSON is the configuration as a file for the relay.
func (s *stage) connectorJSON(w twin) []byte {
	data, err := json.Marshal(map[string]any{"name": w.name, "config": s.config(w)})
	if err != nil {
		s.Fatal(err)
	}
	return data
}

const patience = 90 * time.Second

// until polls what nothing tells of.
func (s *stage) until(what string, done func() bool) {
	s.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for limit := time.After(patience); !done(); {
		select {
		case <-ticker.C:
		case <-limit:
			s.Fatalf("not in time: %s", what)
		}
	}
}
