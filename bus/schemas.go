package bus

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/singleflight"

	"github.com/millrace/millrace/resilience"
)

// lookupLimit bounds how long a record waits for the schema that it was written with.
const lookupLimit = 10 * time.Second

const schemaURN = "urn:millrace:schema:"

// schemas is what a bus knows of its registry: the wire format, and the schemas that its records were written with.
type schemas struct {
	registry Registry
	framing  Framing
	ended    context.Context //nolint:containedctx // the bus's own life
	nobody   context.Context //nolint:containedctx // it has ended: who is given it asks nobody
	asked    singleflight.Group
	known    sync.Map // urn to Schema
}

func newSchemas(ended context.Context, r Registry) *schemas {
	framing, _ := r.(Framing)
	nobody, end := context.WithCancel(ended)
	end()
	return &schemas{registry: r, framing: framing, ended: ended, nobody: nobody}
}

// life is the bus's, or has no end where there is none.
func (s *schemas) life() context.Context {
	if s == nil {
		return context.Background()
	}
	return s.ended
}

// frame puts a record's payload into the registry's wire format.
func (s *schemas) frame(ctx context.Context, c *Contract, r *Record) error {
	if s.framing == nil || c == nil || r.Value == nil {
		return nil
	}
	value, err := s.framing.Frame(ctx, c, r.Value)
	if err != nil {
		return fmt.Errorf("frame %s: %w", c.name, err)
	}
	r.Value = value
	r.Headers = append(r.Headers, Header{HeaderFraming, []byte(s.framing.Name())})
	return nil
}

// payload takes a record's value out of its wire format. writer is what it was written with, and the zero value where
// that is the contract's own schema, or the codec need not know.
func (r Record) payload(ctx context.Context, c *Contract) (payload []byte, writer Schema, err error) {
	if len(r.Value) > 0 && r.Value[0] == 0 {
		framing, err := r.framing()
		if err != nil {
			return nil, Schema{}, err
		}
		if framing != nil {
			ctx, cancel := context.WithTimeout(ctx, lookupLimit)
			defer cancel()
			return framing.Unframe(ctx, c, r.Value)
		}
	}
	if !c.resolves {
		return r.Value, Schema{}, nil
	}
	urn, _ := r.Headers.Get(HeaderDataSchema)
	if urn == c.urn() || !strings.HasPrefix(urn, schemaURN+c.name+":") {
		return r.Value, Schema{}, nil
	}
	writer, err = r.schemas.writer(ctx, c.name, urn)
	return r.Value, writer, err
}

// known is the payload, where nobody has to be asked what it was written with.
func (r Record) known(c *Contract) (payload []byte, known bool) {
	if len(r.Value) == 0 || r.Value[0] != 0 {
		return r.Value, true
	}
	framing, err := r.framing()
	if err != nil || framing == nil {
		return r.Value, true
	}
	payload, _, err = framing.Unframe(r.schemas.nobody, c, r.Value)
	return payload, err == nil
}

// framing is the wire format that the record's value is in, nil for none. Who writes without Millrace does not say.
func (r Record) framing() (Framing, error) {
	var ours Framing
	if r.schemas != nil {
		ours = r.schemas.framing
	}
	name, stated := r.Headers.Get(HeaderFraming)
	switch {
	case stated && (ours == nil || ours.Name() != name):
		return nil, fmt.Errorf("it is in the wire format %q; read it on a bus with that registry (bus.SchemaRegistry)", name)
	case stated:
		return ours, nil
	}
	if urn, _ := r.Headers.Get(HeaderDataSchema); strings.HasPrefix(urn, schemaURN) {
		return nil, nil //nolint:nilnil // ours, written without a wire format
	}
	return ours, nil
}

// writer is the schema that a record names.
func (s *schemas) writer(ctx context.Context, contract, urn string) (Schema, error) {
	version, err := strconv.Atoi(urn[strings.LastIndexByte(urn, ':')+1:])
	if err != nil || version < 1 {
		return Schema{}, errors.New("its header " + HeaderDataSchema + " has no version")
	}
	if s == nil {
		return Schema{}, fmt.Errorf("%w: version %d wrote it, and only a record that a bus has read knows where to ask", ErrNoSchema, version)
	}
	if known, ok := s.known.Load(urn); ok {
		return known.(Schema), nil //nolint:forcetypeassert // nothing else is stored
	}
	answer := s.asked.DoChan(urn, func() (any, error) { //nolint:contextcheck // others wait for it too
		ctx, cancel := context.WithTimeout(s.ended, lookupLimit)
		defer cancel()
		return s.look(ctx, contract, version)
	})
	var found singleflight.Result
	select {
	case found = <-answer:
	case <-ctx.Done():
		found.Err = context.Cause(ctx)
	}
	if errors.Is(found.Err, ErrNoSchema) {
		return Schema{}, fmt.Errorf("version %d: %w", version, found.Err)
	}
	if found.Err != nil {
		return Schema{}, resilience.Transient(fmt.Errorf("look for the schema of version %d: %w", version, found.Err))
	}
	s.known.Store(urn, found.Val)
	return found.Val.(Schema), nil //nolint:forcetypeassert // nothing else is returned
}

// look asks the registry, on a goroutine on which nobody else recovers a panic.
func (s *schemas) look(ctx context.Context, contract string, version int) (schema Schema, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("mend Registry.Schema: %w", &PanicError{Value: fmt.Sprint(v), Stack: string(debug.Stack())})
		}
	}()
	return s.registry.Schema(ctx, contract, version)
}

// Adopt returns a record that was not read by this bus, but by a client of its own on the same cluster, as one that
// was: [Event.Decode] then knows its wire format, and finds the schemas that older and newer versions were written with.
func (b *Bus) Adopt(r Record) Record {
	r.schemas = b.schemas
	return r
}

// Received is what a client of [Bus.Client] has read, as a record that this bus has read. Nothing is copied.
func (b *Bus) Received(r *kgo.Record) Record { return b.Adopt(fromKafka(r)) }

// Encode turns messages into records as [Encode] does, in the wire format that this bus publishes in. It is for who
// publishes with a client of its own.
func (b *Bus) Encode(ctx context.Context, msgs ...Message) ([]Record, error) {
	records := make([]Record, 0, len(msgs))
	carried := contextHeaders(ctx)
	for _, m := range msgs {
		for _, leaf := range m.leaves(nil) {
			record, err := b.encode(ctx, &leaf, carried)
			if err != nil {
				return nil, err
			}
			records = append(records, record)
		}
	}
	return records, nil
}

func (b *Bus) encode(ctx context.Context, m *Message, carried carried) (Record, error) {
	record, err := m.record(carried)
	if err != nil || m.verbatim != nil {
		return record, err
	}
	if err := b.schemas.frame(ctx, m.contract, &record); err != nil {
		return Record{}, m.refused(err)
	}
	return record, nil
}
