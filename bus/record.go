package bus

import (
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Partition is the number of a topic's partition.
type Partition int32

// Header is one Kafka record header. A nil value differs from an empty one.
type Header struct {
	Key   string
	Value []byte
}

// Headers are a record's headers in their order; a key may occur more than once.
type Headers []Header

// headersOf shows the client's headers as ours, and kafkaHeaders ours as the client's: the types differ in name alone,
// which the compiler checks, and nothing is copied.
func headersOf(headers []kgo.RecordHeader) Headers {
	if len(headers) == 0 {
		return nil
	}
	return unsafe.Slice((*Header)(&headers[0]), len(headers)) //nolint:gosec // a slice of the same elements
}

func kafkaHeaders(headers Headers) []kgo.RecordHeader {
	if len(headers) == 0 {
		return nil
	}
	return unsafe.Slice((*kgo.RecordHeader)(&headers[0]), len(headers)) //nolint:gosec // a slice of the same elements
}

// Get returns the value of the last header with that key.
func (h Headers) Get(key string) (string, bool) {
	for _, header := range slices.Backward(h) {
		if header.Key == key {
			return string(header.Value), true
		}
	}
	return "", false
}

// Record is one Kafka record as it is on the wire. Offset and Time are the broker's when it was read.
// A nil Key or Value differs from an empty one: a nil Value is a tombstone.
type Record struct {
	Topic     Topic
	Partition Partition
	Offset    int64
	Time      time.Time
	Key       []byte
	Value     []byte
	Headers   Headers

	schemas *schemas // of the bus that read it
	pinned  bool
}

// To is the record for that partition, which publishing then does not choose. One that the topic does not have is an
// error of the publishing.
func (r Record) To(p Partition) Record {
	r.Partition, r.pinned = p, true
	return r
}

// ID is the event's id: the header ce_id, or Debezium's id.
func (r Record) ID() string { return r.first(HeaderID, "id") }

// Type is the event's type: the header ce_type, or eventType, which many Debezium configurations use.
func (r Record) Type() string { return r.first(HeaderType, "eventType") }

// Source is the CloudEvents source, or empty.
func (r Record) Source() string { return r.first(HeaderSource) }

// Subject is the CloudEvents subject, or empty.
func (r Record) Subject() string { return r.first(HeaderSubject) }

// Tenant is the tenant that the event belongs to, or empty.
func (r Record) Tenant() string { return r.first(HeaderTenant) }

// ContentType is the media type of the value, or empty.
func (r Record) ContentType() string { return r.first(HeaderContentType) }

// Happened is the event's own time, or the record's where the event says none.
func (r Record) Happened() time.Time {
	if t, err := time.Parse(time.RFC3339Nano, r.first(HeaderTime)); err == nil {
		return t
	}
	return r.Time
}

// Message makes a message that is published as it stands: topic, key, value and headers are not touched.
// Partition and offset are chosen anew, the partition unless it is pinned; see [Record.To]. So is a time that is zero.
func (r Record) Message() Message {
	m := Message{verbatim: &r}
	if !r.Topic.valid() {
		m.err = &PublishError{Topic: r.Topic, ID: r.ID(), Err: ErrTopicName}
	}
	return m
}

func (r Record) first(keys ...string) string {
	for _, key := range keys {
		if v, ok := r.Headers.Get(key); ok && strings.TrimSpace(v) != "" {
			return v
		}
	}
	return ""
}
