package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// implied are the headers that need no column: both ids are the column id, and a deadline ends with its transaction.
var implied = []string{bus.HeaderID, "id", "millrace-deadline"} //nolint:gochecknoglobals // a constant table

// topicPrefix marks an aggregatetype that is a topic as it stands, and not one that begins with [bus.TopicPrefix]. No
// topic has a colon in its name. The recommended connector takes the mark off with a RegexRouter.
const topicPrefix = "topic:"

// row is the record as values for the columns. What has no column of its own goes into the last one.
func (w *Writer) row(r bus.Record) ([]any, error) {
	refuse := func(text string, args ...any) ([]any, error) {
		return nil, resilience.Permanent(fmt.Errorf("%w: %s: %w", ErrMessage, r.Topic, fmt.Errorf(text, args...)))
	}
	if w.err != nil {
		return nil, resilience.Permanent(w.err)
	}
	if err := w.table.carries(r); err != nil {
		return refuse("%w", err)
	}
	if r.Pin() != 0 {
		return refuse("it is pinned to partition %d, for which there is no column; its key must choose", r.Partition)
	}
	row := make([]any, len(columns))
	row[4] = w.payload(r)
	if r.Key != nil {
		row[2] = string(r.Key)
	}
	row[1] = topicPrefix + string(r.Topic)
	if aggregate, found := strings.CutPrefix(string(r.Topic), bus.TopicPrefix); found && aggregate != "" {
		row[1] = aggregate
	}
	id, own := identify(r)
	row[0] = id.String()
	for _, header := range r.Headers {
		if slices.Contains(implied, header.Key) {
			continue
		}
		at := column(header.Key)
		switch {
		case at >= 0 && header.Value == nil:
		case at >= 0 && row[at] == nil && isText(header.Value):
			row[at] = string(header.Value)
		default:
			own = append(own, header)
		}
	}
	if len(own) > 0 {
		packed, err := own.Pack()
		if err != nil {
			return refuse("%w", err)
		}
		row[len(row)-1] = string(packed)
	}
	return row, nil
}

// identify returns the id for a row, which is a UUID. An event's id that is not one, in the form in which PostgreSQL
// writes them, gives one that is always the same, and is itself carried as a header.
func identify(r bus.Record) (uuid.UUID, bus.Headers) {
	text := r.ID()
	id, err := uuid.Parse(text)
	if err == nil && id.String() == text {
		return id, nil
	}
	if text == "" {
		return uuid.New(), nil
	}
	if err != nil {
		id = uuid.NewSHA1(uuid.NameSpaceOID, []byte(r.Source()+" "+text))
	}
	return id, bus.Headers{{Key: bus.HeaderID, Value: []byte(text)}}
}

func (w *Writer) payload(r bus.Record) any {
	switch {
	case r.Value == nil:
		return nil
	case w.table.payload == Bytes:
		return r.Value
	default:
		return string(r.Value)
	}
}

// carries says why the columns do not take the record, or nil. PostgreSQL itself would say so only by failing the
// whole transaction.
func (t table) carries(r bus.Record) error {
	if !isText(r.Key) {
		return errors.New("the key of an outbox is text, so it must be UTF-8 without zero bytes")
	}
	if r.Value == nil || t.payload == Bytes {
		return nil
	}
	switch {
	case t.logOnly && !utf8.Valid(r.Value):
		return errors.New("a message in the log alone is text, which the payload is not; use a table, with outbox.PayloadAs(outbox.Bytes)")
	case t.payload == Text, t.logOnly:
	case !json.Valid(r.Value):
		return fmt.Errorf("a %s column takes JSON only, which the payload of type %q is not; see outbox.PayloadAs", t.payload, r.ContentType())
	case t.payload == JSONB && !strings.Contains(r.ContentType(), "json"):
		return fmt.Errorf("a %s column would change a payload of type %q; see outbox.PayloadAs", t.payload, r.ContentType())
	}
	if t.payload == JSONB && !jsonbTakes(r.Value) {
		return errors.New("a jsonb column takes no zero bytes, halves of characters and numbers beyond numeric; see outbox.PayloadAs")
	}
	if !t.logOnly && !isText(r.Value) {
		return fmt.Errorf("a %s column takes UTF-8 text without zero bytes only; see outbox.PayloadAs", t.payload)
	}
	return nil
}

func isText(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }
