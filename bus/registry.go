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
)

// SchemaTopic is where the schemas of all contracts are registered: one record each, key "<contract>/<version>". The
// first record of a key that is a schema is the valid one, so that of two processes that register at once one wins for
// everybody. The topic is kept for ever and not compacted, since compaction would keep the last.
const SchemaTopic Topic = "millrace.schemas"

// registry is what the schema topic says: for each contract the schema of each version, and which versions are
// unreadable.
type registry struct {
	known   map[string]map[int]Schema
	foreign map[string]map[int]error
}

var errForeign = errors.New("is not a schema")

func (b *Bus) readRegistry(ctx context.Context) (registry, error) {
	r := registry{known: make(map[string]map[int]Schema), foreign: make(map[string]map[int]error)}
	for record, err := range b.Read(ctx, SchemaTopic, Earliest, UntilEnd()) {
		if errors.Is(err, ErrNoTopic) {
			return r, nil
		}
		if err != nil {
			return registry{}, err
		}
		if err := r.add(record); err != nil {
			b.config.logger.WarnContext(ctx, "record in the schema topic skipped", "error", err)
		}
	}
	return r, ctx.Err() //nolint:wrapcheck // the caller's own context
}

// add takes in one record. Whatever is no schema is left aside and told about.
func (r registry) add(record Record) error {
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

// check says what stands in the way of a contract.
func (r registry) check(c *Contract) error {
	schema, err := c.Schema()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrContract, c.name, err)
	}
	errs := slices.Collect(maps.Values(r.foreign[c.name]))
	for _, version := range slices.Sorted(maps.Keys(r.known[c.name])) {
		errs = append(errs, c.against(version, r.known[c.name][version], schema))
	}
	return errors.Join(errs...)
}

// against compares the contract's schema with the registered one of a version, which may be older, newer or the same.
func (c *Contract) against(version int, registered, schema Schema) error {
	older, newer := registered, schema
	if version > c.version {
		older, newer = schema, registered
	}
	if older.Type != newer.Type {
		what := fmt.Sprintf("the schema language changed from %s to %s", older.Type, newer.Type)
		return c.incompatible(version, Change{What: what, Breaks: Full})
	}
	changes, err := c.compare(older, newer)
	if err != nil {
		return fmt.Errorf("bus: compare %s version %d with version %d: %w", c.name, version, c.version, err)
	}
	if version != c.version {
		changes = slices.DeleteFunc(changes, func(change Change) bool { return change.Breaks&c.compatible == 0 })
	}
	return c.incompatible(version, changes...)
}

func (c *Contract) incompatible(registered int, changes ...Change) error {
	if len(changes) == 0 || registered != c.version && c.compatible == Unchecked {
		return nil
	}
	return &IncompatibleError{Contract: c.name, Registered: registered, Wanted: c.version, Changes: changes}
}

// register adds the contracts that are not registered yet, and checks that nobody else was first with another schema.
func (b *Bus) register(ctx context.Context, r registry, contracts []*Contract) error {
	var msgs []Message
	for _, c := range contracts {
		if _, registered := r.known[c.name][c.version]; registered {
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
	if err := b.Create(ctx, spec); err != nil {
		return err
	}
	if err := b.Publish(ctx, msgs...).Err(); err != nil {
		return err
	}
	decided, err := b.readRegistry(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, c := range contracts {
		errs = append(errs, decided.check(c))
	}
	return errors.Join(errs...)
}

// lookup returns what is registered under a contract's name, of all versions.
func (b *Bus) lookup(name string) SchemaLookup {
	return func(ctx context.Context) ([]Schema, error) {
		r, err := b.readRegistry(ctx)
		if err != nil {
			return nil, err
		}
		return slices.Collect(maps.Values(r.known[name])), nil
	}
}
