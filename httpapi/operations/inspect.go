package operations

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/millrace/millrace/httpapi"
)

// rules are a schema, and the patterns in it.
type rules struct {
	root     *jsonschema.Schema
	patterns map[string]*regexp.Regexp
}

func rulesOf(root *jsonschema.Schema) *rules {
	r := &rules{root: root, patterns: map[string]*regexp.Regexp{}}
	for part := range parts(root) {
		if part.Pattern != "" {
			r.patterns[part.Pattern], _ = regexp.Compile(part.Pattern) // looked at when the tag was read
		}
	}
	return r
}

// most is how many places of a body are named at once.
const most = 20

// inspection looks whether a value is what a schema says, as far as schemas of Go types and their limits say something.
type inspection struct {
	*rules

	wrong []httpapi.Invalid
	// foreign says that something is of another type, or is there that has no name.
	foreign bool
	// respelled says that a whole number was written with a fraction or an exponent, as JSON Schema allows and Go does not.
	respelled bool
}

func (i *inspection) say(pointer, text string, args ...any) {
	if len(i.wrong) < most {
		i.wrong = append(i.wrong, httpapi.Invalid{Pointer: "#" + pointer, Detail: fmt.Sprintf(text, args...)})
	}
}

// spoken are the types in words.
var spoken = map[string]string{ //nolint:gochecknoglobals // a constant
	"string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "an array", "object": "an object",
}

// mayBe are the types that a schema allows; none means all.
func mayBe(s *jsonschema.Schema) []string {
	if s.Type != "" {
		return []string{s.Type}
	}
	return s.Types
}

// value is the value as Go reads it.
func (i *inspection) value(s *jsonschema.Schema, v any, pointer string) any {
	if s == nil || len(s.AnyOf) == 2 && s.AnyOf[0].Type == "null" && v == nil {
		return v
	}
	if s = follow(i.root, s); s == nil {
		return v
	}
	if types := mayBe(s); len(types) > 0 && !slices.Contains(types, typeOf(v)) {
		expected := spoken[types[len(types)-1]]
		number, is := v.(json.Number)
		fits := is && types[len(types)-1] == "integer"
		if fits {
			number, fits = whole(number)
			i.respelled = i.respelled || any(number) != v
		}
		switch {
		case v == nil:
			i.say(pointer, "it is null; expected %s", expected)
			return v
		case !fits:
			i.foreign = true
			i.say(pointer, "expected %s, got %s", expected, spoken[typeOf(v)])
			return v
		}
		v = number
	}
	switch v := v.(type) {
	case string:
		i.text(s, v, pointer)
	case json.Number:
		i.number(s, v, pointer)
	case []any:
		i.list(s, v, pointer)
	case map[string]any:
		i.object(s, v, pointer)
	}
	return v
}

// whole is a whole number in digits alone.
func whole(n json.Number) (json.Number, bool) {
	if _, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return n, true
	}
	f, err := n.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return n, false
	}
	return json.Number(strconv.FormatInt(int64(f), 10)), true
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

func (i *inspection) text(s *jsonschema.Schema, v, pointer string) {
	length, must := utf8.RuneCountInString(v), "must match "+s.Pattern
	if s.Description != "" {
		must = "must be " + s.Description
	}
	switch {
	case s.MaxLength != nil && length > *s.MaxLength:
		i.say(pointer, "shorten it to %d characters; it has %d", *s.MaxLength, length)
	case s.MinLength != nil && length < *s.MinLength:
		i.say(pointer, "give it %d characters or more; it has %d", *s.MinLength, length)
	case s.Enum != nil && !slices.Contains(s.Enum, any(v)):
		i.say(pointer, "must be one of %v", s.Enum)
	case i.patterns[s.Pattern] != nil && !i.patterns[s.Pattern].MatchString(v):
		i.say(pointer, "%s", must)
	}
}

func (i *inspection) number(s *jsonschema.Schema, v json.Number, pointer string) {
	n, err := v.Float64()
	if err != nil {
		i.foreign = true
		i.say(pointer, "expected a number that is not so large")
		return
	}
	low, high := s.Minimum != nil && n < *s.Minimum, s.Maximum != nil && n > *s.Maximum
	switch {
	case (low || high) && s.Minimum != nil && s.Maximum != nil:
		i.say(pointer, "must be %s from %.0f to %.0f", spoken[mayBe(s)[0]], *s.Minimum, *s.Maximum)
	case low:
		i.say(pointer, "must be %v or more", *s.Minimum)
	case high:
		i.say(pointer, "must be %v or less", *s.Maximum)
	}
}

func (i *inspection) list(s *jsonschema.Schema, v []any, pointer string) {
	low, high := s.MinItems != nil && len(v) < *s.MinItems, s.MaxItems != nil && len(v) > *s.MaxItems
	switch {
	case low:
		i.say(pointer, "send %d items or more; there are %d", *s.MinItems, len(v))
	case high:
		i.say(pointer, "send %d items at most; there are %d", *s.MaxItems, len(v))
	default:
		for n, item := range v {
			v[n] = i.value(s.Items, item, pointer+"/"+strconv.Itoa(n))
		}
	}
}

var escaped = strings.NewReplacer("~", "~0", "/", "~1") //nolint:gochecknoglobals // a constant

func (i *inspection) object(s *jsonschema.Schema, v map[string]any, pointer string) {
	for _, name := range s.Required {
		if _, has := v[name]; !has {
			i.say(pointer+"/"+escaped.Replace(name), "it is missing")
		}
	}
	closed := s.AdditionalProperties != nil && s.AdditionalProperties.Not != nil
	for _, name := range slices.Sorted(maps.Keys(v)) {
		property := s.Properties[name]
		if property == nil && closed {
			i.foreign = true
			if len(i.wrong) < most {
				i.say(pointer, "remove the field %q; there are %s", name, strings.Join(slices.Sorted(maps.Keys(s.Properties)), ", "))
			}
			continue
		}
		if property == nil {
			property = s.AdditionalProperties
		}
		v[name] = i.value(property, v[name], pointer+"/"+escaped.Replace(name))
	}
}
