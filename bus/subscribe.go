package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/millrace/millrace/request"
)

// SubscribeOption changes a subscription. [On] is one.
type SubscribeOption interface{ applySubscription(*subscription) }

type subscribeOption func(*subscription)

func (f subscribeOption) applySubscription(s *subscription) { f(s) }

type subscription struct {
	group       string
	handlers    []*handler
	byType      map[string]*handler
	start       Start
	concurrency int
	maxRecords  int
	maxBytes    int
	drain       time.Duration
	session     time.Duration
	commitEvery time.Duration
	broadcast   bool
	shared      bool
	retriesOnly bool
	slots       chan struct{}
}

// StartAt is where a group that has never committed begins: [Earliest], the default, or [Latest].
func StartAt(s Start) SubscribeOption {
	return subscribeOption(func(sub *subscription) { sub.start = s })
}

// Concurrency is how many events the process handles at once, 1 to 10,000. The default is 16.
func Concurrency(n int) SubscribeOption {
	return subscribeOption(func(s *subscription) { s.concurrency = n })
}

// MaxInFlight bounds what is held in memory: events and bytes in all, half of them for one partition, which
// pauses at its limit. Up to a quarter more is held while partitions stand still, so that others go on. The default is
// 10,000 events and 64 MiB.
func MaxInFlight(events, bytes int) SubscribeOption {
	return subscribeOption(func(s *subscription) { s.maxRecords, s.maxBytes = events, bytes })
}

// DrainTimeout is how long running handlers may go on when the subscription stops or loses their partition. After it
// their contexts end with the cause [ErrDrained]. The default is 10 seconds.
func DrainTimeout(d time.Duration) SubscribeOption {
	return subscribeOption(func(s *subscription) { s.drain = d })
}

// SessionTimeout is how long the group waits for a process that has died. The default is 10 seconds, the least 6.
func SessionTimeout(d time.Duration) SubscribeOption {
	return subscribeOption(func(s *subscription) { s.session = d })
}

// Broadcast gives every process every event that is published while it runs, and commits nothing. Failed events are
// retried in place only.
func Broadcast() SubscribeOption {
	return subscribeOption(func(s *subscription) { s.broadcast, s.start = true, Latest })
}

// groupPattern leaves room for the suffixes of the group's own topics.
var groupPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,199}$`)

func newSubscription(group string, opts []SubscribeOption) (*subscription, error) {
	s := &subscription{
		group: group, start: Earliest, concurrency: 16, maxRecords: 10_000, maxBytes: 64 << 20,
		drain: 10 * time.Second, session: 10 * time.Second, commitEvery: 250 * time.Millisecond,
		byType: make(map[string]*handler),
	}
	for _, opt := range opts {
		opt.applySubscription(s)
	}
	errs := []error{s.check()}
	for _, h := range s.handlers {
		name := h.contract.Name()
		if h.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, h.err))
		}
		if s.byType[name] != nil {
			errs = append(errs, fmt.Errorf("%s has two handlers; one group handles a type once", name))
		}
		s.byType[name] = h
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("bus: subscribe %q: %w", group, err)
	}
	return s, nil
}

func (s *subscription) check() error {
	var errs []error
	fail := func(text string, args ...any) { errs = append(errs, fmt.Errorf(text, args...)) }
	if !groupPattern.MatchString(s.group) {
		fail("the group must be 1 to 200 of the characters a-z A-Z 0-9 . _ -")
	}
	if len(s.handlers) == 0 {
		fail("nothing to handle: pass bus.On")
	}
	if s.concurrency < 1 || s.concurrency > 10_000 {
		fail("concurrency %d must be 1 to 10000", s.concurrency)
	}
	if s.maxRecords < s.concurrency || s.maxBytes < 1<<20 {
		fail("in flight must be at least concurrency events and 1 MiB")
	}
	if s.broadcast && s.shared {
		fail("Broadcast and Shared exclude each other")
	}
	if s.session < 6*time.Second || s.drain <= 0 {
		fail("session timeout must be at least 6s and drain timeout positive")
	}
	return errors.Join(errs...)
}

// topics are what the contracts stand in, each once.
func (s *subscription) topics() []Topic {
	set := make(map[Topic]struct{})
	for _, h := range s.handlers {
		set[h.contract.topic] = struct{}{}
	}
	return slices.Sorted(maps.Keys(set))
}

// Subscribe handles events until ctx ends, then lets running handlers finish, commits and leaves the group, and
// returns nil. Processes with the same group share the partitions.
//
// An event is committed only when it and all before it in its partition have been handled, or safely stored in the
// group's retry topic "<group>.retry" or dead letter topic "<group>.dlq". Both are created when they are missing.
// Unreachable brokers are waited for. But where the group's coordinator, or all that lead its topics, are not reached in
// the first 30 seconds, the subscription ends with an error that matches [ErrUnreachable]; with missing topics and
// refused credentials it ends as well.
func (b *Bus) Subscribe(ctx context.Context, group string, opts ...SubscribeOption) error {
	s, err := newSubscription(group, opts)
	if err != nil {
		return err
	}
	bound, cancel := b.bound(request.With(ctx, request.Info{Shard: request.From(ctx).Shard})) // not the subscriber's own request
	defer cancel()
	if err = b.prepare(bound, s); err == nil {
		err = b.consumeReachable(bound, s)
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case b.ended.Err() != nil:
		return ErrClosed
	case err != nil:
		return fmt.Errorf("bus: subscribe %q: %w", group, b.config.reach.explain(err))
	}
	return nil
}

// prepare makes sure that the group's own topics are there, and that the contracts' are.
func (b *Bus) prepare(ctx context.Context, s *subscription) error {
	partitions, err := b.widest(ctx, missingLimit, s.topics()...)
	if err != nil {
		return err
	}
	if _, err := b.widest(ctx, 0, retryTopic(s.group), deadTopic(s.group)); err == nil {
		return nil
	}
	keep := map[string]string{settingRetention: "-1", settingLimit: strconv.Itoa(b.roomFor(ctx, s.topics()))}
	names, err := b.create(ctx, []TopicSpec{
		{Name: retryTopic(s.group), Partitions: partitions, Configs: keep},
		{Name: deadTopic(s.group), Partitions: partitions, Configs: keep},
	})
	if err == nil { // the group must see them when it is joined, and no more than that
		_, err = b.widest(ctx, settleLimit, names...)
	}
	return err
}

func retryTopic(group string) Topic { return Topic(group + ".retry") }

func deadTopic(group string) Topic { return Topic(group + ".dlq") }
