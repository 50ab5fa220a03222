package bus

import (
	"context"
	"errors"
)

// ErrNoSchema says that a schema is not registered. The process that publishes a contract must verify it first.
var ErrNoSchema = errors.New("bus: schema is not registered")

// Registry keeps the schemas of contracts, of all their versions. The default is the topic [SchemaTopic] on the bus's
// own cluster; [SchemaRegistry] chooses another one. Implementations are safe for concurrent use, and their errors hold
// no credentials.
type Registry interface {
	// Check says what stands in the way of the contracts, for an incompatible one by an [IncompatibleError], and changes
	// nothing.
	Check(ctx context.Context, contracts ...*Contract) error
	// Register makes the schemas known. Each process that verifies contracts calls it, after Check; of two that register
	// different schemas of one version at once, one wins and the other is told.
	Register(ctx context.Context, contracts ...*Contract) error
	// Schema returns the schema of a contract's version. An error that matches [ErrNoSchema] says that there is none; any
	// other says that it cannot be known now.
	Schema(ctx context.Context, contract string, version int) (Schema, error)
}

// Framing is a registry with a wire format: something before the payload names the schema. What a bus with such a
// registry publishes is in that format, and has the header [HeaderFraming].
type Framing interface {
	Registry
	// Name is what [HeaderFraming] says.
	Name() string
	// Frame returns the payload in the wire format, which begins with a zero byte. It must not change the slice.
	Frame(ctx context.Context, c *Contract, payload []byte) ([]byte, error)
	// Unframe returns the payload alone, and what it was written with: the zero value where that is the contract's own
	// schema. An error that another attempt may mend has class transient.
	Unframe(ctx context.Context, c *Contract, value []byte) (payload []byte, writer Schema, err error)
}

// HeaderFraming says which wire format a record's value is in, "confluent" for instance. Without it the value is the
// payload alone, if Millrace wrote it.
const HeaderFraming = "millrace-framing"

// SchemaRegistry keeps schemas in a registry of its own instead of [SchemaTopic]: [Bus.Verify] registers there, and a
// registry that has a wire format gives it to what this bus publishes. The caller closes the registry after the bus.
func SchemaRegistry(r Registry) Option {
	return option(func(c *config) { c.registry, c.registered = r, true })
}
