package cache

import (
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/resilience"
)

// Codec turns values into bytes and back. The codecs of package bus are such, and those of bus/sealed, whose fields Redis and the memory of a
// process have in boxes. It is safe for concurrent use; its errors hold no part of a value.
type Codec[V any] interface {
	Encode(V) ([]byte, error)
	// Decode must not keep the bytes.
	Decode([]byte) (V, error)
}

// Values says how values are kept. By default they are JSON. Give the cache another [Version] with another codec.
func Values[V any](codec Codec[V]) Option { return option(func(s *settings) { s.codec = codec }) }

type asJSON[V any] struct{}

func (asJSON[V]) Encode(value V) ([]byte, error) { return json.Marshal(value) } //nolint:wrapcheck // wrapped by encode

func (asJSON[V]) Decode(data []byte) (value V, err error) {
	err = json.Unmarshal(data, &value)
	return value, err //nolint:wrapcheck // wrapped by decode
}

func (c *Cache[K, V]) decode(raw []byte) (value V, err error) {
	if raw[0] == isNotFound {
		return value, ErrNotFound
	}
	value, err = c.codec.Decode(raw[1:])
	switch {
	case err == nil:
		return value, nil
	case resilience.Stated(err):
		return value, fmt.Errorf("cache: decode: %w", err)
	default:
		return value, resilience.Permanent(fmt.Errorf("cache: what is kept is of another type, give the cache another Version: %w", err))
	}
}

func (c *Cache[K, V]) encode(value V) ([]byte, error) {
	data, err := c.codec.Encode(value)
	switch {
	case err == nil:
		return append([]byte{isValue}, data...), nil
	case resilience.Stated(err):
		return nil, fmt.Errorf("cache: encode: %w", err)
	default:
		return nil, resilience.Permanent(fmt.Errorf("cache: encode: %w", err))
	}
}
