package avro

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/hamba/avro/v2"
)

func (t *translation) integerOut(n int64) { t.out = binary.AppendVarint(t.out, n) }

func (t *translation) textOut(data []byte) {
	t.integerOut(int64(len(data)))
	t.out = append(t.out, data...)
}

func (t *translation) floatOut(number float64, kind avro.Type) {
	if kind == avro.Float {
		t.out = binary.LittleEndian.AppendUint32(t.out, math.Float32bits(float32(number)))
		return
	}
	t.out = binary.LittleEndian.AppendUint64(t.out, math.Float64bits(number))
}

// defaultOut writes a field's default, in the form in which the library keeps it.
func (t *translation) defaultOut(schema avro.Schema, v any) error {
	if err := t.enter(); err != nil {
		return err
	}
	defer t.leave()
	value := reflect.ValueOf(v)
	switch s := deref(schema).(type) {
	case *avro.UnionSchema: // a default is of the first branch
		t.integerOut(0)
		return t.defaultOut(s.Types()[0], v)
	case *avro.RecordSchema:
		fields, ok := v.(map[string]any)
		if !ok {
			return noDefault(schema)
		}
		for _, field := range s.Fields() {
			inner, stated := fields[field.Name()]
			if !stated {
				inner = field.Default()
			}
			if err := t.defaultOut(field.Type(), inner); err != nil {
				return err
			}
		}
		return nil
	case *avro.ArraySchema:
		items, ok := v.([]any)
		if !ok {
			return noDefault(schema)
		}
		return t.defaultItems(len(items), func(i int) error { return t.defaultOut(s.Items(), items[i]) })
	case *avro.MapSchema:
		items, ok := v.(map[string]any)
		if !ok {
			return noDefault(schema)
		}
		keys := slices.Sorted(maps.Keys(items))
		return t.defaultItems(len(keys), func(i int) error {
			t.textOut([]byte(keys[i]))
			return t.defaultOut(s.Values(), items[keys[i]])
		})
	case *avro.EnumSchema:
		symbol, ok := v.(string)
		if at := position(symbol, s); ok && at >= 0 {
			t.integerOut(int64(at))
			return nil
		}
		return noDefault(schema)
	case *avro.FixedSchema:
		if value.Kind() != reflect.Array || value.Len() != s.Size() {
			return noDefault(schema)
		}
		for i := range value.Len() {
			t.out = append(t.out, byte(value.Index(i).Uint())) //nolint:gosec // an array of bytes
		}
		return nil
	default:
		if !t.defaultPrimitive(s.Type(), value) {
			return noDefault(schema)
		}
		return nil
	}
}

func noDefault(schema avro.Schema) error {
	return fmt.Errorf("what its schema has for a default is no %s", nameOf(schema))
}

func (t *translation) defaultItems(count int, item func(int) error) error {
	if count > 0 {
		t.integerOut(int64(count))
	}
	for i := range count {
		if err := item(i); err != nil {
			return err
		}
	}
	t.integerOut(0)
	return nil
}

// defaultPrimitive says whether the value is of the type.
func (t *translation) defaultPrimitive(kind avro.Type, value reflect.Value) bool {
	switch {
	case kind == avro.Null:
		return true
	case kind == avro.Boolean && value.Kind() == reflect.Bool:
		t.out = append(t.out, map[bool]byte{true: 1}[value.Bool()])
	case (kind == avro.Int || kind == avro.Long) && value.CanInt():
		t.integerOut(value.Int())
	case (kind == avro.Float || kind == avro.Double) && value.CanFloat():
		t.floatOut(value.Float(), kind)
	case kind == avro.String && value.Kind() == reflect.String:
		t.textOut([]byte(value.String()))
	case kind == avro.Bytes && value.Kind() == reflect.Slice:
		t.textOut(value.Bytes())
	default:
		return false
	}
	return true
}
