package bus

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// DeadLetter is an event that a group could not handle. Record has the key, value and headers that it came with, and
// its first position; Position is where the dead letter itself stands in the topic "<group>.dlq".
type DeadLetter struct {
	Record   Record
	Reason   Reason
	Error    string
	Attempts int
	FailedAt time.Time
	Position Position
}

// Position is a place in the dead letter topic.
type Position struct {
	Partition Partition
	Offset    int64
}

// String is the position as the command line takes it: partition, "@", offset.
func (p Position) String() string { return fmt.Sprintf("%d@%d", p.Partition, p.Offset) }

// ParsePosition reads what [Position.String] writes.
func ParsePosition(text string) (Position, error) {
	partition, offset, found := strings.Cut(text, "@")
	number, err := strconv.ParseInt(partition, 10, 32)
	at, errAt := strconv.ParseInt(offset, 10, 64)
	if !found || err != nil || errAt != nil || number < 0 || at < 0 {
		return Position{}, fmt.Errorf("bus: position %q must be partition@offset, such as 0@17", text)
	}
	return Position{Partition: Partition(number), Offset: at}, nil
}

// headerRedriven marks a record of the dead letter topic that says of another that it was given back to its group, or discarded.
const headerRedriven = "millrace-redriven"

// DeadLetters iterates over the dead letters of a group that have not been redriven or discarded, oldest first in each partition,
// and ends with the newest. A group without a dead letter topic has none.
func (b *Bus) DeadLetters(ctx context.Context, group string) iter.Seq2[DeadLetter, error] {
	return func(yield func(DeadLetter, error) bool) {
		redriven := make(map[Position]struct{})
		for record, err := range b.Read(ctx, deadTopic(group), Earliest, UntilEnd()) {
			if errors.Is(err, ErrNoTopic) {
				return
			}
			if err != nil {
				yield(DeadLetter{}, err)
				return
			}
			if at, ok := redrivenPosition(record); ok {
				redriven[at] = struct{}{}
			}
		}
		for record, err := range b.Read(ctx, deadTopic(group), Earliest, UntilEnd()) {
			letter := record.DeadLetter()
			if err == nil {
				if _, marker := redrivenPosition(record); marker {
					continue
				}
				if _, done := redriven[letter.Position]; done {
					continue
				}
			}
			if !yield(letter, err) || err != nil {
				return
			}
		}
	}
}

func redrivenPosition(r Record) (Position, bool) {
	text, ok := r.Headers.Get(headerRedriven)
	if _, letter := r.Headers.Get(headerTopic); !ok || letter { // an event may have come with any header
		return Position{}, false
	}
	at, err := ParsePosition(text)
	return at, err == nil
}

// DeadLetter is what a record of the topic "<group>.dlq" tells, one that [DeadLetter.Message] has made.
func (r Record) DeadLetter() DeadLetter {
	h := historyOf(r)
	letter := DeadLetter{
		Attempts: h.attempts, Position: Position{Partition: r.Partition, Offset: r.Offset},
		Record: Record{
			Topic: h.topic, Partition: h.partition, Offset: h.offset, Time: r.Time,
			Key: r.Key, Value: r.Value, Headers: original(r.Headers),
		},
	}
	reason, _ := r.Headers.Get(headerReason)
	letter.Reason = Reason(reason)
	letter.Error, _ = r.Headers.Get(headerError)
	if at, ok := r.Headers.Get(headerAt); ok {
		letter.FailedAt, _ = time.Parse(time.RFC3339Nano, at)
	}
	return letter
}

// Message makes the dead letter that [Bus.DeadLetters] reads back, for the topic "<group>.dlq". It is for engines that
// publish it together with what else they decide; [Bus.Subscribe] does so by itself.
func (l DeadLetter) Message(group string) Message {
	h := placeOf(l.Record)
	d := &delivery{record: l.Record, attempt: l.Attempts}
	cause := errors.New(l.Error)
	return deadLetter(group, d, h, l.Reason, cause).Message()
}
