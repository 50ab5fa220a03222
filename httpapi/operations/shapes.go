package operations

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/google/jsonschema-go/jsonschema"
)

const shapePrefix = "#/components/schemas/"

// shapes are the schemas of a document, by their names.
type shapes struct {
	all  map[string]*jsonschema.Schema
	text map[string]string // what each was made of
}

func newShapes() shapes {
	return shapes{all: map[string]*jsonschema.Schema{}, text: map[string]string{}}
}

// add takes a type's schema in and says under which name. What it has under $defs comes under names of its own.
func (s *shapes) add(t reflect.Type, schema *jsonschema.Schema) (string, error) {
	text, err := json.Marshal(schema)
	if err != nil {
		return "", fmt.Errorf("the schema of %s: %w", t, err)
	}
	base := nameOf(t)
	name := base
	for n := 2; s.all[name] != nil; n++ {
		if s.text[name] == string(text) {
			return name, nil
		}
		name = base + strconv.Itoa(n)
	}
	own := new(jsonschema.Schema)
	if err := json.Unmarshal(text, own); err != nil {
		return "", fmt.Errorf("the schema of %s: %w", t, err)
	}
	for part := range parts(own) {
		if to, refers := strings.CutPrefix(part.Ref, "#/$defs/"); refers {
			part.Ref = shapePrefix + name + "_" + to
		}
	}
	for _, def := range slices.Sorted(maps.Keys(own.Defs)) {
		s.all[name+"_"+def] = own.Defs[def]
	}
	own.Defs = nil
	s.all[name], s.text[name] = own, string(text)
	return name, nil
}

// nameOf is what a type is called in a document: without its package, and with the types that it was made for.
func nameOf(t reflect.Type) string {
	var words strings.Builder
	name := t.Name()
	if name == "" {
		name = t.String()
	}
	base, args, generic := strings.Cut(name, "[")
	if generic {
		for arg := range strings.SplitSeq(args, ",") {
			base += "_" + arg[strings.LastIndexAny(arg, "./")+1:]
		}
	}
	for _, c := range base {
		if c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c) || c == '_') {
			words.WriteRune(c)
		}
	}
	if words.Len() == 0 {
		return "Value"
	}
	return words.String()
}
