package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// The headers of the CloudEvents 1.0 Kafka protocol binding in binary content mode, and the tenant extension.
const (
	HeaderSpecVersion = "ce_specversion"
	HeaderID          = "ce_id"
	HeaderSource      = "ce_source"
	HeaderType        = "ce_type"
	HeaderTime        = "ce_time"
	HeaderSubject     = "ce_subject"
	HeaderDataSchema  = "ce_dataschema"
	HeaderTenant      = "ce_tenant"
	HeaderContentType = "content-type"
)

// Encode turns messages into records by the CloudEvents 1.0 Kafka binding, binary mode: the attributes are headers,
// the value is the payload alone. Tenant, request id and W3C trace context are taken from ctx: where [request.Info.Validate]
// refuses them, the message is refused too. An [Atomic] message
// gives the records of what it holds. The first error ends it; nothing has been sent then.
func Encode(ctx context.Context, msgs ...Message) ([]Record, error) {
	records := make([]Record, 0, len(msgs))
	carried := contextHeaders(ctx)
	for _, m := range msgs {
		for _, leaf := range m.leaves(nil) {
			record, err := leaf.record(carried)
			if err != nil {
				return nil, err
			}
			records = append(records, record)
		}
	}
	return records, nil
}

func (m *Message) record(carried carried) (Record, error) {
	switch {
	case m.err != nil:
		return Record{}, m.refused(m.err)
	case m.verbatim != nil:
		record := *m.verbatim
		record.Headers = slices.Clone(record.Headers) // telemetry puts its own into them
		return record, nil
	case m.contract == nil:
		return Record{}, m.refused(fmt.Errorf("%w: the message must be made by Event.New", ErrContract))
	}
	if carried.err != nil {
		return Record{}, m.refused(carried.err)
	}
	c := m.contract
	id, at, key := m.texts()
	headers := make(Headers, 0, len(c.attributes)+2+len(carried.headers)+len(m.headers))
	headers = append(append(headers, c.attributes...),
		Header{HeaderID, id},
		Header{HeaderTime, at},
	)
	headers = append(append(headers, carried.headers...), m.headers...)
	value, err := m.encode(headers)
	if err != nil {
		return Record{}, m.refused(fmt.Errorf("%w: %w", ErrEncode, err))
	}
	return Record{Topic: c.topic, Key: key, Value: value, Headers: headers, Time: m.time}, nil
}

// texts are the message's own short values, in one piece of memory.
func (m *Message) texts() (id, at, key []byte) {
	text := make([]byte, 0, len(m.id)+len(time.RFC3339Nano)+len(m.key))
	text = append(text, m.id...)
	text = append(text, m.key...)
	before := len(m.id) + len(m.key)
	text = m.time.UTC().AppendFormat(text, time.RFC3339Nano)
	return text[:len(m.id):len(m.id)], text[before:], text[len(m.id):before:before]
}

func (m *Message) refused(err error) error {
	if already, ok := errors.AsType[*PublishError](err); ok {
		return already
	}
	return &PublishError{Topic: m.topic(), ID: m.ID(), Err: err}
}

// carried is what every message of one call shares: headers of its request, or what is wrong with that. A tenant that
// nobody can read again would be taken for none.
type carried struct {
	headers Headers
	err     error
}

func contextHeaders(ctx context.Context) (c carried) {
	if err := request.From(ctx).Validate(); err != nil {
		c.err = resilience.Permanent(err)
	}
	request.Kafka().Inject(ctx, (*headerCarrier)(&c.headers))
	propagation.TraceContext{}.Inject(ctx, (*headerCarrier)(&c.headers))
	return c
}

type headerCarrier Headers

func (h *headerCarrier) Get(key string) string {
	value, _ := Headers(*h).Get(key)
	return value
}

func (h *headerCarrier) Set(key, value string) {
	*h = slices.DeleteFunc(*h, func(old Header) bool { return old.Key == key })
	*h = append(*h, Header{Key: key, Value: []byte(value)})
}

func (h *headerCarrier) Keys() []string {
	keys := make([]string, len(*h))
	for i, header := range *h {
		keys[i] = header.Key
	}
	return keys
}
