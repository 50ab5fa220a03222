package avro

import (
	"fmt"
	"strings"

	"github.com/hamba/avro/v2"

	"github.com/millrace/millrace/bus"
)

func (*codec[T]) Compare(older, newer bus.Schema) ([]bus.Change, error) {
	was, err := parse(older.Text)
	if err != nil {
		return nil, fmt.Errorf("the older schema: %w", err)
	}
	is, err := parse(newer.Text)
	if err != nil {
		return nil, fmt.Errorf("the newer schema: %w", err)
	}
	c := &comparison{rules: avro.NewSchemaCompatibility(), seen: make(map[[2]avro.Schema]bool)}
	c.schemas(was, is, "")
	var told bus.Compatibility
	for _, change := range c.changes {
		told |= change.Breaks
	}
	if err := c.rules.Compatible(is, was); err != nil && told&bus.Backward == 0 {
		c.note(bus.Backward, "", "%v", err)
	}
	if err := c.rules.Compatible(was, is); err != nil && told&bus.Forward == 0 {
		c.note(bus.Forward, "", "%v", err)
	}
	return c.changes, nil
}

// comparison collects the differences between an older and a newer schema.
type comparison struct {
	rules   *avro.SchemaCompatibility
	seen    map[[2]avro.Schema]bool
	changes []bus.Change
}

func (c *comparison) note(breaks bus.Compatibility, path, text string, args ...any) {
	c.changes = append(c.changes, bus.Change{Path: path, What: fmt.Sprintf(text, args...), Breaks: breaks})
}

// breaks says whom a change from one schema to another breaks, by the rules of resolution.
func (c *comparison) breaks(was, is avro.Schema) bus.Compatibility {
	var breaks bus.Compatibility
	if c.rules.Compatible(is, was) != nil {
		breaks |= bus.Backward
	}
	if c.rules.Compatible(was, is) != nil {
		breaks |= bus.Forward
	}
	return breaks
}

func (c *comparison) schemas(was, is avro.Schema, path string) {
	was, is = deref(was), deref(is)
	pair := [2]avro.Schema{was, is}
	if c.seen[pair] {
		return
	}
	c.seen[pair] = true
	if was.Type() == avro.Union || is.Type() == avro.Union {
		switch {
		case was.Type() != avro.Union:
			c.note(bus.Unchecked, path, "became a union")
		case is.Type() != avro.Union:
			c.note(bus.Unchecked, path, "is no longer a union")
		}
		c.unions(branches(was), branches(is), path)
		return
	}
	if was.Type() != is.Type() {
		c.note(c.breaks(was, is), path, "type changed from %s to %s", nameOf(was), nameOf(is))
		return
	}
	if before, after := logical(was), logical(is); before != after {
		c.note(bus.Full, path, "the meaning changed from %s to %s", before, after)
	}
	switch was := was.(type) {
	case *avro.RecordSchema:
		c.names(was, is.(*avro.RecordSchema), path)   //nolint:forcetypeassert // of the same type
		c.records(was, is.(*avro.RecordSchema), path) //nolint:forcetypeassert // of the same type
	case *avro.EnumSchema:
		c.names(was, is.(*avro.EnumSchema), path) //nolint:forcetypeassert // of the same type
		c.enums(was, is.(*avro.EnumSchema), path) //nolint:forcetypeassert // of the same type
	case *avro.FixedSchema:
		other := is.(*avro.FixedSchema) //nolint:forcetypeassert // of the same type
		c.names(was, other, path)
		if was.Size() != other.Size() {
			c.note(bus.Full, path, "the size changed from %d to %d", was.Size(), other.Size())
		}
	case *avro.ArraySchema:
		c.schemas(was.Items(), is.(*avro.ArraySchema).Items(), path+"[]") //nolint:forcetypeassert // of the same type
	case *avro.MapSchema:
		c.schemas(was.Values(), is.(*avro.MapSchema).Values(), path+"{}") //nolint:forcetypeassert // of the same type
	}
}

func (c *comparison) names(was, is avro.NamedSchema, path string) {
	if was.FullName() == is.FullName() {
		return
	}
	var breaks bus.Compatibility
	if !named(is, was) {
		breaks |= bus.Backward
	}
	if !named(was, is) {
		breaks |= bus.Forward
	}
	c.note(breaks, path, "renamed from %s to %s", was.FullName(), is.FullName())
}

// branches are what a schema may be: those of a union, or itself.
func branches(schema avro.Schema) []avro.Schema {
	union, ok := schema.(*avro.UnionSchema)
	if !ok {
		return []avro.Schema{schema}
	}
	all := make([]avro.Schema, len(union.Types()))
	for i, branch := range union.Types() {
		all[i] = deref(branch)
	}
	return all
}

// logical is what a type stands for beside its bytes.
func logical(schema avro.Schema) string {
	if typed, ok := schema.(avro.LogicalTypeSchema); ok && typed.Logical() != nil {
		return strings.ReplaceAll(typed.Logical().String(), `"`, "")
	}
	return "plain " + string(schema.Type())
}

// nameOf is a type as a person would say it.
func nameOf(schema avro.Schema) string {
	schema = deref(schema)
	if union, ok := schema.(*avro.UnionSchema); ok {
		var names []string
		for _, branch := range union.Types() {
			names = append(names, nameOf(branch))
		}
		return strings.Join(names, " or ")
	}
	if named, ok := schema.(avro.NamedSchema); ok {
		return named.FullName()
	}
	return string(schema.Type())
}
