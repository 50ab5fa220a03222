package claimcheck

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Place says where a contract's payloads are kept, and whose they are.
type Place[T any] struct {
	// Topic is the contract's. Keys begin with it, and a [Collector] looks for references there.
	Topic bus.Topic
	// Tenant is whose a payload is; nil where there are no tenants. A payload may have none. See the package's text on tenants.
	Tenant func(T) request.Tenant
}

// Option changes a codec.
type Option interface{ apply(*settings) }

type option func(*settings)

func (f option) apply(s *settings) { f(s) }

type settings struct {
	over, most       int64
	limit, readLimit time.Duration
	retry            resilience.RetryPolicy
}

const (
	defaultOver  = 512 << 10
	defaultMost  = 64 << 20
	defaultLimit = 10 * time.Second
	defaultRead  = 3 * time.Second
	mebibyte     = 20 // bits
)

// Over is the size, in bytes, of the largest payload that stays in its record. The default is 512 KiB; Kafka's own limit is 1 MiB for a record.
func Over(size int64) Option { return option(func(s *settings) { s.over = size }) }

// Most is the size, in bytes, of the largest payload. It is held in memory whole. The default is 64 MiB.
func Most(size int64) Option { return option(func(s *settings) { s.most = size }) }

// Limit bounds how long the store may take to put one payload, all attempts included, as bus.Codec has no context. A second is added for
// each MiB of the payload. The default is 10 seconds.
func Limit(d time.Duration) Option { return option(func(s *settings) { s.limit = d }) }

// ReadLimit bounds how long the store may take to give one payload, all attempts included; a second is added for each MiB. A store that
// takes longer counts as one that is away: the event waits, and is tried again after a pause. The default is 3 seconds.
func ReadLimit(d time.Duration) Option { return option(func(s *settings) { s.readLimit = d }) }

// Retry is how the store is asked again within the limits. The default is [resilience.DefaultRetry].
func Retry(p resilience.RetryPolicy) Option { return option(func(s *settings) { s.retry = p }) }

// Codec keeps what another codec encodes in a store where it is larger than [Over], and reads both. Give it to bus.Event.Encoded, in every process
// that publishes the contract or reads it.
func Codec[T any](of bus.Codec[T], store Store, place Place[T], opts ...Option) (bus.Codec[T], error) {
	c := &codec[T]{
		Codec: of, store: store, place: place,
		settings: settings{over: defaultOver, most: defaultMost, limit: defaultLimit, readLimit: defaultRead, retry: resilience.DefaultRetry()},
	}
	for _, opt := range opts {
		opt.apply(&c.settings)
	}
	switch {
	case of == nil || store == nil || place.Topic == "":
		return nil, errors.New("claimcheck: a codec, a store and a topic are needed")
	case c.over < 0 || c.most < c.over || c.limit <= 0 || c.readLimit <= 0:
		return nil, errors.New("claimcheck: sizes must satisfy 0 <= over <= most, and the limits must be positive")
	}
	if err := c.retry.Validate(); err != nil {
		return nil, fmt.Errorf("claimcheck: %w", err)
	}
	return c.asIs(), nil
}

type codec[T any] struct {
	bus.Codec[T]
	settings

	store Store
	place Place[T]
	// record is whose record the value stands in, nil where that is not known.
	record *request.Tenant
	// held is the payload that was fetched before, or nil.
	held *held
}

// asIs is c with the abilities of the codec within.
func (c *codec[T]) asIs() bus.Codec[T] {
	if of, resolves := c.Codec.(bus.Resolver[T]); resolves {
		return &resolver[T]{codec: c, of: of}
	}
	return c
}

// resolver is a codec around one that must know the schema that was written with.
type resolver[T any] struct {
	*codec[T]

	of bus.Resolver[T]
}

// Resolve reads a payload that was written with the schema writer.
func (r *resolver[T]) Resolve(data []byte, writer bus.Schema) (T, error) {
	return r.read(data, func(payload []byte) (T, error) { return r.of.Resolve(payload, writer) })
}

// Encode puts a large payload into the store and returns the reference to it.
func (c *codec[T]) Encode(v T) ([]byte, error) {
	data, err := c.Codec.Encode(v)
	if err != nil {
		return nil, err
	}
	size := int64(len(data))
	if size > c.most {
		return nil, &Error{Code: CodeTooLarge, Err: fmt.Errorf("%d bytes of %d", size, c.most)}
	}
	if size <= c.over && !isReference(data) {
		return data, nil
	}
	var tenant request.Tenant
	if c.place.Tenant != nil {
		tenant = c.place.Tenant(v)
	}
	if err := (request.Info{Tenant: tenant}).Validate(); err != nil {
		return nil, &Error{Code: CodeTenant, Err: err}
	}
	if !c.takes(tenant) {
		return nil, &Error{Code: CodeTenant, Err: c.strange(tenant)}
	}
	sum := sha256.Sum256(data)
	r := Reference{
		Version: version, Key: newKey(c.place.Topic, tenant), Size: size, SHA256: hex.EncodeToString(sum[:]), Type: c.ContentType(),
	}
	if err := c.ask(context.Background(), r, c.limit, func(ctx context.Context) error { return c.store.Put(ctx, r.Key, data, r.Type) }); err != nil {
		return nil, err
	}
	return json.Marshal(r) //nolint:wrapcheck // it never fails
}

// ask asks the store until it answers, or the time is up.
func (c *codec[T]) ask(ctx context.Context, r Reference, limit time.Duration, question func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit+time.Duration(r.Size>>mebibyte)*time.Second)
	defer cancel()
	err := resilience.Do(ctx, c.retry, func(ctx context.Context) error {
		err := question(ctx)
		if errors.Is(err, ErrMissing) {
			return &Error{Code: CodeMissing, Key: r.Key}
		}
		return err
	})
	if err == nil || errors.Is(err, ErrMissing) {
		return err
	}
	return &Error{Code: CodeAway, Key: r.Key, Err: err}
}
