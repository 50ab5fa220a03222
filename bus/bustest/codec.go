package bustest

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
)

// Codec checks what package bus asks of a codec, with payloads that differ from each other, and runs a contract of it on
// a bus: verified, published, tailed and handled. same says whether two payloads are equal.
func Codec[T any](t *testing.T, open func(testing.TB) *bus.Bus, codec bus.Codec[T], same func(a, b T) bool, payloads ...T) {
	t.Helper()
	schema, err := codec.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if changes, err := codec.Compare(schema, schema); err != nil || len(changes) > 0 {
		t.Errorf("the schema differs from itself: %v, %v", changes, err)
	}
	encoded := make([][]byte, len(payloads))
	for i, payload := range payloads {
		if encoded[i], err = codec.Encode(payload); err != nil {
			t.Fatal(err)
		}
	}
	for i, payload := range payloads {
		if again, err := codec.Encode(payload); err != nil || !bytes.Equal(again, encoded[i]) {
			t.Errorf("payload %d: its bytes were changed by a later call, or are others each time: %v", i, err)
		}
		data := bytes.Clone(encoded[i])
		back, err := codec.Decode(data)
		clear(data)
		if err != nil || !same(back, payload) {
			t.Errorf("payload %d came back as %v, %v", i, back, err)
		}
		for length := range encoded[i] {
			_, _ = codec.Decode(encoded[i][:length]) // an error or a payload, but no panic
		}
	}
	runContract(t, open(t), codec, same, payloads)
}

func runContract[T any](t *testing.T, b *bus.Bus, codec bus.Codec[T], same func(a, b T) bool, payloads []T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	id := strings.ToLower(uuid.NewString()[:8])
	event := bus.Define("conformance.a"+id+".coded", func(T) string { return id }, bus.Encoding(codec), bus.Partitions(1))
	if err := b.Verify(ctx, event); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(ctx, event); err != nil {
		t.Errorf("verified once, the contract is refused: %v", err)
	}
	for _, payload := range payloads {
		if err := b.Publish(ctx, event.New(payload)).Err(); err != nil {
			t.Fatal(err)
		}
	}
	next := 0
	for received, err := range bus.Tail(ctx, b, event, bus.Earliest, bus.UntilEnd()) {
		if err != nil || next == len(payloads) || !same(received.Value, payloads[next]) {
			t.Fatalf("payload %d was read as %v, %v", next, received.Value, err)
		}
		if got := received.Record.ContentType(); got != codec.ContentType() {
			t.Errorf("content type %q, want %q", got, codec.ContentType())
		}
		next++
	}
	var running sync.WaitGroup
	defer running.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	handled := make(chan T, len(payloads))
	running.Go(func() {
		handle := func(_ context.Context, v T) error { handled <- v; return nil }
		if err := b.Subscribe(ctx, "conformance-"+id, bus.On(event, handle)); err != nil {
			t.Errorf("subscribe: %v", err)
		}
	})
	for i, payload := range payloads {
		select {
		case got := <-handled:
			if !same(got, payload) {
				t.Errorf("payload %d was handled as %v", i, got)
			}
		case <-ctx.Done():
			t.Fatalf("%d of %d payloads were handled", i, len(payloads))
		}
	}
}
