package protobuf

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/jhump/protoreflect/v2/protoprint"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/millrace/millrace/bus"
)

const (
	// known is the folder of the files that each compiler brings along.
	known = "google/protobuf/"
	// own is what a schema's own text is called while it is compiled.
	own = "millrace.schema/payload.proto"
)

// describe is the schema of a message: the text of its file, and of each that it imports.
func describe(message protoreflect.MessageDescriptor) (bus.Schema, error) {
	file := message.ParentFile()
	text, err := source(file)
	if err != nil {
		return bus.Schema{}, err
	}
	schema := bus.Schema{Type: bus.SchemaProtobuf, Name: string(message.FullName()), Text: text, Index: index(message)}
	schema.References, err = references(file, nil)
	return schema, err
}

func source(file protoreflect.FileDescriptor) (string, error) {
	printer := protoprint.Printer{OmitComments: protoprint.CommentsAll, Compact: true, SortElements: false}
	text, err := printer.PrintProtoToString(file)
	if err != nil {
		return "", fmt.Errorf("protobuf: print %s: %w", file.Path(), err)
	}
	return text, nil
}

// references adds what a file imports to those that are listed, each behind what it imports itself.
func references(file protoreflect.FileDescriptor, listed []bus.Reference) ([]bus.Reference, error) {
	for _, name := range imports(file) {
		if slices.ContainsFunc(listed, func(r bus.Reference) bool { return r.Name == name }) {
			continue
		}
		imported := find(file, name)
		var err error
		if listed, err = references(imported, listed); err != nil {
			return nil, err
		}
		text, err := source(imported)
		if err != nil {
			return nil, err
		}
		listed = append(listed, bus.Reference{Name: name, Text: text, Imports: imports(imported)})
	}
	return listed, nil
}

// imports are the names of what a file imports and not every compiler knows.
func imports(file protoreflect.FileDescriptor) []string {
	var names []string
	for i := range file.Imports().Len() {
		if name := file.Imports().Get(i).Path(); !strings.HasPrefix(name, known) {
			names = append(names, name)
		}
	}
	return names
}

func find(file protoreflect.FileDescriptor, name string) protoreflect.FileDescriptor {
	for i := range file.Imports().Len() {
		if imported := file.Imports().Get(i); imported.Path() == name {
			return imported.FileDescriptor
		}
	}
	return nil
}

// index is the message's position in its file, then within that message, and so on.
func index(message protoreflect.MessageDescriptor) []int {
	var path []int
	for d := protoreflect.Descriptor(message); ; d = d.Parent() {
		if _, ok := d.(protoreflect.MessageDescriptor); !ok {
			slices.Reverse(path)
			return path
		}
		path = append(path, d.Index())
	}
}

// compile reads a schema back. One that names no message stands for the first of its text.
func compile(schema bus.Schema) (protoreflect.MessageDescriptor, error) {
	if schema.Type != bus.SchemaProtobuf {
		return nil, fmt.Errorf("protobuf: a schema of the language %s", schema.Type)
	}
	texts := map[string]string{own: schema.Text}
	for _, reference := range schema.References {
		texts[reference.Name] = reference.Text
	}
	compiler := protocompile.Compiler{
		MaxParallelism: 1,
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
			Accessor: func(name string) (io.ReadCloser, error) {
				text, ok := texts[name]
				if !ok {
					return nil, fmt.Errorf("%s is imported and not among the references", name)
				}
				return io.NopCloser(strings.NewReader(text)), nil
			},
		}),
	}
	files, err := compiler.Compile(context.Background(), own)
	if err != nil {
		return nil, fmt.Errorf("protobuf: compile the schema of %s: %w", schema.Name, err)
	}
	if schema.Name == "" {
		if messages := files[0].Messages(); messages.Len() > 0 {
			return messages.Get(0), nil
		}
	} else if message, ok := files[0].FindDescriptorByName(protoreflect.FullName(schema.Name)).(protoreflect.MessageDescriptor); ok {
		return message, nil
	}
	return nil, fmt.Errorf("protobuf: the schema does not define the message %q", schema.Name)
}
