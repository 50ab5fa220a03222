package bus

import (
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/google/uuid"
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
	codec := JSON[T]()
	if c.encoding != nil {
		chosen, ok := c.encoding.(Codec[T])
		if !ok {
			c.err = fmt.Errorf("%w: %q: Encoding is for another type than %s", ErrContract, name, c.payload)
		} else {
			codec = chosen
		}
	}
	if key == nil && c.err == nil {
		c.err = fmt.Errorf("%w: %q: the key function is missing", ErrContract, name)
	}
	c.contentType = codec.ContentType()
	c.schema = codec.Schema
	c.attributes = Headers{
		{HeaderSpecVersion, []byte("1.0")},
		{HeaderType, []byte(c.name)},
		{HeaderSource, []byte(c.source)},
		{HeaderDataSchema, []byte("urn:millrace:schema:" + c.name + ":" + strconv.Itoa(c.version))},
		{HeaderContentType, []byte(c.contentType)},
	}
	return Event[T]{contract: c, codec: codec, key: key}
}

// New makes a message that carries v. Its id is a new UUIDv7 and its time is now, unless an option says otherwise;
// publishing the same message twice therefore repeats one event and does not make two.
func (e Event[T]) New(v T, opts ...MessageOption) Message {
	m := Message{contract: e.Contract(), err: e.Err()}
	if m.err == nil {
		m.key = e.key(v)
		m.time = time.Now()
		m.encode = func() ([]byte, error) { return e.codec.Encode(v) }
	}
	for _, opt := range opts {
		opt.applyMessage(&m)
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

// Decode reads the payload of a record. It does not look at the record's type.
func (e Event[T]) Decode(r Record) (T, error) {
	if err := e.Err(); err != nil {
		var zero T
		return zero, err
	}
	v, err := e.codec.Decode(r.Value)
	if err != nil {
		return v, &DecodeError{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Type: e.contract.name, Err: err}
	}
	return v, nil
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
