package partitions

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/millrace/millrace/bus"
)

// Timer is a kind of durable timer: one for each key of a shard at most. Timers are rows of the shard and move with it.
// They fire in a transaction, never before their time by the owner's clock, and later only while there is much to do or
// the shard has no owner.
type Timer[K comparable] struct {
	definition *timerDefinition
	keys       keyCodec[K]
}

type timerDefinition struct {
	name   string
	err    error
	invoke func(tx *Tx, key []byte) error
}

// NewTimer defines a timer. Its name and keys are like those of [NewTable]. When it fires it is gone, and handle is
// called with its key. A call that fails, or whose messages brokers
// refuse for good, is repeated after a minute.
func NewTimer[K comparable](name string, handle func(*Tx, K) error) *Timer[K] {
	t := &Timer[K]{definition: &timerDefinition{name: name}}
	keys, err := newKeyCodec[K]()
	if !partPattern.MatchString(name) {
		err = errors.Join(err, errors.New("the name must be 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter"))
	}
	if err = errors.Join(err, missing(handle == nil, "the handler is nil")); err != nil {
		t.definition.err = fmt.Errorf("timer %q: %w", name, err)
	}
	t.keys = keys
	t.definition.invoke = func(tx *Tx, raw []byte) error {
		key, err := keys.parse(raw)
		if err != nil {
			return fmt.Errorf("timer %q: %w", name, err)
		}
		return handle(tx, key)
	}
	return t
}

func (t *Timer[K]) partName() string     { return t.definition.name }
func (t *Timer[K]) partErr() error       { return t.definition.err }
func (t *Timer[K]) applyGroup(c *config) { c.timers[t.definition.name] = t.definition }

// After arms the key's timer to fire when d has passed. An earlier arming of the key is forgotten.
func (t *Timer[K]) After(tx *Tx, d time.Duration, key K) { t.At(tx, tx.Now().Add(d), key) }

// At arms the key's timer to fire at a time, at once if that has passed. An earlier arming of the key is forgotten.
func (t *Timer[K]) At(tx *Tx, at time.Time, key K) {
	if tx.uses(t) {
		tx.arm(t.row(key), at)
	}
}

// Cancel disarms the keys' timers. It is no error when one is not armed.
func (t *Timer[K]) Cancel(tx *Tx, keys ...K) {
	if !tx.uses(t) {
		return
	}
	for _, key := range keys {
		tx.disarm(t.row(key))
	}
}

// Armed says when the key's timer will fire.
func (t *Timer[K]) Armed(tx *Tx, key K) (time.Time, bool) {
	if !tx.uses(t) {
		return time.Time{}, false
	}
	value, found := tx.get(append([]byte(timerPrefix), t.row(key)...))
	return parseDue(value), found
}

func (t *Timer[K]) row(key K) []byte { return t.keys.append([]byte(t.definition.name+"/"), key) }

// A timer is two rows: by its name and key, for arming it anew, and by when it is due, for firing.
const (
	timerPrefix = "!timer/"
	duePrefix   = "!due/"
	// firedAtOnce bounds the timers of one shard that fire in one transaction.
	firedAtOnce = 1000
	fireAgain   = time.Minute
)

func dueRow(at time.Time, row []byte) []byte {
	if latest := time.Unix(0, math.MaxInt64); at.After(latest) { // the year 2262, which is never
		at = latest
	}
	if at.Before(time.Unix(0, 0)) {
		at = time.Unix(0, 0)
	}
	key := binary.BigEndian.AppendUint64([]byte(duePrefix), uint64(at.UnixNano()))
	return append(key, row...)
}

func parseDue(b []byte) time.Time {
	if len(b) < 8 {
		return time.Time{}
	}
	return time.Unix(0, int64(binary.BigEndian.Uint64(b))) //nolint:gosec // written by dueRow
}

func (tx *Tx) arm(row []byte, at time.Time) {
	tx.disarm(row)
	key := dueRow(at, row)
	tx.set(key, []byte{})
	tx.set(append([]byte(timerPrefix), row...), key[len(duePrefix):len(duePrefix)+8])
	tx.overlay.timers = true
}

func (tx *Tx) disarm(row []byte) {
	key := append([]byte(timerPrefix), row...)
	if value, found := tx.get(key); found {
		tx.set(dueRow(parseDue(value), row), nil)
		tx.set(key, nil)
		tx.overlay.timers = true
	}
}

// fire calls the handlers of the shard's timers that are due.
func (b *batch) fire(s *shard) error {
	if s.due.IsZero() || s.due.After(b.now) {
		return nil
	}
	b.engine.meters.late.Record(b.life, b.now.Sub(s.due).Seconds(), b.engine.meters.group)
	var rows [][]byte
	err := b.touch(s).scan([]byte(duePrefix), dueRow(b.now.Add(1), nil), func(key, _ []byte) bool {
		rows = append(rows, key[len(duePrefix)+8:])
		return len(rows) < firedAtOnce
	})
	if err != nil {
		return &brokenError{err}
	}
	for _, row := range rows {
		if b.full() || !b.enter(call{shard: s, timer: row}) {
			break
		}
		if err := b.fireOne(s, row); err != nil {
			return err
		}
	}
	b.overlays[s].timers = true
	return nil
}

func (b *batch) fireOne(s *shard, row []byte) error {
	err := b.run(s, bus.Record{}, func(tx *Tx) error {
		name, key := cut(row)
		definition := b.engine.config.timers[name]
		if definition == nil {
			return fmt.Errorf("timer %q is not among the group's: pass it to partitions.Use", name)
		}
		if refusal := b.refused(); refusal != nil {
			return refusal
		}
		tx.disarm(row)
		return definition.invoke(tx, key)
	})
	if broken, ok := errors.AsType[*brokenError](err); ok || err == nil {
		if ok {
			return broken
		}
		return nil
	}
	b.engine.logger.Error("partitions: timer failed; it fires again", "group", b.engine.config.name, "shard", s.id, "after", fireAgain, "error", err)
	return b.run(s, bus.Record{}, func(tx *Tx) error {
		tx.arm(row, b.now.Add(fireAgain))
		return nil
	})
}

func cut(row []byte) (name string, key []byte) {
	for i, c := range row {
		if c == '/' {
			return string(row[:i]), row[i+1:]
		}
	}
	return string(row), nil
}

// nextTimer reads when the shard's first timer is due.
func (s *shard) nextTimer() error {
	s.due = time.Time{}
	for row, err := range s.state.Range([]byte(duePrefix), []byte("!due0")) {
		if err != nil {
			return err
		}
		s.due = parseDue(row.Key[len(duePrefix):])
		break
	}
	return nil
}
