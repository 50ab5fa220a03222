package avro

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/hamba/avro/v2"
)

// resolution reads data of one schema as another. It is safe for concurrent use.
type resolution struct {
	writer, reader avro.Schema
	fields         sync.Map // the records of both, as [2]*avro.RecordSchema, to [][]*avro.Field
}

// translate rewrites data from the writer's schema to the reader's, by the rules of the Avro specification.
func (r *resolution) translate(data []byte) ([]byte, error) {
	t := &translation{datum: newDatum(data), resolution: r, out: make([]byte, 0, len(data))}
	if err := t.value(r.writer, r.reader); err != nil {
		return nil, err
	}
	return t.out, t.end()
}

type translation struct {
	*datum
	*resolution
	out []byte
}

// wanted are the reader's fields that each of the writer's is read into.
func (r *resolution) wanted(writer, reader *avro.RecordSchema) [][]*avro.Field {
	pair := [2]*avro.RecordSchema{writer, reader}
	if found, ok := r.fields.Load(pair); ok {
		return found.([][]*avro.Field) //nolint:forcetypeassert // nothing else is stored
	}
	wanted := make([][]*avro.Field, len(writer.Fields()))
	for _, field := range reader.Fields() {
		if at := slices.Index(writer.Fields(), source(field, writer.Fields())); at >= 0 {
			wanted[at] = append(wanted[at], field)
		}
	}
	r.fields.Store(pair, wanted)
	return wanted
}

func misfit(writer, reader avro.Schema) error {
	return fmt.Errorf("%s was written and %s is read", nameOf(writer), nameOf(reader))
}

func (t *translation) value(writer, reader avro.Schema) error {
	if err := t.enter(); err != nil {
		return err
	}
	defer t.leave()
	writer, reader = deref(writer), deref(reader)
	if union, ok := writer.(*avro.UnionSchema); ok {
		i, err := t.choice(len(union.Types()), "branch")
		if err != nil {
			return err
		}
		return t.value(union.Types()[i], reader)
	}
	if union, ok := reader.(*avro.UnionSchema); ok {
		i := branch(writer, union)
		if i < 0 {
			return misfit(writer, reader)
		}
		t.integerOut(int64(i))
		return t.value(writer, union.Types()[i])
	}
	if !sameKind(writer, reader, true) && !sameKind(writer, reader, false) && !promotes(writer.Type(), reader.Type()) {
		return misfit(writer, reader)
	}
	switch w := writer.(type) {
	case *avro.RecordSchema:
		return t.record(w, reader.(*avro.RecordSchema)) //nolint:forcetypeassert // of the same kind
	case *avro.ArraySchema:
		return t.list(func() error { return t.value(w.Items(), reader.(*avro.ArraySchema).Items()) }) //nolint:forcetypeassert // of the same kind
	case *avro.MapSchema:
		return t.list(func() error {
			key, err := t.text()
			if err != nil {
				return err
			}
			t.textOut(key)
			return t.value(w.Values(), reader.(*avro.MapSchema).Values()) //nolint:forcetypeassert // of the same kind
		})
	case *avro.EnumSchema:
		return t.enum(w, reader.(*avro.EnumSchema)) //nolint:forcetypeassert // of the same kind
	case *avro.FixedSchema:
		if w.Size() != reader.(*avro.FixedSchema).Size() { //nolint:forcetypeassert // of the same kind
			return misfit(writer, reader)
		}
		data, err := t.take(int64(w.Size()))
		t.out = append(t.out, data...)
		return err
	}
	return t.primitive(writer.Type(), reader.Type())
}

// list copies the items of an array or map, as one block.
func (t *translation) list(item func() error) error {
	before := t.out
	t.out = nil
	count := int64(0)
	if err := t.blocks(func() error { count++; return item() }); err != nil {
		return err
	}
	items := t.out
	t.out = before
	if count > 0 {
		t.integerOut(count)
		t.out = append(t.out, items...)
	}
	t.integerOut(0)
	return nil
}

// record reads the fields in the writer's order and writes them in the reader's.
func (t *translation) record(writer, reader *avro.RecordSchema) error {
	before := t.out
	parts := make(map[*avro.Field][]byte, len(reader.Fields()))
	wanted := t.wanted(writer, reader)
	for i, field := range writer.Fields() {
		into := wanted[i]
		if len(into) == 0 {
			if err := t.skip(field.Type()); err != nil {
				return at(field.Name(), err)
			}
		}
		start := t.rest
		for _, wanted := range into { // an alias and a name may both stand for one field
			t.rest, t.out = start, nil
			if err := t.value(field.Type(), wanted.Type()); err != nil {
				return at(wanted.Name(), err)
			}
			parts[wanted] = t.out
		}
	}
	t.out = before
	for _, field := range reader.Fields() {
		part, ok := parts[field]
		switch {
		case ok:
			t.out = append(t.out, part...)
		case !field.HasDefault():
			return fmt.Errorf("%s was not written and has no default", field.Name())
		default:
			if err := t.defaultOut(field.Type(), field.Default()); err != nil {
				return at(field.Name(), err)
			}
		}
	}
	return nil
}

func (t *translation) enum(writer, reader *avro.EnumSchema) error {
	i, err := t.choice(len(writer.Symbols()), "symbol")
	if err != nil {
		return err
	}
	at := position(writer.Symbols()[i], reader)
	if at < 0 && reader.HasDefault() {
		at = position(reader.Default(), reader)
	}
	if at < 0 {
		return errors.New("a symbol was written that the reader does not know, and there is no default")
	}
	t.integerOut(int64(at))
	return nil
}

func position(symbol string, enum *avro.EnumSchema) int {
	for i, known := range enum.Symbols() {
		if known == symbol {
			return i
		}
	}
	return -1
}

// primitive copies a value, as a wider one where the reader asks for it.
func (t *translation) primitive(writer, reader avro.Type) error {
	data, err := t.datum.primitive(writer)
	if err != nil {
		return err
	}
	switch {
	case writer == avro.String || writer == avro.Bytes:
		t.textOut(data)
	case writer == reader || reader == avro.Long:
		t.out = append(t.out, data...)
	default:
		n, _ := binary.Varint(data)
		number := float64(n)
		if writer == avro.Float {
			number = float64(math.Float32frombits(binary.LittleEndian.Uint32(data)))
		}
		t.floatOut(number, reader)
	}
	return nil
}
