package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// SchemaTopic is where the schemas of all contracts are registered: one record each, key "<contract>/<version>". The
// first record of a key that is a schema is the valid one, so that of two processes that register at once one wins for
// everybody. The topic is kept for ever and not compacted, since compaction would keep the last.
const SchemaTopic Topic = "millrace.schemas"

// topicRegistry is the registry in the schema topic. What it once read as registered stays so.
type topicRegistry struct {
	bus   *Bus
	mu    sync.Mutex
	known map[string]map[int]Schema
}

// registered is what the schema topic says: for each contract the schema of each version, and which versions are
// unreadable.
type registered struct {
	known   map[string]map[int]Schema
	foreign map[string]map[int]error
}

var errForeign = errors.New("is not a schema")

func (t *topicRegistry) read(ctx context.Context) (registered, error) {
	r := registered{known: make(map[string]map[int]Schema), foreign: make(map[string]map[int]error)}
	for record, err := range t.bus.Read(ctx, SchemaTopic, Earliest, UntilEnd()) {
		if errors.Is(err, ErrNoTopic) {
			return r, nil
		}
		if err != nil {
			return registered{}, err
		}
		if err := r.add(record); err != nil {
			t.bus.config.logger.WarnContext(ctx, "record in the schema topic skipped", "error", err)
		}
	}
	if err := ctx.Err(); err != nil {
		return registered{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known = r.known
	return r, nil
}

// add takes in one record. Whatever is no schema is left aside and told about.
func (r registered) add(record Record) error {
	name, number, found := strings.Cut(string(record.Key), "/")
	version, err := strconv.Atoi(number)
	if !found || err != nil || version < 1 {
		return fmt.Errorf("bus: %s@%d %w: its key is not <contract>/<version>", SchemaTopic, record.Offset, errForeign)
	}
	if _, earlier := r.known[name][version]; earlier {
		return nil
	}
	var schema Schema
	if err := json.Unmarshal(record.Value, &schema); err != nil || schema.Type == "" || schema.Text == "" {
		err := fmt.Errorf("bus: %s@%d, which stands for %s version %d, %w: publish the right one with the same key behind it",
			SchemaTopic, record.Offset, name, version, errForeign)
		put(r.foreign, name, version, err)
		return err
	}
	put(r.known, name, version, schema)
	delete(r.foreign[name], version)
	return nil
}

func put[V any](of map[string]map[int]V, name string, version int, v V) {
	if of[name] == nil {
		of[name] = make(map[int]V)
	}
	of[name][version] = v
}

// lookup is a schema that was read before.
func (t *topicRegistry) lookup(contract string, version int) (Schema, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	schema, ok := t.known[contract][version]
	return schema, ok
}

func (t *topicRegistry) Schema(ctx context.Context, contract string, version int) (Schema, error) {
	if schema, ok := t.lookup(contract, version); ok {
		return schema, nil
	}
	if _, err := t.read(ctx); err != nil {
		return Schema{}, err
	}
	schema, ok := t.lookup(contract, version)
	if !ok {
		return Schema{}, fmt.Errorf("%w: %s version %d", ErrNoSchema, contract, version)
	}
	return schema, nil
}

func (t *topicRegistry) Check(ctx context.Context, contracts ...*Contract) error {
	r, err := t.read(ctx)
	if err != nil {
		return err
	}
	return r.check(contracts)
}

// Register adds the contracts that are not registered yet, and checks that nobody else was first with another schema.
func (t *topicRegistry) Register(ctx context.Context, contracts ...*Contract) error {
	var msgs []Message
	for _, c := range contracts {
		if _, registered := t.lookup(c.name, c.version); registered {
			continue
		}
		schema, err := c.Schema()
		if err != nil {
			return err
		}
		value, err := json.Marshal(schema)
		if err != nil {
			return fmt.Errorf("bus: register %s: %w", c.name, err)
		}
		key := c.name + "/" + strconv.Itoa(c.version)
		msgs = append(msgs, Record{Topic: SchemaTopic, Key: []byte(key), Value: value}.Message())
	}
	if len(msgs) == 0 {
		return nil
	}
	spec := TopicSpec{Name: SchemaTopic, Partitions: 1, Configs: map[string]string{"retention.ms": "-1"}}
	if err := t.bus.Create(ctx, spec); err != nil {
		return err
	}
	if err := t.bus.Publish(ctx, msgs...).Err(); err != nil {
		return err
	}
	return t.Check(ctx, contracts...)
}

// check says what stands in the way of contracts.
func (r registered) check(contracts []*Contract) error {
	var errs []error
	for _, c := range contracts {
		schema, err := c.Schema()
		if err != nil {
			errs = append(errs, fmt.Errorf("%w: %s: %w", ErrContract, c.name, err))
			continue
		}
		errs = append(errs, slices.Collect(maps.Values(r.foreign[c.name]))...)
		for _, version := range slices.Sorted(maps.Keys(r.known[c.name])) {
			errs = append(errs, c.against(version, r.known[c.name][version], schema))
		}
	}
	return errors.Join(errs...)
}

// against compares the contract's schema with the registered one of a version, which may be older, newer or the same.
func (c *Contract) against(version int, registered, schema Schema) error {
	older, newer := registered, schema
	if version > c.version {
		older, newer = schema, registered
	}
	changes, err := c.Compare(older, newer)
	if err != nil {
		return fmt.Errorf("bus: compare %s version %d with version %d: %w", c.name, version, c.version, err)
	}
	if version != c.version {
		changes = slices.DeleteFunc(changes, func(change Change) bool { return change.Breaks&c.compatible == 0 })
	}
	if len(changes) == 0 {
		return nil
	}
	return &IncompatibleError{Contract: c.name, Registered: version, Wanted: c.version, Changes: changes}
}
