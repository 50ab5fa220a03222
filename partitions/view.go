package partitions

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/partitions/internal/store"
)

// Reader is what a [Table] is read through: a [Tx], or a [View].
type Reader interface {
	uses(p part) bool
	get(key []byte) (value []byte, found bool)
	scan(from, to []byte, yield func(key, value []byte) bool)
	space() *[]byte
	now() time.Time
	breaks(err error)
	whole() bool
}

// Freshness is how new what a [View] reads must be.
type Freshness int8

// The levels, from the strictest.
const (
	// Current reads what was committed before the view was asked for, and perhaps later: a transaction of the shard goes
	// first, a few milliseconds while there is little to do.
	Current Freshness = iota
	// Leased reads the owner's tables as of its last transaction. No other node can have written meanwhile: the owner was
	// within its trust window, see [Singleton], before and after the reading. What another process knows of as committed may
	// be missing for as long as this node takes to apply it, milliseconds.
	Leased
	// AnyCopy reads what this node has, as the owner or as one of the [Standbys], however old it is. [View.Lag] tells.
	AnyCopy
)

// View reads the tables of one shard on this node, outside of transactions. Each row is read as a transaction left it;
// two rows may be of two transactions. [Group.Do] sees all rows at one moment. A View must not be used once its function
// has returned, nor by two goroutines at once.
type View struct {
	engine  *engine
	shard   *shard
	scratch []byte
	err     error
}

// View calls f with the key's shard, at the level of freshness given, which is [Current] unless one is. Where that cannot
// be had from this node, also where it was lost while f ran, the error is a [*NotOwnerError] and what f has read must
// be thrown away. [Group.Forward] brings HTTP requests to the owner.
func (g *Group) View(ctx context.Context, key string, f func(*View) error, freshness ...Freshness) error {
	e, err := g.running()
	if err != nil {
		return err
	}
	level := Current
	if len(freshness) > 0 {
		level = freshness[0]
	}
	s, err := e.viewed(key, level)
	if err != nil {
		return err
	}
	token := s.token.Load()
	if level == Current {
		if err := e.do(ctx, s, func(*Tx) error { return nil }); err != nil {
			return err
		}
	}
	v := &View{engine: e, shard: s}
	err = errors.Join(f(v), v.err)
	if errors.Is(err, store.ErrClosed) || level == Leased && !e.leased(s, token) {
		return e.elsewhere(s.id)
	}
	return err
}

// viewed is the shard to read.
func (e *engine) viewed(key string, level Freshness) (*shard, error) {
	if level == AnyCopy {
		if s := e.copyOf(e.shardOf([]byte(key))); s != nil {
			return s, nil
		}
	}
	s, err := e.live(key)
	if err == nil && level == Leased && !e.trust.stands() {
		return nil, e.elsewhere(s.id)
	}
	return s, err
}

// leased says whether all that was read of the shard until now was read as its owner.
func (e *engine) leased(s *shard, token int64) bool {
	return e.trust.stands() && !s.gone() && Phase(s.phase.Load()) == PhaseLive && s.token.Load() == token
}

// Shard is the number of the shard.
func (v *View) Shard() int32 { return v.shard.id }

// Lag is how many records of the changelog the copy is known to lack: 0 for the owner.
func (v *View) Lag() int64 { return v.shard.lag.Load() }

// Err is the first error of what was read. [Group.View] returns it, whatever its function returns.
func (v *View) Err() error { return v.err }

func (v *View) fail(err error) {
	if err != nil && v.err == nil {
		v.err = err
	}
}

func (v *View) uses(p part) bool {
	err := v.engine.config.using(p)
	v.fail(err)
	return err == nil
}

func (v *View) get(key []byte) ([]byte, bool) {
	value, found, err := v.shard.state.Get(key)
	v.breaks(err)
	return value, found && err == nil
}

func (v *View) scan(from, to []byte, yield func(key, value []byte) bool) {
	for row, err := range v.shard.state.Range(from, to) {
		if v.breaks(err); err != nil || !yield(row.Key, row.Value) {
			return
		}
	}
}

func (v *View) space() *[]byte { return &v.scratch }
func (v *View) now() time.Time { return v.engine.config.clock() }
func (v *View) whole() bool    { return v.err == nil }

func (v *View) breaks(err error) {
	if err != nil {
		v.fail(fmt.Errorf("local state: %w", err))
	}
}

var (
	_ Reader = (*Tx)(nil)
	_ Reader = (*View)(nil)
)
