package operations

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// exact is the largest whole number that all readers of JSON read alike: see RFC 8259, section 6.
const exact = 1<<53 - 1

// limits are what the tags of a field say beyond its type.
type limits struct {
	pattern, format                          string
	enum                                     []any
	minimum, maximum                         *float64
	minLength, maxLength, minItems, maxItems *int
}

func limitsOf(tag reflect.StructTag) (l limits, err error) {
	var wrong []error
	number := func(name string) *float64 {
		text, has := tag.Lookup(name)
		if !has {
			return nil
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("the tag %s is no number", name))
		}
		return &n
	}
	count := func(name string) *int {
		n := number(name)
		if n == nil {
			return nil
		}
		return new(int(*n))
	}
	l = limits{
		pattern: tag.Get("pattern"), format: tag.Get("format"), minimum: number("minimum"), maximum: number("maximum"),
		minLength: count("minLength"), maxLength: count("maxLength"), minItems: count("minItems"), maxItems: count("maxItems"),
	}
	if _, err := regexp.Compile(l.pattern); err != nil {
		wrong = append(wrong, fmt.Errorf("the tag pattern: %w", err))
	}
	if names := tag.Get("enum"); names != "" {
		for name := range strings.SplitSeq(names, ",") {
			l.enum = append(l.enum, name)
		}
	}
	return l, errors.Join(wrong...)
}

// apply puts the limits into a schema. What must have items is not null.
func (l *limits) apply(s *jsonschema.Schema) {
	set(&s.Pattern, l.pattern)
	set(&s.Format, l.format)
	if l.enum != nil {
		s.Enum = l.enum
	}
	for _, pair := range [...]struct{ to, from **float64 }{{&s.Minimum, &l.minimum}, {&s.Maximum, &l.maximum}} {
		if *pair.from != nil {
			*pair.to = *pair.from
		}
	}
	for _, pair := range [...]struct{ to, from **int }{
		{&s.MinLength, &l.minLength}, {&s.MaxLength, &l.maxLength}, {&s.MinItems, &l.minItems}, {&s.MaxItems, &l.maxItems},
	} {
		if *pair.from != nil {
			*pair.to = *pair.from
		}
	}
	if l.minItems != nil && *l.minItems > 0 && slices.Equal(s.Types, []string{"null", "array"}) {
		s.Type, s.Types = "array", nil
	}
}

func set(to *string, value string) {
	if value != "" {
		*to = value
	}
}

// limiting puts the limits of a type's fields into its schema.
type limiting struct {
	root *jsonschema.Schema
	seen map[*jsonschema.Schema]bool
	errs []error
}

func (l *limiting) visit(t reflect.Type, s *jsonschema.Schema) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s = follow(l.root, s); s == nil || l.seen[s] {
		return
	}
	l.seen[s] = true
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		l.visit(t.Elem(), s.Items)
	case reflect.Map:
		l.visit(t.Elem(), s.AdditionalProperties)
	case reflect.Struct:
		l.fields(t, s)
	default: // nothing is within
	}
}

func (l *limiting) fields(t reflect.Type, s *jsonschema.Schema) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if f.Anonymous && name == "" && inner.Kind() == reflect.Struct {
			l.fields(inner, s)
			continue
		}
		if name == "" {
			name = f.Name
		}
		property := s.Properties[name]
		if property == nil {
			continue
		}
		of, err := limitsOf(f.Tag)
		if err != nil {
			l.errs = append(l.errs, fmt.Errorf("the field %s of %s: %w", f.Name, t, err))
		}
		of.apply(property)
		l.visit(f.Type, property)
	}
}

// follow is what a schema refers to, without the null that it may be instead.
func follow(root, s *jsonschema.Schema) *jsonschema.Schema {
	for s != nil {
		switch {
		case s.Ref != "":
			s = root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
		case len(s.AnyOf) == 2 && s.AnyOf[0].Type == "null":
			s = s.AnyOf[1]
		default:
			return s
		}
	}
	return nil
}

// schemaOf is the schema of a shape with its limits; whole numbers of bodies are limited to those that all read alike.
func (s Shape) schemaOf(body bool) (*jsonschema.Schema, error) {
	found, err := s.text()
	if err != nil {
		return nil, err
	}
	schema := new(jsonschema.Schema)
	if err := json.Unmarshal([]byte(found.Text), schema); err != nil {
		return nil, err //nolint:wrapcheck // wrapped by who serves it
	}
	l := limiting{root: schema, seen: map[*jsonschema.Schema]bool{}}
	l.visit(s.typ, schema)
	if body {
		bounded(schema)
	}
	schema.Schema = ""
	return schema, errors.Join(l.errs...)
}

func bounded(s *jsonschema.Schema) {
	for part := range parts(s) {
		if part.Type != "integer" && !slices.Contains(part.Types, "integer") {
			continue
		}
		if part.Minimum == nil {
			part.Minimum = new(float64(-exact))
		}
		if part.Maximum == nil {
			part.Maximum = new(float64(exact))
		}
	}
}
