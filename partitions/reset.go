package partitions

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// ErrMembers is found in the error of [Reset] for a group that nodes are in.
var ErrMembers = errors.New("partitions: nodes are in the group")

// ResetOption changes what [Reset] does.
type ResetOption interface{ applyReset(*reset) }

type resetOption func(*reset)

func (f resetOption) applyReset(r *reset) { f(r) }

// ResetFrom is where the group begins again in its inputs: [bus.Earliest], the default, or [bus.Latest].
func ResetFrom(start bus.Start) ResetOption { return resetOption(func(r *reset) { r.start = start }) }

// ResetInputs names the topics that the group reads, beside its own. Without it they are those of its committed offsets:
// it is needed where these are gone, and where the group has ceased to read some.
func ResetInputs(topics ...bus.Topic) ResetOption {
	return resetOption(func(r *reset) {
		for _, topic := range topics {
			r.given = append(r.given, string(topic))
		}
	})
}

// ResetDryRun changes nothing: what is returned is what would be erased.
func ResetDryRun() ResetOption { return resetOption(func(r *reset) { r.dry = true }) }

// ResetProgress calls f, from one goroutine at a time, with how many changelog records are written so far.
func ResetProgress(f func(records int)) ResetOption {
	return resetOption(func(r *reset) { r.progress = f })
}

// Erased is what [Reset] took away.
type Erased struct {
	// Changelog is the topic that had it.
	Changelog bus.Topic
	// Inputs are the topics that the group reads again, sorted.
	Inputs []bus.Topic
	// Rows are of tables, Timers are armed ones, and Parked are records that wait behind one that could not be handled.
	Rows, Timers, Parked int
	// Records is how many changelog records it takes to erase them.
	Records int
}

// Reset erases a group's state, its tables, timers and parked records, and sets where it begins again, so that its next
// run builds the state anew from its inputs. What it reads again it also emits again, and what singletons and commands
// keep in tables does not come back by itself: a relay of package outbox, say, publishes again what its source has not
// been told of. Dead letters stay. Where the inputs have been given more partitions, the group's own topics are given as many.
//
// The changelog is not deleted: a tombstone is written for each of its keys. So copies on nodes' disks follow, fencing
// tokens go on growing, and the topic's settings stay.
//
// It is for a group that nobody runs: with members it is [ErrMembers]. A node that is started meanwhile ends with
// [ErrOffsets], or makes Reset end with [ErrMembers]. A reset that was interrupted leaves a group that ends with
// [ErrOffsets] until it is reset again, then with [ResetInputs]. It needs the rights to delete the group and write the changelog.
func Reset(ctx context.Context, b *bus.Bus, group string, opts ...ResetOption) (Erased, error) {
	r := &reset{bus: b, names: config{name: group}, start: bus.Earliest, progress: func(int) {}}
	for _, opt := range opts {
		opt.applyReset(r)
	}
	if b == nil || !namePattern.MatchString(group) || (r.start != bus.Earliest && r.start != bus.Latest) {
		return Erased{}, fmt.Errorf("partitions: reset group %q: a bus, a group's name, and bus.Earliest or bus.Latest are needed", group)
	}
	client, err := b.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return Erased{}, err
	}
	defer client.Close()
	r.client, r.admin = client, kadm.NewClient(client)
	err = r.run(ctx)
	return r.erased, missing(err != nil, "partitions: reset group %q: %w", group, err)
}

// reset is one call of [Reset].
type reset struct {
	bus      *bus.Bus
	names    config // only the name is set
	start    bus.Start
	given    []string
	dry      bool
	progress func(int)
	client   *kgo.Client
	admin    *kadm.Client
	count    int // of the inputs' partitions
	own      map[string]int
	erased   Erased
}

func (r *reset) run(ctx context.Context) error {
	r.erased.Changelog = bus.Topic(r.names.changelog())
	if err := r.empty(ctx); err != nil {
		return err
	}
	fetched, err := r.committed(ctx)
	if err != nil {
		return err
	}
	if err := r.look(ctx, fetched); err != nil {
		return err
	}
	if !r.dry {
		if err := r.forget(ctx, fetched); err != nil {
			return err
		}
	}
	if err := r.erase(ctx); err != nil || r.dry {
		return err
	}
	if err := r.grow(ctx); err != nil {
		return err
	}
	return r.commit(ctx)
}

// empty is an error for a group that has members.
func (r *reset) empty(ctx context.Context) error {
	described, err := r.admin.DescribeGroups(ctx, r.names.name)
	if err == nil {
		err = described.Error()
	}
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil
	}
	if n := len(described[r.names.name].Members); n > 0 {
		return fmt.Errorf("%w: stop the %d of them, and what starts them again", ErrMembers, n)
	}
	return missing(err != nil, "look at its members: %w", err)
}

// committed are the group's offsets.
func (r *reset) committed(ctx context.Context) (kadm.OffsetResponses, error) {
	fetched, err := r.admin.FetchOffsets(ctx, r.names.name)
	if err == nil {
		err = fetched.Error()
	}
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil, nil //nolint:nilnil // no group has no offsets
	}
	return fetched, missing(err != nil, "fetch its offsets: %w", err)
}

// forget fences the last owners, waits for what they have left open, and forgets the group's offsets: from here on no node
// begins before the end. The coordinator looks for members once more.
func (r *reset) forget(ctx context.Context, fetched kadm.OffsetResponses) error {
	marks := make(map[ownerMark]bool)
	fetched.Each(func(o kadm.OffsetResponse) {
		if mark, ok := parseMark(o.Metadata); ok {
			mark.live = false // the same producers
			marks[mark] = true
		}
	})
	for mark := range marks {
		if err := fence(ctx, r.bus, mark); err != nil {
			return err
		}
	}
	for {
		_, err := r.committed(kadm.RequireStable(ctx))
		if err == nil {
			break
		}
		if !errors.Is(err, kerr.UnstableOffsetCommit) || ctx.Err() != nil {
			return err
		}
		wait(ctx, pendingWait)
	}
	_, err := r.admin.DeleteGroup(ctx, r.names.name)
	switch {
	case errors.Is(err, kerr.NonEmptyGroup):
		return fmt.Errorf("%w: one has just joined", ErrMembers)
	case errors.Is(err, kerr.GroupIDNotFound):
		return nil
	}
	return missing(err != nil, "delete the group's offsets: %w", err)
}
