package protobuf

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/millrace/millrace/bus"
)

// ContentType is the media type of what the codec writes.
const ContentType = "application/protobuf"

var (
	errType = errors.New("protobuf: the payload type must be a pointer to a generated message, such as *shop.Placed")
	errNil  = errors.New("encode protobuf: the message is nil")
)

// Codec encodes a generated message type, given as its pointer: Codec[*shop.Placed](). Fields that the type does not
// know are kept when reading, and written again. Any other type than a generated message is an error of each method.
func Codec[T proto.Message]() bus.Codec[T] {
	c := &codec[T]{}
	if kind := reflect.TypeFor[T](); kind.Kind() == reflect.Pointer && kind.Elem().Kind() == reflect.Struct {
		var none T
		c.message = none.ProtoReflect().Type()
	}
	c.schema = sync.OnceValues(c.describe)
	return c
}

type codec[T proto.Message] struct {
	message protoreflect.MessageType
	schema  func() (bus.Schema, error)
}

func (*codec[T]) ContentType() string { return ContentType }

func (c *codec[T]) Encode(v T) ([]byte, error) {
	switch {
	case c.message == nil:
		return nil, errType
	case !v.ProtoReflect().IsValid():
		return nil, errNil
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode protobuf: %w", err)
	}
	if data == nil {
		data = []byte{} // no bytes are an empty message; no value is a tombstone
	}
	return data, nil
}

func (c *codec[T]) Decode(data []byte) (T, error) {
	var none T
	if c.message == nil {
		return none, errType
	}
	v := c.message.New().Interface()
	if err := proto.Unmarshal(data, v); err != nil {
		return none, fmt.Errorf("decode protobuf: %w", err)
	}
	return v.(T), nil //nolint:forcetypeassert // T's own message type makes a T
}

func (c *codec[T]) Schema() (bus.Schema, error) { return c.schema() }

func (c *codec[T]) describe() (bus.Schema, error) {
	if c.message == nil {
		return bus.Schema{}, errType
	}
	return describe(c.message.Descriptor())
}

func (*codec[T]) Compare(older, newer bus.Schema) ([]bus.Change, error) {
	was, err := compile(older)
	if err != nil {
		return nil, fmt.Errorf("the older schema: %w", err)
	}
	is, err := compile(newer)
	if err != nil {
		return nil, fmt.Errorf("the newer schema: %w", err)
	}
	c := comparison{seen: make(map[[2]protoreflect.FullName]bool)}
	if was.FullName() != is.FullName() {
		c.note(bus.Unchecked, "", "renamed from %s to %s", was.FullName(), is.FullName())
	}
	c.messages(was, is, "")
	return c.changes, nil
}
