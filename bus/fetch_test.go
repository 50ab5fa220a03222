package bus_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/resilience"
)

// shelved is a codec whose values stand elsewhere where they begin with an @.
type shelved struct {
	rawCodec

	shelf *shelf
	at    []byte
}

type shelf struct {
	asked atomic.Int64
	err   error
	hangs bool
}

func (c shelved) Refers(data []byte) (int64, bool) {
	if len(data) == 0 || data[0] != '@' {
		return 0, false
	}
	return int64(len(data)), true
}

func (c shelved) Fetch(ctx context.Context, data []byte) (bus.Codec[[]byte], error) {
	if _, elsewhere := c.Refers(data); !elsewhere {
		return c, nil
	}
	c.shelf.asked.Add(1)
	if c.shelf.hangs {
		<-ctx.Done()
		return nil, resilience.Transient(context.Cause(ctx))
	}
	c.at = append([]byte("fetched "), data...)
	return c, c.shelf.err
}

func (c shelved) Decode(data []byte) ([]byte, error) {
	if c.at != nil {
		return slices.Clone(c.at), nil
	}
	return c.rawCodec.Decode(data)
}

// asking is a registry that knows the schema of a value once it was asked for it.
type asking struct {
	*memory

	known atomic.Bool
}

func (r *asking) Unframe(ctx context.Context, _ *bus.Contract, value []byte) ([]byte, bus.Schema, error) {
	if !r.known.Load() && ctx.Err() != nil {
		return nil, bus.Schema{}, resilience.Transient(ctx.Err())
	}
	r.known.Store(true)
	return value[1:], bus.Schema{}, nil
}

// TestFetch has records whose payloads stand elsewhere, in a registry's wire format too, and those of which none does.
func TestFetch(t *testing.T) {
	t.Parallel()
	registry := &asking{memory: newMemory()}
	b := openAt(t, bustest.Broker(t), bus.SchemaRegistry(registry))
	var store shelf
	event := bus.Define("shop.raw.noted", func([]byte) string { return "k" }, bus.Encoding[[]byte](shelved{shelf: &store}))
	plain := b.Adopt(bus.Record{Value: []byte("here"), Headers: bus.Headers{{Key: bus.HeaderDataSchema, Value: []byte("urn:millrace:schema:shop.raw.noted:1")}}})
	framed := b.Adopt(bus.Record{Value: []byte("\x00@there"), Headers: bus.Headers{{Key: bus.HeaderFraming, Value: []byte("memory")}}})
	if size, elsewhere := event.Refers(plain); elsewhere || size != 0 {
		t.Errorf("what is here stands elsewhere: %d", size)
	}
	if size, elsewhere := event.Refers(framed); !elsewhere || size != 0 {
		t.Errorf("before its schema is known: %d, %t", size, elsewhere)
	}
	for name, want := range map[*bus.Record]string{&plain: "here", &framed: "fetched @there"} {
		fetched, err := event.Fetch(t.Context(), *name)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if v, err := fetched.Decode(*name); err != nil || string(v) != want {
				t.Errorf("%q, %v, want %q", v, err, want)
			}
		}
	}
	if size, elsewhere := event.Refers(framed); !elsewhere || size != 6 || store.asked.Load() != 1 {
		t.Errorf("once its schema is known: %d, %t; asked %d times", size, elsewhere, store.asked.Load())
	}
	store.err = errors.New("wrong")
	if _, err := event.Fetch(t.Context(), framed); !errors.Is(err, bus.ErrDecode) || !errors.Is(err, store.err) {
		t.Errorf("what can never be had: %v", err)
	}
	store.err = resilience.Transient(errors.New("away"))
	if _, err := event.Fetch(t.Context(), framed); errors.Is(err, bus.ErrDecode) || resilience.ClassOf(err) != resilience.ClassTransient {
		t.Errorf("what cannot be had now: %v", err)
	}
	store.hangs = true
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := event.Fetch(ctx, framed)
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it was ended: %v", err)
	}
	whole := bus.Define("shop.raw.noted", func([]byte) string { return "k" }, bus.Encoding[[]byte](rawCodec{}))
	if fetched, err := whole.Fetch(t.Context(), plain); err != nil || fetched.Codec() != whole.Codec() {
		t.Errorf("a codec that has nothing elsewhere: %v", err)
	}
}
