package bus

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

const (
	dialect    = "https://json-schema.org/draft/2020-12/schema"
	defsPrefix = "#/$defs/"
	// schemaLimit is how many parts a schema may have: types that hold each other several times multiply.
	schemaLimit = 10_000
)

// derivation makes the JSON Schema of a Go type as encoding/json writes it. A type that holds itself is put under
// $defs and referred to.
type derivation struct {
	open      map[reflect.Type]bool
	recursive map[reflect.Type]string
	defs      map[string]*jsonschema.Schema
	parts     int
}

func deriveSchema[T any]() (*jsonschema.Schema, error) {
	d := &derivation{
		open: make(map[reflect.Type]bool), recursive: make(map[reflect.Type]string), defs: make(map[string]*jsonschema.Schema),
	}
	schema, err := d.derive(reflect.TypeFor[T]())
	if err != nil {
		return nil, fmt.Errorf("derive json schema: %w", err)
	}
	schema.Schema = dialect
	if len(d.defs) > 0 {
		schema.Defs = d.defs
	}
	return schema, nil
}

func (d *derivation) derive(t reflect.Type) (*jsonschema.Schema, error) {
	if d.parts++; d.parts > schemaLimit {
		return nil, fmt.Errorf("type %s leads to more than %d parts; give the event a smaller type", t, schemaLimit)
	}
	if schema := known(t); schema != nil {
		return schema, nil
	}
	if t.Name() == "" || t.PkgPath() == "" {
		return d.shape(t)
	}
	if name, seen := d.recursive[t]; seen {
		return &jsonschema.Schema{Ref: defsPrefix + name}, nil
	}
	if d.open[t] {
		d.recursive[t] = d.name(t)
		return &jsonschema.Schema{Ref: defsPrefix + d.recursive[t]}, nil
	}
	d.open[t] = true
	schema, err := d.shape(t)
	delete(d.open, t)
	if err != nil {
		return nil, err
	}
	if name, recursive := d.recursive[t]; recursive {
		d.defs[name] = schema
		return &jsonschema.Schema{Ref: defsPrefix + name}, nil
	}
	return schema, nil
}

// name is what a recursive type is called under $defs.
func (d *derivation) name(t reflect.Type) string {
	base, _, _ := strings.Cut(t.Name(), "[")
	name := base
	for n := 2; slices.Contains(valuesOf(d.recursive), name); n++ {
		name = base + strconv.Itoa(n)
	}
	return name
}

func valuesOf(names map[reflect.Type]string) []string {
	values := make([]string, 0, len(names))
	for _, name := range names {
		values = append(values, name)
	}
	return values
}

// known are the types whose JSON form is not that of their kind.
func known(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[time.Time]():
		return &jsonschema.Schema{Type: "string", Format: "date-time"}
	case reflect.TypeFor[big.Int]():
		return &jsonschema.Schema{Type: "integer"}
	case reflect.TypeFor[json.Number]():
		return &jsonschema.Schema{Type: "number"}
	}
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface {
		return nil
	}
	if implements[json.Marshaler](t) || implements[json.Unmarshaler](t) {
		return &jsonschema.Schema{}
	}
	if implements[encoding.TextMarshaler](t) {
		return &jsonschema.Schema{Type: "string"}
	}
	return nil
}

func implements[I any](t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[I]()) || reflect.PointerTo(t).Implements(reflect.TypeFor[I]())
}

func (d *derivation) shape(t reflect.Type) (*jsonschema.Schema, error) {
	switch t.Kind() {
	case reflect.Bool:
		return &jsonschema.Schema{Type: "boolean"}, nil
	case reflect.String:
		return &jsonschema.Schema{Type: "string"}, nil
	case reflect.Float32, reflect.Float64:
		return &jsonschema.Schema{Type: "number"}, nil
	case reflect.Interface:
		return &jsonschema.Schema{}, nil
	case reflect.Pointer:
		schema, err := d.derive(t.Elem())
		return orNull(schema), err
	case reflect.Slice, reflect.Array:
		return d.list(t)
	case reflect.Map:
		return d.table(t)
	case reflect.Struct:
		return d.object(t)
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Invalid:
		return nil, fmt.Errorf("type %s has no JSON form", t)
	default:
		return integer(t), nil
	}
}

func integer(t reflect.Type) *jsonschema.Schema {
	schema := &jsonschema.Schema{Type: "integer"}
	bits := t.Bits()
	switch {
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uintptr:
		schema.Minimum = new(0.0)
		if bits < 64 {
			schema.Maximum = new(math.Ldexp(1, bits) - 1)
		}
	case bits < 64 && t.Kind() != reflect.Int:
		schema.Minimum, schema.Maximum = new(-math.Ldexp(1, bits-1)), new(math.Ldexp(1, bits-1)-1)
	}
	return schema
}

func (d *derivation) list(t reflect.Type) (*jsonschema.Schema, error) {
	elem := t.Elem()
	if t.Kind() == reflect.Slice && elem.Kind() == reflect.Uint8 && known(elem) == nil {
		return &jsonschema.Schema{Types: []string{"null", "string"}, ContentEncoding: "base64"}, nil
	}
	items, err := d.derive(elem)
	if err != nil {
		return nil, err
	}
	if t.Kind() == reflect.Slice {
		return &jsonschema.Schema{Types: []string{"null", "array"}, Items: items}, nil
	}
	return &jsonschema.Schema{Type: "array", Items: items, MinItems: new(t.Len()), MaxItems: new(t.Len())}, nil
}

func (d *derivation) table(t reflect.Type) (*jsonschema.Schema, error) {
	key := t.Key()
	integer := key.Kind() >= reflect.Int && key.Kind() <= reflect.Uintptr
	if key.Kind() != reflect.String && !integer && !implements[encoding.TextMarshaler](key) {
		return nil, fmt.Errorf("type %s has no JSON form: its keys must be text or integers", t)
	}
	values, err := d.derive(t.Elem())
	return &jsonschema.Schema{Types: []string{"null", "object"}, AdditionalProperties: values}, err
}

// orNull allows null beside what the schema allows.
func orNull(schema *jsonschema.Schema) *jsonschema.Schema {
	switch {
	case schema == nil || schema.Ref == "" && schema.Type == "" && schema.Types == nil:
		return schema
	case schema.Ref != "":
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "null"}, schema}}
	case schema.Type != "":
		schema.Types, schema.Type = []string{"null", schema.Type}, ""
	}
	return schema
}

var errEmbedded = errors.New("an embedded type holds itself")
