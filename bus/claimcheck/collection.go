package claimcheck

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Collection is what a collection has found and done.
type Collection struct {
	// Topics and Records were read. References are how many ids of objects stand in them, repeated ones included.
	Topics     int   `json:"topics"`
	Records    int64 `json:"records"`
	References int64 `json:"references"`
	// Objects and Bytes are what the store had in the collector's topics. Young objects are within the grace; Kept ones may have a reference.
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"`
	Young   int64 `json:"young"`
	Kept    int64 `json:"kept"`
	// Deleted objects are gone, or would be with [DryRun].
	Deleted      int64 `json:"deleted"`
	DeletedBytes int64 `json:"deleted_bytes"`
}

// LogValue is the collection as attributes.
func (c Collection) LogValue() slog.Value {
	return slog.GroupValue(slog.Int("topics", c.Topics), slog.Int64("records", c.Records),
		slog.Int64("objects", c.Objects), slog.Int64("bytes", c.Bytes),
		slog.Int64("young", c.Young), slog.Int64("kept", c.Kept), slog.Int64("deleted", c.Deleted), slog.Int64("deleted_bytes", c.DeletedBytes))
}

// collection is one run of a collector.
type collection struct {
	*Collector
	Collection

	marks *filter
	// before is when an object must have been put to be deleted.
	before time.Time
	told   time.Time
}

func (r *collection) do(ctx context.Context) error {
	now, err := r.now(ctx)
	if err != nil {
		return err
	}
	r.before = now.Add(-r.grace)
	if r.since != nil {
		oldest, err := r.since(ctx)
		if err != nil {
			return fmt.Errorf("ask since when events wait: %w", err)
		}
		if held := oldest.Add(-r.grace); held.Before(r.before) {
			r.before = held
		}
	}
	r.marks = newFilter(r.memory)
	if err := r.mark(ctx); err != nil {
		return err
	}
	return r.sweep(ctx)
}

// mark of the collector's clock. It is no payload's key.
const clockKey = "millrace-claimcheck-clock"

// now is the time by the store's clock, which is the one that says how old objects are. Where nothing is written it is this machine's.
func (r *collection) now(ctx context.Context) (time.Time, error) {
	if r.dry {
		return time.Now(), nil
	}
	if err := r.store.Put(ctx, clockKey, []byte("{}"), "application/json"); err != nil {
		return time.Time{}, fmt.Errorf("ask for the store's time: %w", err)
	}
	for object, err := range r.store.List(ctx, clockKey) {
		if err != nil {
			return time.Time{}, fmt.Errorf("ask for the store's time: %w", err)
		}
		if object.Key == clockKey {
			return object.Modified, nil
		}
	}
	return time.Time{}, fmt.Errorf("ask for the store's time: %s was put and is not listed; check for a rule that deletes it", clockKey)
}

const tellEvery = time.Second

func (r *collection) tell() {
	if time.Since(r.told) >= tellEvery {
		r.progress(r.Collection)
		r.told = time.Now()
	}
}

// sweep deletes what is old enough and has no reference.
func (r *collection) sweep(ctx context.Context) error {
	pace := newPace(r.deletes)
	for _, topic := range r.topics {
		var keys []string
		for object, err := range r.store.List(ctx, prefix(topic)) {
			if err != nil {
				return fmt.Errorf("list the objects of %s: %w", topic, err)
			}
			if !r.goes(object) {
				continue
			}
			if keys = append(keys, object.Key); len(keys) == deletedAtOnce {
				if err := r.remove(ctx, pace, keys); err != nil {
					return err
				}
				keys = keys[:0]
			}
		}
		if err := r.remove(ctx, pace, keys); err != nil {
			return err
		}
	}
	r.progress(r.Collection)
	return nil
}

// goes counts an object and says whether it is to be deleted.
func (r *collection) goes(o Object) bool {
	own, ours := keyID(o.Key)
	if !ours {
		return false
	}
	r.Objects++
	r.Bytes += o.Size
	r.tell()
	switch {
	case !o.Modified.Before(r.before):
		r.Young++
		return false
	case r.marks.has(own):
		r.Kept++
		return false
	}
	r.Deleted++
	r.DeletedBytes += o.Size
	return true
}

func (r *collection) remove(ctx context.Context, pace *pace, keys []string) error {
	if len(keys) == 0 || r.dry {
		return nil
	}
	if err := pace.wait(ctx, len(keys)); err != nil {
		return err
	}
	if err := r.store.Delete(ctx, keys...); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return nil
}
