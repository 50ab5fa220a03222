package operations

import (
	"iter"
	"maps"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
)

// parts are a schema and all that it is made of.
func parts(s *jsonschema.Schema) iter.Seq[*jsonschema.Schema] {
	return func(yield func(*jsonschema.Schema) bool) { visit(s, yield) }
}

func visit(s *jsonschema.Schema, yield func(*jsonschema.Schema) bool) bool {
	if s == nil {
		return true
	}
	if !yield(s) {
		return false
	}
	within := slices.Concat(s.AnyOf, []*jsonschema.Schema{s.Items, s.AdditionalProperties})
	for _, some := range []map[string]*jsonschema.Schema{s.Properties, s.Defs} {
		for _, name := range slices.Sorted(maps.Keys(some)) {
			within = append(within, some[name])
		}
	}
	for _, part := range within {
		if !visit(part, yield) {
			return false
		}
	}
	return true
}
