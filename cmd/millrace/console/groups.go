package console

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

const (
	changelogSuffix = ".changelog"
	deadSuffix      = ".dlq"
)

// groups are those that have a topic with the suffix.
func (l *looker) groups(ctx context.Context, suffix string) ([]string, error) {
	infos, err := l.Bus.Topics(ctx)
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, info := range infos {
		if group, is := strings.CutSuffix(string(info.Name), suffix); is {
			groups = append(groups, group)
		}
	}
	return groups, nil
}

// kept has what was read of groups' changelogs, which are not read again before something is written to them.
type kept[T any] struct {
	mu sync.Mutex
	of map[string]remembered[T]
}

type remembered[T any] struct {
	ends map[bus.Partition]int64
	what T
}

// read reads a group's changelog, unless it is as it was.
func (k *kept[T]) read(ctx context.Context, b *bus.Bus, group string, read func(context.Context, string) (T, error)) (T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ends, err := b.Offsets(ctx, bus.Topic(group+changelogSuffix), bus.Latest)
	if err != nil {
		var none T
		return none, err
	}
	if last, has := k.of[group]; has && maps.Equal(last.ends, ends) {
		return last.what, nil
	}
	what, err := read(ctx, group)
	if err != nil {
		return what, err
	}
	if k.of == nil {
		k.of = map[string]remembered[T]{}
	}
	k.of[group] = remembered[T]{ends, what}
	return what, nil
}

// joined names a row by what it is of.
func joined(parts ...string) string { return strings.Join(parts, "/") }

// owner is a tenant as a row has it.
func owner(tenant request.Tenant) string { return string(tenant) }

// raw is a value of any type.
type raw = json.RawMessage

// eachGroup reads what every partition group has of something.
func eachGroup[Row any, Rows ~[]Row](ctx context.Context, l *looker, k *kept[Rows], read func(context.Context, string) (Rows, error)) ([]Row, error) {
	groups, err := l.groups(ctx, changelogSuffix)
	if err != nil {
		return nil, err
	}
	var all []Row
	var errs []error
	for _, group := range groups {
		found, err := k.read(ctx, l.Bus, group, read)
		all, errs = append(all, found...), append(errs, err)
	}
	return all, errors.Join(errs...)
}
