package outbox

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Payload is the PostgreSQL type of the payload column.
type Payload string

const (
	// JSON keeps JSON text as it was written. It is the default.
	JSON Payload = "json"
	// JSONB is Debezium's usual choice: PostgreSQL reorders the fields.
	JSONB Payload = "jsonb"
	// Text takes any text.
	Text Payload = "text"
	// Bytes takes any payload, Protobuf and Avro too. A Debezium connector needs its BinaryDataConverter then.
	Bytes Payload = "bytea"
)

// TableOption names the outbox table and the inbox, for [Migrate], [In] and [InSQL] alike.
type TableOption interface{ applyTable(*table) }

type tableOption func(*table)

func (f tableOption) applyTable(t *table) { f(t) }

// Table is the table's name, with or without a schema. The default is "outboxevent". A relay needs it only where
// messages go by it, as with [LogOnly].
func Table(name string) NameOption {
	return nameOption{func(t *table) { t.name = name }, func(r *Relay) { r.table = name }}
}

const defaultTable = "outboxevent"

// PayloadAs is the type of the payload column. The default is [JSON].
func PayloadAs(p Payload) TableOption { return tableOption(func(t *table) { t.payload = p }) }

// Keep leaves the rows in the table, for inspection. Something else must delete them then.
func Keep() TableOption { return tableOption(func(t *table) { t.keep = true }) }

// LogOnly writes events into the write-ahead log alone, by pg_logical_emit_message, and needs no outbox table. Records
// are the same. [Table] then names the messages' prefix, which the relay must be told too. There is nothing to inspect or
// to recover from when a replication slot is lost; what is written before [Migrate] has made the slot, or in a database
// that is [Polled], is published by nobody. A payload must be UTF-8 text.
//
// A relay takes messages only when it is given the option too, and rows beside them. PostgreSQL lets every role of the
// database call pg_logical_emit_message, also one that may write to no table, and so publish what it likes, to any
// topic: REVOKE EXECUTE ON FUNCTION pg_logical_emit_message(boolean, text, text) FROM PUBLIC, and the other ones of that
// name, and grant it to those who may. The same goes for a Debezium connector with the recommended configuration.
func LogOnly() NameOption {
	return nameOption{func(t *table) { t.logOnly = true }, func(r *Relay) { r.logOnly = true }}
}

type table struct {
	name        string
	logOnly     bool
	mode        mode
	notifies    bool
	payload     Payload
	keep        bool
	slot        string
	publication string
	failover    bool
	inbox       string
	consumes    bool
}

// ErrTable is found in the error of options that name no usable table.
var ErrTable = errors.New("outbox: table")

var tablePattern = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$`)

func newTable(opts []TableOption) (table, error) {
	t := table{name: defaultTable, payload: JSON, slot: Publication, publication: Publication}
	for _, opt := range opts {
		opt.applyTable(&t)
	}
	if t.inbox == "" {
		schema, _, placed := strings.Cut(t.name, ".")
		t.inbox = "inboxevent"
		if placed {
			t.inbox = schema + "." + t.inbox
		}
	}
	for _, name := range []string{t.name, t.inbox} {
		if !tablePattern.MatchString(name) {
			return t, fmt.Errorf("%w: the name %q must be lower-case letters, digits and _, with at most one schema before a dot", ErrTable, name)
		}
	}
	if !slotPattern.MatchString(t.slot) || !publicationPattern.MatchString(t.publication) {
		return t, errNames(t.slot, t.publication)
	}
	switch {
	case t.logOnly && (t.keep || t.mode != asItIs || t.payload == JSONB || t.payload == Bytes):
		return t, fmt.Errorf("%w: LogOnly keeps text as it is and no rows; it does not go with Keep, Polled, Replicated, JSONB and Bytes", ErrTable)
	case slices.Contains([]Payload{JSON, JSONB, Text, Bytes}, t.payload):
		return t, nil
	default:
		return t, fmt.Errorf("%w: payload type %q must be json, jsonb, text or bytea", ErrTable, t.payload)
	}
}

// quote is a table's name as SQL takes it.
func quote(name string) string { return `"` + strings.ReplaceAll(name, ".", `"."`) + `"` }
