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
	began time.Time
	told  time.Time
}

func (r *collection) do(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	r.marks = newFilter(r.memory)
	if err := r.mark(ctx); err != nil {
		return err
	}
	return r.sweep(ctx)
}

// mark of the collector's clock. It is no payload's key.
const clockKey = "millrace-claimcheck-clock"

// begin learns the time by the store's clock, which is the one that says how old objects are: before anything is read.
func (r *collection) begin(ctx context.Context) error {
	if r.began = time.Now(); r.dry {
		return nil
	}
	if err := r.store.Put(ctx, clockKey, []byte("{}"), "application/json"); err != nil {
		return fmt.Errorf("ask for the store's time: %w", err)
	}
	for object, err := range r.store.List(ctx, clockKey) {
		if err != nil {
			return fmt.Errorf("ask for the store's time: %w", err)
		}
		r.began = object.Modified
	}
	return nil
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
	case !o.Modified.Before(r.began.Add(-r.grace)):
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
