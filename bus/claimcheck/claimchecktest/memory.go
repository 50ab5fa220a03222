package claimchecktest

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/millrace/millrace/bus/claimcheck"
)

// Memory is a [claimcheck.Store] within the process. Its zero value is empty and ready.
type Memory struct {
	mu      sync.Mutex
	objects map[string]object
	away    bool
}

type object struct {
	data     []byte
	modified time.Time
}

var errAway = errors.New("the store is away")

// Away lets all calls fail until it is called with false.
func (m *Memory) Away(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = away
}

// Age makes all objects older by d, as if they had been put before.
func (m *Memory) Age(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, o := range m.objects {
		o.modified = o.modified.Add(-d)
		m.objects[key] = o
	}
}

// begin locks the store, if it answers.
func (m *Memory) begin(ctx context.Context) error {
	m.mu.Lock()
	err := ctx.Err()
	if err == nil && m.away {
		err = errAway
	}
	if err != nil {
		m.mu.Unlock()
	}
	return err
}

// Put implements [claimcheck.Store].
func (m *Memory) Put(ctx context.Context, key string, data []byte, _ string) error {
	if err := m.begin(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	if m.objects == nil {
		m.objects = map[string]object{}
	}
	m.objects[key] = object{bytes.Clone(data), time.Now()}
	return nil
}

// Get implements [claimcheck.Store].
func (m *Memory) Get(ctx context.Context, key string, limit int64) ([]byte, error) {
	if err := m.begin(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	o, has := m.objects[key]
	if !has {
		return nil, claimcheck.ErrMissing
	}
	return bytes.Clone(o.data[:min(limit, int64(len(o.data)))]), nil
}

// List implements [claimcheck.Store].
func (m *Memory) List(ctx context.Context, prefix string) iter.Seq2[claimcheck.Object, error] {
	return func(yield func(claimcheck.Object, error) bool) {
		if err := m.begin(ctx); err != nil {
			yield(claimcheck.Object{}, err)
			return
		}
		objects := maps.Clone(m.objects)
		m.mu.Unlock()
		for _, key := range slices.Sorted(maps.Keys(objects)) {
			o := objects[key]
			if strings.HasPrefix(key, prefix) && !yield(claimcheck.Object{Key: key, Size: int64(len(o.data)), Modified: o.modified}, nil) {
				return
			}
		}
	}
}

// Delete implements [claimcheck.Store].
func (m *Memory) Delete(ctx context.Context, keys ...string) error {
	if err := m.begin(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, key := range keys {
		delete(m.objects, key)
	}
	return nil
}
