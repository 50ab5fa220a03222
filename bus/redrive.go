package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// RedriveOption chooses which dead letters are redriven, and watches it. See [Bus.Redrive].
type RedriveOption interface{ applyRedrive(*redrive) }

type redriveOption func(*redrive)

func (f redriveOption) applyRedrive(r *redrive) { f(r) }

type redrive struct {
	wanted   []func(DeadLetter) bool
	progress func(done int)
	origin   bool
}

// ErrNoRetries is found in the error of a [Bus.Redrive] of a group that reads no retry topic.
var ErrNoRetries = errors.New("bus: group has no retry topic")

// ToOrigin gives dead letters back to the topics that they came from instead, where every group sees them again that
// reads those. It is for groups without a retry topic, such as those of package partitions.
func ToOrigin() RedriveOption { return redriveOption(func(r *redrive) { r.origin = true }) }

// Where redrives only the dead letters for which each given condition holds.
func Where(condition func(DeadLetter) bool) RedriveOption {
	return redriveOption(func(r *redrive) { r.wanted = append(r.wanted, condition) })
}

// At redrives only the dead letters at these positions.
func At(positions ...Position) RedriveOption {
	return Where(func(d DeadLetter) bool { return slices.Contains(positions, d.Position) })
}

// Progress is called after each dead letter with how many have been redriven.
func Progress(report func(done int)) RedriveOption {
	return redriveOption(func(r *redrive) { r.progress = report })
}

// Redrive gives dead letters back to their group through its retry topic, in their order, with their attempts at
// zero; no other group sees them again. Each moves in one transaction with the note that it moved, so an interrupted
// redrive may simply be made again. It returns how many moved. Of redrives and discards of one group at the same time, by any processes, the one that
// began last goes on, and the others end with an error that matches [ErrTakenOver]: no dead letter moves twice. One whose transaction Kafka has ended
// because it took too long, 10 seconds, begins once more, and looks at the dead letters again.
// A group that has never been subscribed with this package reads no retry topic: the error matches [ErrNoRetries] then,
// and [ToOrigin] is the other way.
func (b *Bus) Redrive(ctx context.Context, group string, opts ...RedriveOption) (int, error) {
	r := newRedrive(opts)
	return b.settle(ctx, group, r, func(letter DeadLetter, done int) ([]Message, error) {
		back := letter.Record
		if r.origin {
			return []Message{back.Message()}, nil
		}
		if back.Topic = retryTopic(group); done == 0 {
			if err := b.takesRetries(ctx, group); err != nil {
				return nil, err
			}
		}
		return []Message{back.Message()}, nil
	})
}

func newRedrive(opts []RedriveOption) *redrive {
	r := &redrive{progress: func(int) {}}
	for _, opt := range opts {
		opt.applyRedrive(r)
	}
	return r
}

// becoming is what a dead letter becomes, after so many others.
type becoming func(letter DeadLetter, done int) ([]Message, error)

// settle notes of the dead letters that are meant that they are none any more, each in one transaction with what becomes of it.
func (b *Bus) settle(ctx context.Context, group string, r *redrive, becomes becoming) (int, error) {
	done, err := b.settleFrom(ctx, group, r, becomes, 0)
	if errors.Is(err, errOverrun) {
		done, err = b.settleFrom(ctx, group, r, becomes, done)
	}
	return done, err
}

// settleFrom settles dead letters after so many others.
func (b *Bus) settleFrom(ctx context.Context, group string, r *redrive, becomes becoming, done int) (int, error) {
	mover, err := b.newMover(ctx, group)
	if err != nil {
		return done, err
	}
	defer mover.client.Close()
	for letter, err := range b.DeadLetters(ctx, group) {
		if err != nil {
			return done, err
		}
		if slices.ContainsFunc(r.wanted, func(wanted func(DeadLetter) bool) bool { return !wanted(letter) }) {
			continue
		}
		messages, err := becomes(letter, done)
		if err != nil {
			return done, err
		}
		marker := Record{
			Topic: deadTopic(group), Key: letter.Record.Key,
			Headers: Headers{{headerRedriven, []byte(letter.Position.String())}},
		}
		if err := mover.move(ctx, append(messages, marker.Message())); err != nil {
			return done, err
		}
		done++
		r.progress(done)
	}
	return done, ctx.Err()
}

// takesRetries says why nobody would handle what stands in the group's retry topic.
func (b *Bus) takesRetries(ctx context.Context, group string) error {
	_, err := b.widest(ctx, 0, retryTopic(group))
	if errors.Is(err, ErrNoTopic) {
		return fmt.Errorf("%w: nobody would handle what is put into %s; a group of package partitions has none, so give its dead letters "+
			"back to the topics that they came from (bus.ToOrigin, --to-origin), where other groups see them again too: %w",
			ErrNoRetries, retryTopic(group), err)
	}
	return err
}
