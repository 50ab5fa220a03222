package partitions

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/partitions/internal/store"
)

const (
	expireAtOnce   = 1_000
	minExpireCheck = time.Minute
	maxExpireCheck = time.Hour
)

// expire removes the expired rows of a table from the shards of this node, now and then, until ctx ends.
func (e *engine) expire(ctx context.Context, table string, ttl time.Duration) error {
	ticker := time.NewTicker(min(max(ttl, minExpireCheck), maxExpireCheck))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		for _, id := range e.owned() {
			if s := e.shard(id); s != nil && Phase(s.phase.Load()) == PhaseLive {
				if err := e.expireShard(ctx, s, table); err != nil && ctx.Err() == nil && !s.gone() {
					e.logger.WarnContext(ctx, "partitions: expired rows are not removed yet", "group", e.config.name,
						"table", table, "shard", id, "error", err)
				}
			}
		}
	}
}

func (e *engine) expireShard(ctx context.Context, s *shard, table string) error {
	from, end := []byte(table+"/"), []byte(table+"0") // "0" follows "/"
	for {
		keys, err := expiredRows(s.state, from, end, e.config.clock())
		if err != nil || len(keys) == 0 {
			return err
		}
		err = e.do(ctx, s, func(tx *Tx) error {
			for _, key := range keys {
				if value, found := tx.get(key); found && rowExpired(value, tx.Now()) {
					tx.set(key, nil)
				}
			}
			return nil
		})
		if err != nil || len(keys) < expireAtOnce {
			return err
		}
		from = append(bytes.Clone(keys[len(keys)-1]), 0) // the rows belong to the store
	}
}

func expiredRows(state store.Shard, from, end []byte, now time.Time) (keys [][]byte, err error) {
	for row, err := range state.Range(from, end) {
		switch {
		case errors.Is(err, store.ErrClosed):
			return nil, nil
		case err != nil:
			return nil, fmt.Errorf("local state: %w", err)
		}
		if rowExpired(row.Value, now) {
			if keys = append(keys, row.Key); len(keys) == expireAtOnce {
				break
			}
		}
	}
	return keys, nil
}

func rowExpired(stored []byte, now time.Time) bool {
	_, expires, _, err := parseForm(stored)
	return err == nil && expired(expires, now)
}
