package outbox

import (
	"context"
	"net/url"
	"strings"

	"github.com/millrace/millrace/bench/process"
)

// work is what a side is told: where it reads and where to.
type work struct {
	kafka, database string
	slot            string
	name            string // of the table and the publication
	topic           string
	dir             string
}

// side is a program under test, in a process of its own.
type side struct {
	name, variant, slot string
	quick               bool
	start               func(ctx context.Context, w work) (*process.Process, error)
}

func (s side) String() string { return strings.TrimSpace(s.name + " " + s.variant) }

func sides() []side {
	tuned := map[string]string{"poll.interval.ms": "1", "max.batch.size": "20480", "max.queue.size": "81920"}
	return []side{
		{name: "millrace", slot: "millrace", quick: true, start: startRelay},
		{name: "debezium", variant: "defaults", slot: "defaults", start: debezium(nil)},
		{name: "debezium", variant: "tuned", slot: "tuned", quick: true, start: debezium(tuned)},
	}
}

// router is the configuration of both: Debezium's defaults, with a topic of the turn's own.
func (w work) router() map[string]string {
	const converter = "org.apache.kafka.connect.storage.StringConverter"
	return map[string]string{
		"topic.prefix": w.name, "key.converter": converter, "value.converter": converter,
		"transforms": "outbox", "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
		"transforms.outbox.route.topic.replacement": w.topic,
	}
}

// connection is the database for a connector.
func (w work) connection() (map[string]string, error) {
	at, err := url.Parse(w.database)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	password, _ := at.User.Password()
	port := at.Port()
	if port == "" {
		port = "5432"
	}
	return map[string]string{
		"database.hostname": at.Hostname(), "database.port": port, "database.user": at.User.Username(),
		"database.password": password, "database.dbname": strings.TrimPrefix(at.Path, "/"),
	}, nil
}
