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

// row is the record as values for the columns.
func (w *Writer) row(r bus.Record) ([]any, error) {
	refuse := func(text string, args ...any) ([]any, error) {
		return nil, resilience.Permanent(fmt.Errorf("%w: %s: %w", ErrMessage, r.Topic, fmt.Errorf(text, args...)))
	}
	if w.err != nil {
		return nil, resilience.Permanent(w.err)
	}
	id, err := uuid.Parse(r.ID())
	if err != nil {
		return refuse("the id must be a UUID")
	}
	aggregate, found := strings.CutPrefix(string(r.Topic), bus.TopicPrefix)
	if !found || aggregate == "" {
		return refuse("an outbox routes by aggregate to %s<aggregate>; define the contract without InTopic", bus.TopicPrefix)
	}
	if r.Key == nil {
		return refuse("the key must not be null")
	}
	if err := w.table.carries(r); err != nil {
		return refuse("%w", err)
	}
	row := make([]any, len(columns))
	row[0], row[1], row[2], row[4] = id.String(), aggregate, string(r.Key), w.payload(r)
	for _, header := range r.Headers {
		if header.Value == nil || slices.Contains(implied, header.Key) {
			continue
		}
		at := column(header.Key)
		if at < 0 {
			return refuse("header %q has no column", header.Key)
		}
		if !isText(header.Value) {
			return refuse("header %q must be UTF-8 text without zero bytes", header.Key)
		}
		row[at] = string(header.Value)
	}
	if row[3] == nil {
		return refuse("the event has no type")
	}
	return row, nil
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
		return errors.New("the key must be UTF-8 text without zero bytes")
	}
	if r.Value == nil || t.payload == Bytes {
		return nil
	}
	if t.payload != Text {
		switch {
		case !strings.Contains(r.ContentType(), "json"):
			return fmt.Errorf("a %s column takes JSON only, not %s; see outbox.PayloadAs", t.payload, r.ContentType())
		case !json.Valid(r.Value):
			return fmt.Errorf("a %s column takes JSON only, which the payload is not", t.payload)
		}
	}
	if !isText(r.Value) || (t.payload == JSONB && bytes.Contains(r.Value, []byte(`\u0000`))) {
		return fmt.Errorf("a %s column takes UTF-8 text without zero bytes only; see outbox.PayloadAs", t.payload)
	}
	return nil
}

func isText(b []byte) bool { return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 }
