package partitions

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// fill runs commands, due timers and polled records in the transaction. failed are the errors of the commands that
// could not be done, by their index: they do not stop the others. Commands from left on are for the next transaction.
func (b *batch) fill(commands []command) (left int, failed map[int]error, err error) {
	left, failed = len(commands), make(map[int]error)
	for i := range commands {
		if i > 0 && b.commanded() {
			left = i
			break
		}
		c := &commands[i]
		if c.shard.gone() {
			failed[i] = ErrNotOwner
			continue
		}
		if !c.early && b.lane.shards[c.shard.id] != c.shard {
			failed[i] = ErrNotOwner
			continue
		}
		b.enter(call{shard: c.shard, command: i + 1})
		b.tells, b.topic = c.tells, ""
		err := b.run(c.shard, bus.Record{}, c.do)
		if err != nil {
			if broken, ok := errors.AsType[*brokenError](err); ok {
				return left, failed, broken
			}
			failed[i] = err
		}
	}
	b.tells, b.topic = false, ""
	for _, s := range b.lane.shards {
		if !b.lane.room.admits(ofTimer) {
			break
		}
		if err := b.fire(s); err != nil {
			return left, failed, err
		}
	}
	return left, failed, b.records()
}

// records handles what was polled. What no longer fits is left for the next transaction.
func (b *batch) records() error {
	l := b.lane
	for i, raw := range l.pending {
		s := l.shards[raw.Partition]
		if s == nil || raw.Offset < b.next(s, raw.Topic) {
			continue
		}
		err := errFull
		fits := !b.full() || b.handled == 0 && (b.calls == 0 || !b.heavy())
		if fits && l.room.admits(ofRecord) && b.enter(call{shard: s, topic: raw.Topic, offset: raw.Offset}) {
			err = b.handle(s, raw)
		}
		if errors.Is(err, errFull) {
			l.pending, l.later = l.pending[:i], l.pending[i:]
			return nil
		}
		if err != nil {
			return err
		}
		b.handled++
		b.offsets[s][raw.Topic] = raw.Offset + 1
	}
	return nil
}

// errFull: the record must wait for the next transaction.
var errFull = errors.New("the transaction is full")

// settle tells everybody that the transaction is committed.
func (b *batch) settle(commands, left []command, failed map[int]error) {
	b.lane.pending, b.lane.later = b.lane.later, nil
	b.lane.refused, b.lane.failures = membership{}, 0
	b.lane.room.widen(b)
	b.lane.putBack(left)
	for _, a := range b.after {
		a.then()
	}
	for i := range commands {
		commands[i].end(failed[i])
	}
	b.engine.refused.taken(b.sent)
	b.engine.meters.committed(b)
}

// requeue puts back what the transaction would have done.
func (b *batch) requeue(commands []command) {
	l := b.lane
	l.pending, l.later = append(l.pending, l.later...), nil
	l.putBack(commands)
}

// handle runs one record's handler, as often as the policy says, and decides about what cannot be handled.
func (b *batch) handle(s *shard, raw *kgo.Record) error {
	record := b.engine.bus.Received(raw)
	h := b.engine.config.handlers[record.Topic].of(&record)
	if h == nil {
		b.touch(s)
		return nil
	}
	if parked, err := b.behind(s, &record); parked || err != nil {
		return err
	}
	if refusal := b.refused(); refusal != nil {
		if record.Topic == bus.Topic(b.engine.config.commandTopic()) {
			return b.run(s, record, func(tx *Tx) error { return tx.answer(func() ([]byte, error) { return nil, refusal }) })
		}
		return b.poisoned(s, record, 1, refusal)
	}
	invoke := h.invoke
	if h.fetch != nil {
		if a := b.lane.asides.fetched[raw]; a != nil {
			invoke = a.invoke
		}
	}
	invoke = b.traced(s, &record, invoke)
	err := b.run(s, record, invoke)
	if err == nil {
		return nil
	}
	return b.retry(s, record, invoke, err)
}

// retry makes more attempts at a record, as the policy says, and gives it up after that.
func (b *batch) retry(s *shard, record bus.Record, invoke func(*Tx) error, err error) error {
	c := b.engine.config
	for attempt := 1; ; attempt++ {
		if broken, ok := errors.AsType[*brokenError](err); ok {
			return broken
		}
		if errors.Is(err, errUnread) {
			b.unread(&record, err)
			return errFull
		}
		if b.ctx.Err() != nil && b.handled > 0 {
			return errFull
		}
		if errors.Is(err, bus.ErrDecode) || !c.retry.Again(attempt, err) || b.ctx.Err() != nil {
			return b.poisoned(s, record, attempt, err)
		}
		wait(b.ctx, c.retry.Delay(attempt))
		if err = b.run(s, record, invoke); err == nil {
			return nil
		}
	}
}
