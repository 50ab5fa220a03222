package claimcheck

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/millrace/millrace/bus"
)

// held is a payload that was fetched before it is decoded.
type held struct {
	of      Reference
	payload []byte
}

// Refers says how large the payload is that the store is to be asked for; see [bus.Fetcher].
func (c *codec[T]) Refers(data []byte) (size int64, elsewhere bool) {
	r, is, err := c.reference(data)
	if !is || err != nil || c.holds(r) {
		return 0, false
	}
	return r.Size, true
}

// Fetch has the payload from the store, and returns the codec that reads it; see [bus.Fetcher].
func (c *codec[T]) Fetch(ctx context.Context, data []byte) (bus.Codec[T], error) {
	r, is, err := c.reference(data)
	if err != nil {
		return nil, err
	}
	bound := *c
	if is {
		payload, err := c.fetch(ctx, r)
		if err != nil {
			return nil, err
		}
		bound.held = &held{r, payload}
	}
	return bound.asIs(), nil
}

// Decode reads a payload that is in the record, or in the store.
func (c *codec[T]) Decode(data []byte) (T, error) { return c.read(data, c.Codec.Decode) }

func (c *codec[T]) read(data []byte, decode func([]byte) (T, error)) (T, error) {
	var zero T
	r, is, err := c.reference(data)
	if !is {
		return decode(data)
	}
	if err != nil {
		return zero, err
	}
	payload, err := c.fetch(context.Background(), r)
	if err != nil {
		return zero, err
	}
	v, err := decode(payload)
	if err != nil {
		return zero, err
	}
	if _, tenant, _ := splitKey(r.Key); c.place.Tenant != nil && c.place.Tenant(v) != tenant {
		return zero, &Error{Code: CodeForged, Key: r.Key}
	}
	return v, nil
}

// reference reads what stands in a record. It fails where that is a reference which is not to be followed.
func (c *codec[T]) reference(data []byte) (r Reference, is bool, err error) {
	r, is, err = ParseReference(data)
	if !is || err != nil {
		return r, is, err
	}
	topic, tenant, _ := splitKey(r.Key)
	switch {
	case topic != c.place.Topic || !c.takes(tenant):
		err = &Error{Code: CodeForged, Key: r.Key}
	case r.Size > c.most:
		err = &Error{Code: CodeTooLarge, Key: r.Key, Err: fmt.Errorf("%d bytes of %d", r.Size, c.most)}
	}
	return r, is, err
}

func (c *codec[T]) holds(r Reference) bool { return c.held != nil && c.held.of == r }

// fetch has the payload from the store, if it is the one that was put there.
func (c *codec[T]) fetch(ctx context.Context, r Reference) (payload []byte, err error) {
	if c.holds(r) {
		return c.held.payload, nil
	}
	err = c.ask(ctx, r, c.readLimit, func(ctx context.Context) (err error) {
		payload, err = c.store.Get(ctx, r.Key, r.Size+1)
		return err
	})
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(payload); int64(len(payload)) != r.Size || hex.EncodeToString(sum[:]) != r.SHA256 {
		return nil, &Error{Code: CodeChanged, Key: r.Key}
	}
	return payload, nil
}
