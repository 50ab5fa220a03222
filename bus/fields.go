package bus

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// field is a struct field as encoding/json sees it.
type field struct {
	name     string
	kind     reflect.Type
	depth    int
	tagged   bool
	optional bool
	quoted   bool
	note     string
}

// object describes a struct: its fields in their order, the ones that may be left out as optional.
func (d *derivation) object(t reflect.Type) (*jsonschema.Schema, error) {
	all, err := fields(t, 0, false, nil)
	if err != nil {
		return nil, err
	}
	schema := &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}}}
	for _, f := range visible(all) {
		property, err := d.derive(f.kind)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", f.name, err)
		}
		if f.quoted {
			property = &jsonschema.Schema{Type: "string"}
		}
		if f.note != "" && property.Ref == "" {
			property.Description = f.note
		}
		if schema.Properties == nil {
			schema.Properties = make(map[string]*jsonschema.Schema)
		}
		schema.Properties[f.name] = property
		schema.PropertyOrder = append(schema.PropertyOrder, f.name)
		if !f.optional {
			schema.Required = append(schema.Required, f.name)
		}
	}
	return schema, nil
}

// fields lists all fields that a struct has or promotes.
func fields(t reflect.Type, depth int, optional bool, within []reflect.Type) ([]field, error) {
	if slices.Contains(within, t) {
		return nil, fmt.Errorf("%w: %s", errEmbedded, t)
	}
	var all []field
	for f := range t.Fields() {
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		embedded := f.Type
		if embedded.Kind() == reflect.Pointer {
			embedded = embedded.Elem()
		}
		promotes := f.Anonymous && name == "" && embedded.Kind() == reflect.Struct
		switch {
		case tag == "-", !f.IsExported() && !promotes:
			continue
		case promotes && known(embedded) == nil:
			inner, err := fields(embedded, depth+1, optional || f.Type.Kind() == reflect.Pointer, append(slices.Clip(within), t))
			if err != nil {
				return nil, err
			}
			all = append(all, inner...)
			continue
		}
		all = append(all, field{
			name: cmp.Or(name, f.Name), kind: f.Type, depth: depth, tagged: name != "",
			optional: optional || leftOut(f.Type, options), quoted: quoted(f.Type, options), note: f.Tag.Get("jsonschema"),
		})
	}
	return all, nil
}

// leftOut says whether a tag's options leave out some values of the type; omitempty never leaves out a struct.
func leftOut(t reflect.Type, options string) bool {
	list := strings.Split(options, ",")
	if slices.Contains(list, "omitzero") {
		return true
	}
	return slices.Contains(list, "omitempty") && t.Kind() != reflect.Struct && (t.Kind() != reflect.Array || t.Len() == 0)
}

func quoted(t reflect.Type, options string) bool {
	if !slices.Contains(strings.Split(options, ","), "string") {
		return false
	}
	kind := t.Kind()
	return kind >= reflect.Bool && kind <= reflect.Float64 || kind == reflect.String
}

// visible applies encoding/json's rules to fields of one name: the least embedded one wins, of several the tagged one,
// and otherwise none.
func visible(all []field) []field {
	byName := make(map[string][]field)
	for _, f := range all {
		byName[f.name] = append(byName[f.name], f)
	}
	var winners []field
	for _, f := range all {
		rivals := byName[f.name]
		if len(rivals) == 0 {
			continue
		}
		delete(byName, f.name)
		slices.SortStableFunc(rivals, func(a, b field) int {
			return cmp.Or(cmp.Compare(a.depth, b.depth), -cmp.Compare(boolean(a.tagged), boolean(b.tagged)))
		})
		if len(rivals) == 1 || rivals[0].depth != rivals[1].depth || rivals[0].tagged != rivals[1].tagged {
			winners = append(winners, rivals[0])
		}
	}
	return winners
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}
