package outbox

import (
	"errors"
	"fmt"
	"strings"
)

// The converters that the relay writes as, by the names of their Java classes.
const (
	stringConverter = "org.apache.kafka.connect.storage.StringConverter"
	jsonConverter   = "org.apache.kafka.connect.json.JsonConverter"
	bytesConverter  = "org.apache.kafka.connect.converters.ByteArrayConverter"
	binaryConverter = "io.debezium.converters.BinaryDataConverter"
	simpleConverter = "org.apache.kafka.connect.storage.SimpleHeaderConverter"
)

// converter is one of Connect's, with the options that shape what it writes.
type converter struct {
	option   string // how the configuration calls it
	class    string
	schemas  bool // of JsonConverter: each value comes with its schema
	plain    bool // of JsonConverter: decimals are numbers
	delegate *converter
}

// readConverter reads what is below key.converter, value.converter or header.converter.
func readConverter(o *options, otherwise string) converter {
	c := converter{option: strings.TrimSuffix(o.prefix, "."), class: o.text("", otherwise)}
	switch c.class {
	case stringConverter:
		o.choice("converter.encoding", "UTF-8", "UTF8")
	case simpleConverter, bytesConverter:
	case jsonConverter:
		c.schemas = o.flag("schemas.enable", true)
		c.plain = o.choice("decimal.format", "BASE64", "NUMERIC") == "NUMERIC"
		o.flag("replace.null.with.default", true) // the event router has done so before
		o.text("schemas.cache.size", "")
		o.text("schema.content", "") // of sinks only
	case binaryConverter:
		if below := o.below("delegate.converter.type"); below.values[""] != "" {
			delegate := readConverter(below, "")
			c.delegate = &delegate
		}
	default:
		o.fail("%s must be one of %s, %s, %s, %s, and not %q", c.option, stringConverter, jsonConverter, bytesConverter, binaryConverter, c.class)
	}
	if header := strings.HasPrefix(c.option, "header."); header == (c.class == binaryConverter) && header ||
		!header && c.class == simpleConverter {
		o.fail("the relay cannot follow %s = %q", c.option, c.class)
	}
	o.rest()
	return c
}

// json returns the converter that writes text and structs, where that is JsonConverter.
func (c converter) json() (converter, bool) {
	if c.class == binaryConverter && c.delegate != nil {
		return c.delegate.json()
	}
	return c, c.class == jsonConverter
}

func (c converter) writesSchemas() bool {
	json, ok := c.json()
	return ok && json.schemas
}

// errUnwritable is found in the error of a column that Debezium's task fails at, or writes as the name of a Java object.
var errUnwritable = errors.New("the connector fails at such a column, or writes the name of a Java object")

// encode says how the converter writes the field. The value is nil for NULL.
func (c converter) encode(f *field) (func(raw []byte) ([]byte, error), error) {
	switch c.class {
	case simpleConverter:
		return present(f.header), nil
	case jsonConverter:
		return c.jsonEncode(f), nil
	case stringConverter:
		if f.text != nil {
			return present(f.text), nil
		}
	case bytesConverter, binaryConverter:
		if f.bytes {
			return func(raw []byte) ([]byte, error) {
				if raw == nil {
					return nil, nil
				}
				return decodeBytea(raw)
			}, nil
		}
		if c.delegate != nil {
			return c.delegate.encode(f)
		}
	}
	return nil, fmt.Errorf("%w: column %q with %s = %s: %w", ErrConnector, f.column.name, c.option, c.class, errUnwritable)
}

// present keeps NULL a null.
func present(e encode) func([]byte) ([]byte, error) {
	return func(raw []byte) ([]byte, error) {
		if raw == nil {
			return nil, nil
		}
		value, err := e(nil, raw)
		if value == nil && err == nil {
			value = []byte{}
		}
		return value, err
	}
}

func (c converter) jsonEncode(f *field) func([]byte) ([]byte, error) {
	value := c.jsonValue(f)
	if !c.schemas {
		return func(raw []byte) ([]byte, error) { return value(nil, raw) }
	}
	before := append(f.schema.append([]byte(`{"schema":`)), `,"payload":`...)
	return func(raw []byte) ([]byte, error) {
		text, err := value(append(make([]byte, 0, len(before)+len(raw)+len(`"null"}`)), before...), raw)
		return append(text, '}'), err
	}
}

// jsonValue writes the field without its schema; NULL is null.
func (c converter) jsonValue(f *field) encode {
	write := f.json
	if c.plain && f.schema.name == "org.apache.kafka.connect.data.Decimal" {
		write = f.text
	}
	return func(dst, raw []byte) ([]byte, error) {
		if raw == nil {
			return append(dst, "null"...), nil
		}
		return write(dst, raw)
	}
}
