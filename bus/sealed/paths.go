package sealed

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/millrace/millrace/bus"
)

// path is where a sealed field is: the names of a JSON Pointer, with * for each element of an array and each member of a map.
type path struct {
	text  string
	names []string
}

// ErrPath is found in the error of a path that leads to no text of the type.
var ErrPath = errors.New("sealed: no such text field")

// parsePaths reads paths, and holds them against the schema: a field that is misspelt here would be in the clear.
func parsePaths(texts []string, of bus.Schema) ([]path, error) {
	if of.Type != bus.SchemaJSON {
		return nil, fmt.Errorf("sealed: the codec must be one of JSON, not of %s", of.Type)
	}
	var whole jsonschema.Schema
	if err := json.Unmarshal([]byte(of.Text), &whole); err != nil {
		return nil, fmt.Errorf("sealed: read the schema: %w", err)
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%w: name one at least", ErrPath)
	}
	var paths []path
	for _, text := range texts {
		rest, rooted := strings.CutPrefix(text, "/")
		if !rooted {
			return nil, fmt.Errorf("%w: %q is no JSON Pointer: it begins with /", ErrPath, text)
		}
		p := path{text: text}
		for name := range strings.SplitSeq(rest, "/") {
			p.names = append(p.names, strings.ReplaceAll(strings.ReplaceAll(name, "~1", "/"), "~0", "~"))
		}
		if at := follow(&whole, &whole, p.names); at == nil || !isText(&whole, at) {
			return nil, fmt.Errorf("%w: %q", ErrPath, text)
		}
		paths = append(paths, p)
	}
	return paths, nil
}

// follow is the schema at the end of the names, nil where there is none.
func follow(whole, at *jsonschema.Schema, names []string) *jsonschema.Schema {
	at = resolved(whole, at)
	switch {
	case at == nil || len(names) == 0:
		return at
	case names[0] == "*" && at.Items != nil:
		return follow(whole, at.Items, names[1:])
	case names[0] == "*" && at.AdditionalProperties != nil:
		return follow(whole, at.AdditionalProperties, names[1:])
	}
	if next := at.Properties[names[0]]; next != nil {
		return follow(whole, next, names[1:])
	}
	for _, one := range append(at.AnyOf, at.OneOf...) { // what may be null
		if found := follow(whole, one, names); found != nil {
			return found
		}
	}
	return nil
}

const defs = "#/$defs/"

func resolved(whole, at *jsonschema.Schema) *jsonschema.Schema {
	for range len(whole.Defs) + 1 {
		if at == nil || at.Ref == "" {
			return at
		}
		at = whole.Defs[strings.TrimPrefix(at.Ref, defs)]
	}
	return nil
}

// isText says whether a value is text, or may be.
func isText(whole, at *jsonschema.Schema) bool {
	if at.Type == "string" || slices.Contains(at.Types, "string") {
		return at.Format == "" && at.Enum == nil && at.Const == nil && at.Pattern == "" && at.MaxLength == nil
	}
	for _, one := range append(at.AnyOf, at.OneOf...) {
		if one = resolved(whole, one); one != nil && isText(whole, one) {
			return true
		}
	}
	return false
}

// match is the path that leads to a place, nil where none does.
func match(paths []path, place []string) *path {
	for i := range paths {
		p := &paths[i]
		if len(p.names) != len(place) {
			continue
		}
		same := true
		for j, name := range p.names {
			same = same && (name == "*" || name == place[j])
		}
		if same {
			return p
		}
	}
	return nil
}
