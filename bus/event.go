package bus

import (
	"fmt"
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/resilience"
)

// Event is a typed contract: events of type T under one name.
type Event[T any] struct {
	contract *Contract
	codec    Codec[T]
	key      func(T) string
}

// Define makes a typed contract. key returns what the event is ordered by; events with the same key are kept in order.
// The definition is data: what is wrong with it is returned by [Event.Err] and by whatever meets it first.
func Define[T any](name string, key func(T) string, opts ...ContractOption) Event[T] {
	c := newContract(name, reflect.TypeFor[T](), opts)
	codec, ok := JSON[T](), true
	if c.encoding != nil {
		codec, ok = c.encoding.(Codec[T])
	}
	switch {
	case c.err != nil:
	case !ok || codec == nil:
		c.err = fmt.Errorf("%w: %q: Encoding is for another type than %s", ErrContract, name, c.payload)
	case key == nil:
		c.err = fmt.Errorf("%w: %q: the key function is missing", ErrContract, name)
	}
	return Event[T]{contract: c, key: key}.Encoded(codec)
}

// Encoded returns the same event in another encoding. e itself stays as it is. It is for what a process learns when it
// starts, such as a key; an encoding that is known before belongs into [Define].
func (e Event[T]) Encoded(codec Codec[T]) Event[T] {
	c := *e.Contract()
	e.contract, e.codec = &c, codec
	if codec == nil {
		if c.err == nil {
			c.err = fmt.Errorf("%w: %q: the codec is missing", ErrContract, c.name)
		}
		return e
	}
	c.contentType = codec.ContentType()
	c.schema, c.compare = codec.Schema, codec.Compare
	_, c.resolves = codec.(Resolver[T])
	c.attributes = Headers{
		{HeaderSpecVersion, []byte("1.0")},
		{HeaderType, []byte(c.name)},
		{HeaderSource, []byte(c.source)},
		{HeaderDataSchema, []byte(c.urn())},
		{HeaderContentType, []byte(c.contentType)},
	}
	return e
}

// Codec is how the event's payloads are encoded, nil where the definition is wrong.
func (e Event[T]) Codec() Codec[T] { return e.codec }

// New makes a message that carries v. Its id is a new UUIDv7 and its time is now, unless an option says otherwise;
// publishing the same message twice therefore repeats one event and does not make two.
func (e Event[T]) New(v T, opts ...MessageOption) Message {
	m := Message{contract: e.Contract(), err: e.Err()}
	if m.err == nil {
		m.key = e.key(v)
		m.time = time.Now()
		m.encode = func(headers Headers) ([]byte, error) { return e.codecFor(headers).Encode(v) }
	}
	if len(opts) > 0 {
		m = m.with(opts)
	}
	if m.id == "" {
		id, err := uuid.NewV7()
		if err != nil {
			m.err = fmt.Errorf("bus: make an event id: %w", err)
		}
		m.id = id.String()
	}
	return m
}

// Decode reads the payload of a record. It does not look at the record's type. A payload that is not what the contract
// says gives a [DecodeError]; one that cannot be read now, but perhaps later, an error of class transient. Where the
// codec is a [Resolver], and for values in the wire format of a [Framing], the record must be one that a bus has read.
func (e Event[T]) Decode(r Record) (T, error) {
	if err := e.Err(); err != nil {
		var zero T
		return zero, err
	}
	v, err := e.read(r)
	if err != nil {
		return v, e.unread(r, err)
	}
	return v, nil
}

func (e Event[T]) read(r Record) (T, error) {
	payload, writer, err := r.payload(r.schemas.life(), e.contract)
	if err != nil {
		var zero T
		return zero, err
	}
	codec := e.codecFor(r.Headers)
	if resolver, ok := codec.(Resolver[T]); ok && writer.Text != "" {
		return resolver.Resolve(payload, writer)
	}
	return codec.Decode(payload)
}

// codecFor is the codec for a record with these headers.
func (e Event[T]) codecFor(headers Headers) Codec[T] {
	if tenanted, ok := e.codec.(Tenanted[T]); ok {
		return tenanted.For(Record{Headers: headers}.Tenant())
	}
	return e.codec
}

// classed is an error that says itself what it means for whoever tries again.
type classed interface {
	error
	Class() resilience.Class
}

// Contract is the untyped half of the event.
func (e Event[T]) Contract() *Contract {
	if e.contract == nil {
		return &Contract{err: fmt.Errorf("%w: an Event must be made by bus.Define", ErrContract)}
	}
	return e.contract
}

// Err says what is wrong with the definition, or nil.
func (e Event[T]) Err() error { return e.Contract().err }
