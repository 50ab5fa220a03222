package bus_test

import (
	"context"
	"sync"

	"github.com/millrace/millrace/bus"
)

// memory is a registry in this process. Its wire format is a zero byte.
type memory struct {
	mu      sync.Mutex
	name    string
	schemas map[string]bus.Schema
	refuse  error
	down    error
	log     []string
}

func urn(contract string, version int) string { return contract + "/" + string(rune('0'+version)) }

func (m *memory) Check(_ context.Context, contracts ...*bus.Contract) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range contracts {
		m.log = append(m.log, "check "+c.Name())
	}
	return m.refuse
}

func (m *memory) Register(_ context.Context, contracts ...*bus.Contract) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range contracts {
		schema, err := c.Schema()
		if err != nil {
			return err
		}
		m.log = append(m.log, "register "+c.Name())
		m.schemas[urn(c.Name(), c.Version())] = schema
	}
	return nil
}

func (m *memory) Schema(_ context.Context, contract string, version int) (bus.Schema, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.log = append(m.log, "schema "+urn(contract, version))
	schema, ok := m.schemas[urn(contract, version)]
	if !ok && m.down == nil {
		return schema, bus.ErrNoSchema
	}
	return schema, m.down
}

func (m *memory) Name() string { return m.name }

func (*memory) Frame(_ context.Context, _ *bus.Contract, payload []byte) ([]byte, error) {
	return append([]byte{0}, payload...), nil
}

func (*memory) Unframe(_ context.Context, _ *bus.Contract, value []byte) ([]byte, bus.Schema, error) {
	return value[1:], bus.Schema{}, nil
}

func newMemory() *memory { return &memory{name: "memory", schemas: make(map[string]bus.Schema)} }
