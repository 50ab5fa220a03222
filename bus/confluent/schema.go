package confluent

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/bus"
)

// form is a schema in the registry's form, without what it imports.
func form(schema bus.Schema) (sr.Schema, error) {
	kind, err := language(schema.Type)
	return sr.Schema{Schema: schema.Text, Type: kind}, err
}

func language(name bus.SchemaType) (sr.SchemaType, error) {
	switch name {
	case bus.SchemaJSON:
		return sr.TypeJSON, nil
	case bus.SchemaProtobuf:
		return sr.TypeProtobuf, nil
	case bus.SchemaAvro:
		return sr.TypeAvro, nil
	}
	return 0, fmt.Errorf("%w: the registry has no schema language %s", bus.ErrContract, name)
}

// importForm is an import in the registry's form, once its own imports have versions.
func importForm(kind bus.SchemaType, reference bus.Reference, versions map[string]int) sr.Schema {
	theirs, _ := form(bus.Schema{Type: kind, Text: reference.Text}) // the language is that of who imports it
	theirs.References = links(reference.Imports, versions)
	return theirs
}

// links name imports and their registered versions. The subject of an import is its name.
func links(imports []string, versions map[string]int) []sr.SchemaReference {
	var all []sr.SchemaReference
	for _, name := range imports {
		all = append(all, sr.SchemaReference{Name: name, Subject: name, Version: versions[name]})
	}
	return all
}

func names(references []bus.Reference) []string {
	all := make([]string, len(references))
	for i, reference := range references {
		all[i] = reference.Name
	}
	return all
}

// ours is a registered schema as contracts compare it. What it imports comes in the order in which it is needed.
func ours(theirs sr.Schema, imports []bus.Reference, like bus.Schema) bus.Schema {
	schema := bus.Schema{Type: bus.SchemaType(theirs.Type.String()), Text: theirs.Schema, References: imports}
	if schema.Type == like.Type {
		schema.Name = like.Name
	}
	return schema
}
