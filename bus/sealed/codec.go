package sealed

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/seal"
)

// Fields says what is sealed of a type, and for whom.
type Fields[T any] struct {
	// Place names what holds the values, such as the name of the contract or of the table. A field opens only where it was sealed for the same place
	// and path.
	Place string
	// Tenant is whose key seals a value's fields. A value without one cannot be encoded.
	Tenant func(T) request.Tenant
	// Paths are JSON Pointers (RFC 6901) of the fields, all of them text: "/email". A * stands for each element of an array, and each member of
	// a map: "/contacts/*/phone".
	Paths []string
}

// Option changes a codec.
type Option interface{ apply(*settings) }

type option func(*settings)

func (f option) apply(s *settings) { f(s) }

type settings struct {
	limit     time.Duration
	destroyed *string
}

// Limit bounds how long the source of keys may take for one value, as bus.Codec has no context. The default is 5 seconds. Data keys are kept by the
// sealer, so the source is asked seldom.
func Limit(d time.Duration) Option { return option(func(s *settings) { s.limit = d }) }

// Destroyed is the text that a field has once its tenant's key is destroyed, so that the rest can still be read. By default such a value cannot be
// decoded: its error matches [seal.ErrDestroyed], and a subscription puts the event into the dead letters.
func Destroyed(text string) Option { return option(func(s *settings) { s.destroyed = &text }) }

const defaultLimit = 5 * time.Second

// Codec seals fields of what another codec encodes, which must be one of JSON, such as [bus.JSON]. Give it to bus.Event.Encoded, or to
// partitions.Values for what a table keeps.
func Codec[T any](of bus.Codec[T], sealer *seal.Sealer, fields Fields[T], opts ...Option) (bus.Codec[T], error) {
	c := &codec[T]{Codec: of, sealer: sealer, fields: fields, settings: settings{limit: defaultLimit}}
	for _, opt := range opts {
		opt.apply(&c.settings)
	}
	if of == nil || sealer == nil || fields.Tenant == nil || fields.Place == "" || c.limit <= 0 {
		return nil, errors.New("sealed: a codec, a sealer, a place, a tenant and a positive limit are needed")
	}
	if _, elsewhere := of.(bus.Tenanted[T]); elsewhere {
		return nil, errors.New("sealed: it must be within what is kept elsewhere: claimcheck.Codec(sealed.Codec(…), …)")
	}
	schema, err := of.Schema()
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	c.paths, err = parsePaths(fields.Paths, schema)
	return c, err
}

type codec[T any] struct {
	bus.Codec[T]
	settings

	sealer *seal.Sealer
	fields Fields[T]
	paths  []path
}

// begins is how a sealed text begins: "sealed:v1:", the tenant, ":", and the box of package seal in base64url (RFC 4648) without padding.
const begins = "sealed:v1:"

// Encode seals the fields. While the source of keys is away its error is transient.
func (c *codec[T]) Encode(v T) ([]byte, error) {
	data, err := c.Codec.Encode(v)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.limit)
	defer cancel()
	tenant := c.fields.Tenant(v)
	sealed, err := rewrite(data, c.paths, func(p *path, text string) (string, error) {
		box, err := c.sealer.Seal(ctx, tenant, []byte(text), c.fields.Place, p.text)
		if err != nil {
			return "", fmt.Errorf("sealed: %s: %w", p.text, err)
		}
		return begins + string(tenant) + ":" + base64.RawURLEncoding.EncodeToString(box), nil
	})
	return sealed, passing(err)
}

// passing says of an error that is not known to stay that it passes: the source of keys is away, and nothing was done.
func passing(err error) error {
	if err == nil || resilience.Stated(err) && resilience.ClassOf(err) == resilience.ClassPermanent {
		return err
	}
	return resilience.Transient(err)
}

// Decode opens what is sealed. A field in the clear, from before it was sealed, is read as it is.
func (c *codec[T]) Decode(data []byte) (T, error) {
	if !bytes.Contains(data, []byte(begins)) {
		return c.Codec.Decode(data)
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.limit)
	defer cancel()
	var zero T
	var tenants []request.Tenant
	opened, err := rewrite(data, c.paths, func(p *path, text string) (string, error) {
		rest, is := strings.CutPrefix(text, begins)
		if !is {
			return text, nil
		}
		name, boxed, _ := strings.Cut(rest, ":")
		box, err := base64.RawURLEncoding.DecodeString(boxed)
		if err != nil {
			return "", resilience.Permanent(fmt.Errorf("sealed: %s: %w", p.text, seal.ErrFormat))
		}
		tenant := request.Tenant(name)
		tenants = append(tenants, tenant)
		plain, err := c.sealer.Open(ctx, tenant, box, c.fields.Place, p.text)
		if errors.Is(err, seal.ErrDestroyed) && c.destroyed != nil {
			return *c.destroyed, nil
		}
		if err != nil {
			return "", fmt.Errorf("sealed: %s: %w", p.text, err)
		}
		return string(plain), nil
	})
	if err != nil {
		return zero, passing(err)
	}
	v, err := c.Codec.Decode(opened)
	if err != nil {
		return zero, err
	}
	for _, tenant := range tenants {
		if tenant != c.fields.Tenant(v) {
			return zero, resilience.Permanent(fmt.Errorf("sealed: a field is another tenant's: %w", seal.ErrSealed))
		}
	}
	return v, nil
}
