package main

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

const (
	payloadSize = 200
	keys        = 1000
	partitions  = 6
	batchSize   = 1000
)

// payload is the event: 200 bytes of JSON.
type payload struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

func newPayload(i int) payload {
	key := strconv.Itoa(i % keys)
	return payload{Key: key, Text: strings.Repeat("x", payloadSize-len(`{"key":"","text":""}`)-len(key))}
}

// event defines the contract on a topic of its own.
func event(topic string) bus.Event[payload] {
	return bus.Define("bench.event.made", func(p payload) string { return p.Key }, bus.InTopic(bus.Topic(topic)))
}

// recorder makes the records that the bus writes, for the sides that have no encoding of their own: the payload is
// encoded for each, the headers are those of one record with the id and the time made anew.
type recorder struct {
	headers  []kgo.RecordHeader
	id, time int
}

func newRecorder(ctx context.Context) (*recorder, error) {
	records, err := bus.Encode(ctx, event("bench").New(newPayload(0)))
	if err != nil {
		return nil, err
	}
	r := &recorder{}
	for i, header := range records[0].Headers {
		r.headers = append(r.headers, kgo.RecordHeader{Key: header.Key, Value: header.Value})
		switch header.Key {
		case bus.HeaderID:
			r.id = i
		case bus.HeaderTime:
			r.time = i
		}
	}
	return r, nil
}

func (r *recorder) record(topic string, i int) (*kgo.Record, error) {
	p := newPayload(i)
	value, err := json.Marshal(p)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	headers := slices.Clone(r.headers)
	headers[r.id].Value = []byte(id.String())
	headers[r.time].Value = time.Now().UTC().AppendFormat(make([]byte, 0, len(time.RFC3339Nano)), time.RFC3339Nano)
	return &kgo.Record{Topic: topic, Key: []byte(p.Key), Value: value, Headers: headers}, nil
}
