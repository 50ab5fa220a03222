package main

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

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
// encoded for each, the headers are those of one record with the id made anew.
type recorder struct {
	headers []kgo.RecordHeader
	id      int
}

func newRecorder(ctx context.Context) (*recorder, error) {
	records, err := bus.Encode(ctx, event("bench").New(newPayload(0)))
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	r := &recorder{}
	for i, header := range records[0].Headers {
		r.headers = append(r.headers, kgo.RecordHeader{Key: header.Key, Value: header.Value})
		if header.Key == bus.HeaderID {
			r.id = i
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
	return &kgo.Record{Topic: topic, Key: []byte(p.Key), Value: value, Headers: headers}, nil
}
