package main

import (
	"testing"

	"github.com/millrace/millrace/bus"
)

func TestSidesWriteTheSame(t *testing.T) {
	t.Parallel()
	encode, err := newRecorder(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bare, err := encode.record("t", 7)
	if err != nil {
		t.Fatal(err)
	}
	own, err := bus.Encode(t.Context(), event("t").New(newPayload(7)))
	if err != nil {
		t.Fatal(err)
	}
	if string(bare.Key) != string(own[0].Key) || string(bare.Value) != string(own[0].Value) || len(bare.Value) != payloadSize {
		t.Fatalf("%s %s and %s %s", bare.Key, bare.Value, own[0].Key, own[0].Value)
	}
	if len(bare.Headers) != len(own[0].Headers) {
		t.Fatalf("%d and %d headers", len(bare.Headers), len(own[0].Headers))
	}
}
