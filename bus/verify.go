package bus

import (
	"context"
	"errors"
	"fmt"
)

// Verify makes the cluster ready for the contracts, and refuses what would break others, before anything is published.
// Call it once when a process starts. In this order it
//
//   - checks every definition, and that contracts which share a topic agree about it,
//   - compares every schema with those that the [Registry] holds, of all versions, and returns an [IncompatibleError] for
//     each change that [Compatible] does not allow,
//   - creates the topics that are missing, refuses one whose partition count is not the stated one, and warns of
//     other differences, which [Bus.Drift] lists,
//   - registers the schemas that are new.
//
// A changed schema needs a higher [Version]. A process that is older than the newest version may still start.
func (b *Bus) Verify(ctx context.Context, defs ...Definition) error {
	if err := b.verify(ctx, defs); err != nil {
		return fmt.Errorf("bus: verify: %w", err)
	}
	return nil
}

func (b *Bus) verify(ctx context.Context, defs []Definition) error {
	contracts, err := contractsOf(defs)
	if err != nil {
		return err
	}
	plans, err := agree(contracts)
	if err != nil {
		return err
	}
	registry := b.schemas.registry
	if err := registry.Check(ctx, contracts...); err != nil {
		return err
	}
	if err := b.ensureTopics(ctx, plans); err != nil {
		return err
	}
	return registry.Register(ctx, contracts...)
}

// contractsOf lists the contracts, each once.
func contractsOf(defs []Definition) ([]*Contract, error) {
	contracts := make([]*Contract, 0, len(defs))
	var errs []error
	byName := make(map[string]*Contract)
	for _, def := range defs {
		c := def.Contract()
		errs = append(errs, c.err)
		switch other := byName[c.name]; other {
		case c:
			continue
		case nil:
			byName[c.name] = c
			contracts = append(contracts, c)
		default:
			errs = append(errs, fmt.Errorf("%w: %s is defined twice", ErrContract, c.name))
		}
	}
	return contracts, errors.Join(errs...)
}
