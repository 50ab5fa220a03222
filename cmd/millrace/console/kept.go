package console

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// Bounds of what a serving process does for its console: what is read of one group's changelog, in bytes and time, or of all groups' dead letters, in
// bytes, and how many rows of a section are held beside those that are shown.
const (
	mostHeld   = 64 << 20
	groupLimit = 10 * time.Second
	mostKept   = 100_000
)

// kept has what was read of groups' changelogs, which are not read again before something is written to them. Its lock is not held
// while Kafka is asked.
type kept[Row any] struct {
	mu sync.Mutex
	of map[string]remembered[Row]
}

type remembered[Row any] struct {
	ends map[bus.Partition]int64
	rows []Row
}

// read reads a group's changelog, unless it is as it was.
func (k *kept[Row]) read(ctx context.Context, b *bus.Bus, group string, read func(context.Context, string) ([]Row, error)) ([]Row, error) {
	ctx, cancel := context.WithTimeoutCause(partitions.LimitStored(ctx, mostHeld), groupLimit, errLong)
	defer cancel()
	ends, err := b.Offsets(ctx, bus.Topic(group+changelogSuffix), bus.Latest)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	last, has := k.of[group]
	k.mu.Unlock()
	if has && maps.Equal(last.ends, ends) {
		return last.rows, nil
	}
	rows, err := read(ctx, group)
	switch {
	case errors.Is(err, partitions.ErrStoredTooLarge):
		return nil, fmt.Errorf("%w; a console does not read it: use the commands of `millrace` on %s", err, group)
	case err != nil && errors.Is(context.Cause(ctx), errLong):
		return nil, fmt.Errorf("%w: use the commands of `millrace` on %s", errLong, group)
	case err != nil:
		return rows, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == nil {
		k.of = map[string]remembered[Row]{}
	}
	k.of[group] = remembered[Row]{ends, rows}
	return rows, nil
}

// only forgets groups that are gone, and those that are too large to be held all together.
func (k *kept[Row]) only(groups []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	of, held := make(map[string]remembered[Row], len(groups)), 0
	for _, group := range groups {
		if last, has := k.of[group]; has && held+len(last.rows) <= mostKept {
			of[group] = last
			held += len(last.rows)
		}
	}
	k.of = of
}

var errLong = errors.New("the changelog is too long to be read by a console in " + groupLimit.String())

// eachGroup reads what every partition group has of something.
func eachGroup[Row any](ctx context.Context, l *looker, k *kept[Row], read func(context.Context, string) ([]Row, error)) ([]Row, error) {
	groups, err := l.groups(ctx, changelogSuffix)
	if err != nil {
		return nil, err
	}
	k.only(groups)
	var all []Row
	var errs []error
	for _, group := range groups {
		found, err := k.read(ctx, l.Bus, group, read)
		all, errs = append(all, found...), append(errs, err)
	}
	return all, errors.Join(errs...)
}
