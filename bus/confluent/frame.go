package confluent

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

const headerLength = 5

var errHeader = errors.New("the header of the wire format is cut or wrong")

// Frame puts a payload into the wire format. A contract that is not registered is refused.
func (r *Registry) Frame(ctx context.Context, c *bus.Contract, payload []byte) ([]byte, error) {
	e, err := r.entry(ctx, c)
	if errors.Is(err, bus.ErrNoSchema) {
		return nil, fmt.Errorf("%w: verify it before it is published: %w", bus.ErrContract, err)
	}
	if err != nil {
		return nil, err
	}
	var header sr.ConfluentHeader
	value, err := header.AppendEncode(make([]byte, 0, headerLength+len(e.schema.Index)+1+len(payload)), e.id, index(e.schema))
	return append(value, payload...), err
}

// index is the message's position where the language asks for one.
func index(schema bus.Schema) []int {
	if schema.Type != bus.SchemaProtobuf {
		return nil
	}
	if len(schema.Index) == 0 {
		return []int{0}
	}
	return schema.Index
}

// Unframe takes a value out of the wire format. Only Avro needs the writer's schema, which is asked for once for each id.
func (r *Registry) Unframe(ctx context.Context, c *bus.Contract, value []byte) ([]byte, bus.Schema, error) {
	var header sr.ConfluentHeader
	id, payload, err := header.DecodeID(value)
	if err != nil {
		return nil, bus.Schema{}, errHeader
	}
	known, registered := r.known.Load(c)
	e, _ := known.(entry)
	if !registered {
		if e.schema, err = c.Schema(); err != nil {
			return nil, bus.Schema{}, err
		}
		if e.schema.Type != bus.SchemaAvro { // its id is of no use, so it need not be found first
			r.remember(c, e.schema, -1)
		}
	}
	switch {
	case e.schema.Type == bus.SchemaProtobuf:
		payload, err = afterIndex(payload)
		return payload, bus.Schema{}, err
	case e.schema.Type == bus.SchemaJSON || registered && e.id == id:
		return payload, bus.Schema{}, nil
	}
	writer, err := r.writer(ctx, id)
	return payload, writer, err
}

// afterIndex is what follows a Protobuf message's position, which may not be longer than what holds it.
func afterIndex(data []byte) ([]byte, error) {
	var header sr.ConfluentHeader
	_, payload, err := header.DecodeIndex(data, max(1, len(data)))
	if err != nil {
		return nil, errHeader
	}
	return payload, nil
}

func (r *Registry) writer(ctx context.Context, id int) (bus.Schema, error) {
	if known, ok := r.writers.Load(id); ok {
		return known.(bus.Schema), nil //nolint:forcetypeassert // nothing else is stored
	}
	theirs, err := r.client.SchemaByID(ctx, id)
	if err != nil {
		return bus.Schema{}, failure(fmt.Sprintf("read the schema %d", id), err)
	}
	if len(theirs.References) > 0 {
		return bus.Schema{}, resilience.Permanent(fmt.Errorf("confluent: the schema %d imports others, which Avro data cannot be read with here", id))
	}
	schema := ours(theirs, nil, bus.Schema{})
	r.writers.Store(id, schema)
	return schema, nil
}
