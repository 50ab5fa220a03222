package avro

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/hamba/avro/v2"
)

const (
	// depthLimit is how deep a datum may be nested, as in encoding/json.
	depthLimit = 10_000
	// stepsFree and stepsPerByte bound how many values a datum may have, since some take no bytes.
	stepsFree    = 1 << 16
	stepsPerByte = 16
)

var (
	errEarly = errors.New("it ends too early")
	errDeep  = errors.New("it is nested too deeply")
	errMany  = errors.New("it has more values than its bytes justify")
)

// datum is Avro data that is being read.
type datum struct {
	rest  []byte
	depth int
	steps int
}

func newDatum(data []byte) *datum {
	return &datum{rest: data, steps: stepsFree + stepsPerByte*len(data)}
}

// check says whether data is exactly one datum of the schema. The library itself takes the word of data for lengths, and
// cut data for whole.
func check(schema avro.Schema, data []byte) error {
	d := newDatum(data)
	if err := d.skip(schema); err != nil {
		return err
	}
	return d.end()
}

func (d *datum) end() error {
	if len(d.rest) > 0 {
		return fmt.Errorf("%d bytes follow it", len(d.rest))
	}
	return nil
}

// enter counts one value and one level; leave is the way back.
func (d *datum) enter() error {
	if d.depth++; d.depth > depthLimit {
		return errDeep
	}
	if d.steps--; d.steps < 0 {
		return errMany
	}
	return nil
}

func (d *datum) leave() { d.depth-- }

// integer reads an int, of 32 bits, or a long.
func (d *datum) integer(bits int) (int64, error) {
	v, n := binary.Varint(d.rest)
	switch {
	case n == 0:
		return 0, errEarly
	case n < 0 || bits == 32 && int64(int32(v)) != v: //nolint:gosec // whether it fits is the question
		return 0, errors.New("an integer is too large")
	}
	d.rest = d.rest[n:]
	return v, nil
}

// take is the next n bytes.
func (d *datum) take(n int64) ([]byte, error) {
	if n < 0 {
		return nil, errors.New("a length is negative")
	}
	if n > int64(len(d.rest)) {
		return nil, errEarly
	}
	taken := d.rest[:n:n]
	d.rest = d.rest[n:]
	return taken, nil
}

// text is the bytes of a string, or of bytes.
func (d *datum) text() ([]byte, error) {
	n, err := d.integer(64)
	if err != nil {
		return nil, err
	}
	return d.take(n)
}

// choice reads the position of a union's branch or of an enum's symbol.
func (d *datum) choice(of int, what string) (int, error) {
	i, err := d.integer(32)
	if err == nil && (i < 0 || i >= int64(of)) {
		err = errors.New("it has a " + what + " that its schema does not have")
	}
	return int(i), err
}

// blocks calls item for each of an array's or map's.
func (d *datum) blocks(item func() error) error {
	for {
		count, err := d.integer(64)
		if err != nil || count == 0 {
			return err
		}
		if count < 0 {
			if count = -count; count < 0 {
				return errMany
			}
			if size, err := d.integer(64); err != nil || size < 0 {
				return errors.Join(err, errors.New("a block has no size"))
			}
		}
		for range count {
			if err := item(); err != nil {
				return err
			}
		}
	}
}

// skip reads past one value.
func (d *datum) skip(schema avro.Schema) error {
	if err := d.enter(); err != nil {
		return err
	}
	defer d.leave()
	switch s := deref(schema).(type) {
	case *avro.RecordSchema:
		for _, field := range s.Fields() {
			if err := d.skip(field.Type()); err != nil {
				return at(field.Name(), err)
			}
		}
		return nil
	case *avro.ArraySchema:
		return d.blocks(func() error { return d.skip(s.Items()) })
	case *avro.MapSchema:
		return d.blocks(func() error {
			if _, err := d.text(); err != nil {
				return err
			}
			return d.skip(s.Values())
		})
	case *avro.UnionSchema:
		i, err := d.choice(len(s.Types()), "branch")
		if err != nil {
			return err
		}
		return d.skip(s.Types()[i])
	case *avro.EnumSchema:
		_, err := d.choice(len(s.Symbols()), "symbol")
		return err
	case *avro.FixedSchema:
		_, err := d.take(int64(s.Size()))
		return err
	default:
		_, err := d.primitive(s.Type())
		return err
	}
}

// primitive is the bytes of a primitive value; of a string or bytes, what is in it.
func (d *datum) primitive(kind avro.Type) ([]byte, error) {
	before := d.rest
	switch kind {
	case avro.Null:
		return nil, nil
	case avro.Boolean:
		b, err := d.take(1)
		if err == nil && b[0] > 1 {
			err = errors.New("a boolean is neither true nor false")
		}
		return b, err
	case avro.Int, avro.Long:
		bits := 64
		if kind == avro.Int {
			bits = 32
		}
		_, err := d.integer(bits)
		return before[:len(before)-len(d.rest)], err
	case avro.Float:
		return d.take(4)
	case avro.Double:
		return d.take(8)
	case avro.String, avro.Bytes:
		return d.text()
	default:
		return nil, fmt.Errorf("the schema has an unknown type %s", kind)
	}
}
