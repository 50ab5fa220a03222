package partitions

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// room is how many calls the next transaction of a lane may hold. Brokers refuse a record together with all others of its
// batch. So a transaction that has met with a refusal is made again with half of its calls, until the one is alone whose
// messages are refused: it is dealt with as one that fails, and the others go on.
type room struct {
	calls  int
	guilty call // was alone in a transaction that brokers refused
	err    error
	denied map[bus.Topic]error // topics that refused the last transaction
	// split transactions hold calls of one kind, and after each that is committed those of the next kind: what keeps coming of one
	// does not keep the guilty of another from being alone.
	split bool
	kind  kind
}

// kind is where a call comes from.
type kind int

const (
	ofCommand kind = iota
	ofTimer
	ofRecord
	kinds
)

// choose passes over kinds of which there are no calls.
func (r *room) choose(there [kinds]bool) {
	for range kinds {
		if there[r.kind] {
			return
		}
		r.kind = (r.kind + 1) % kinds
	}
}

// admits says whether calls of the kind may be made now.
func (r *room) admits(k kind) bool { return !r.split || r.kind == k }

// roomy is how many calls a transaction has room for that is as good as any.
const roomy = 1 << 20

// call says which record, timer or command is handled.
type call struct {
	shard   *shard
	topic   string
	offset  int64
	timer   []byte
	command int // counted from 1
}

func (c call) equal(other call) bool {
	return c.shard == other.shard && c.topic == other.topic && c.offset == other.offset && bytes.Equal(c.timer, other.timer)
}

// narrow learns from a transaction that was aborted. It returns the commands that are to be done again, and whether that
// may be at once.
func (r *room) narrow(b *batch, commands []command) (left []command, soon bool) {
	refusal := b.refusal.Load()
	switch {
	case refusal == nil:
		return commands, false
	case ofTopic(refusal):
		if r.denied == nil {
			r.denied = make(map[bus.Topic]error)
		}
		r.denied[refusal.Topic] = refusal.Err
		return commands, false
	case b.calls > 1:
		r.calls, r.split = b.calls/2, true
		return commands, true
	case b.last.command > 0:
		commands[b.last.command-1].end(refusal)
		return slices.Delete(commands, b.last.command-1, b.last.command), false
	}
	r.guilty, r.err = b.last, refusal
	return commands, false
}

// widen learns from a transaction that was committed.
func (r *room) widen(b *batch) {
	r.denied = nil
	r.kind = (r.kind + 1) % kinds
	switch {
	case b.calls == 0:
	case r.calls < roomy:
		r.calls *= 2
	default:
		r.calls, r.split = math.MaxInt, false
	}
	if b.dealt {
		r.guilty, r.err = call{}, nil
	}
}

// take gives a transaction as many of the commands as it has room for.
func (r *room) take(commands []command) (now, later []command) {
	if !r.admits(ofCommand) {
		return nil, commands
	}
	n := min(len(commands), r.calls)
	if n == len(commands) {
		return commands, nil
	}
	return commands[:n:n], commands[n:]
}

// enter counts a call, if there is room for it.
func (b *batch) enter(c call) bool {
	if b.calls >= b.lane.room.calls {
		return false
	}
	b.calls++
	b.last = c
	return true
}

// refused is why the messages of the call of now were refused when it was alone, or nil. The call is dealt with then.
func (b *batch) refused() error {
	r := &b.lane.room
	if r.err == nil || !r.guilty.equal(b.last) {
		return nil
	}
	b.dealt = true
	return r.err
}

// emitted is the promise of what calls emit.
func (b *batch) emitted(r *kgo.Record, err error) {
	if err != nil {
		refusal := refusedForGood(r, err)
		if refusal != nil && b.refusal.CompareAndSwap(nil, refusal) && ofTopic(refusal) {
			b.engine.refused.note(refusal, time.Now())
		}
	}
	b.promise(r, err)
}

func ofTopic(err error) bool {
	return errors.Is(err, bus.ErrNoTopic) || errors.Is(err, bus.ErrDenied) || errors.Is(err, bus.ErrTopicName)
}
