package partitions

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// refusal is what brokers will not take, however often the transaction is made again, and which command emitted it.
type refusal struct {
	command int
	err     error
}

// promiseOf is the promise of what a command emits.
func (b *batch) promiseOf(command int) func(*kgo.Record, error) {
	return func(r *kgo.Record, err error) {
		if err != nil {
			if refused := refusedForGood(r, err); refused != nil {
				b.refusal.CompareAndSwap(nil, &refusal{command: command, err: refused})
			}
		}
		b.promise(r, err)
	}
}

// misplaced is how the client's error of a record begins that is pinned to a partition which its topic does not have.
const misplaced = "invalid record partitioning choice"

// refusedForGood is the error of a record that can never be produced as it is, or nil.
func refusedForGood(r *kgo.Record, err error) error {
	for code, kind := range map[*kerr.Error]error{
		kerr.InvalidTopicException: bus.ErrTopicName, kerr.UnknownTopicOrPartition: bus.ErrNoTopic,
		kerr.TopicAuthorizationFailed: bus.ErrDenied, kerr.InvalidRecord: nil, kerr.InvalidTimestamp: nil,
	} {
		if !errors.Is(err, code) {
			continue
		}
		if kind != nil {
			err = fmt.Errorf("%w: %w", kind, err)
		}
		return refusalOf(r, err)
	}
	if strings.HasPrefix(err.Error(), misplaced) {
		return refusalOf(r, err)
	}
	return nil
}

func refusalOf(r *kgo.Record, err error) error {
	id := ""
	for _, h := range r.Headers {
		if h.Key == bus.HeaderID || id == "" && h.Key == "id" {
			id = string(h.Value)
		}
	}
	return &bus.PublishError{Topic: bus.Topic(r.Topic), ID: id, Err: resilience.Permanent(err)}
}

// told ends the command whose record was refused for good in a transaction that was aborted, and returns the others.
func (b *batch) told(commands []command) []command {
	refused := b.refusal.Load()
	if refused == nil {
		return commands
	}
	commands[refused.command].end(refused.err)
	return slices.Delete(slices.Clone(commands), refused.command, refused.command+1)
}
