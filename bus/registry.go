package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// SchemaTopic is where the schemas of all contracts are registered: one record each, key "<contract>/<version>". The
// first record of a key is the valid one, so that of two processes that register at once one wins for everybody. The
// topic is kept for ever and not compacted, since compaction would keep the last.
const SchemaTopic Topic = "millrace.schemas"

// registry is what the schema topic says: for each contract the schema of each version.
type registry map[string]map[int]Schema

func (b *Bus) readRegistry(ctx context.Context) (registry, error) {
	known := make(registry)
	for record, err := range b.Read(ctx, SchemaTopic, Earliest, UntilEnd()) {
		if errors.Is(err, ErrNoTopic) {
			return known, nil
		}
		if err != nil {
			return nil, err
		}
		name, number, found := strings.Cut(string(record.Key), "/")
		version, err := strconv.Atoi(number)
		var schema Schema
		if err := errors.Join(err, json.Unmarshal(record.Value, &schema)); err != nil || !found {
			return nil, fmt.Errorf("bus: %s@%d of %s is not a schema; was it written by something else?", record.Key, record.Offset, SchemaTopic)
		}
		if known[name] == nil {
			known[name] = make(map[int]Schema)
		}
		if _, earlier := known[name][version]; !earlier {
			known[name][version] = schema
		}
	}
	return known, ctx.Err() //nolint:wrapcheck // the caller's own context
}

// check says what stands in the way of a contract.
func (r registry) check(c *Contract) error {
	schema, err := c.Schema()
	if err != nil {
		return err
	}
	for version, registered := range r[c.name] {
		changes, err := incompatible(registered, schema)
		if err != nil {
			return err
		}
		if version == c.version && len(changes) == 0 && registered.Text != schema.Text {
			changes = []Change{{What: "optional fields were added or removed"}}
		}
		if len(changes) > 0 {
			return &IncompatibleError{Contract: c.name, Registered: version, Wanted: c.version, Changes: changes}
		}
	}
	return nil
}

// register adds the contracts that are not registered yet, and checks that nobody else was first with another schema.
func (b *Bus) register(ctx context.Context, known registry, contracts []*Contract) error {
	var msgs []Message
	for _, c := range contracts {
		if _, registered := known[c.name][c.version]; registered {
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
