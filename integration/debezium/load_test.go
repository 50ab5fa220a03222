package debezium_test

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// load is a writer of many small transactions, until its end.
type load struct {
	end func()

	mu        sync.Mutex
	committed map[string]written // by event id
}

// written is an event of the n-th transaction, which was committed before the position.
type written struct {
	key   string
	n     int
	after outbox.LSN
}

const loadKeys = 7

type counted struct {
	Key string `json:"key"`
	N   int    `json:"n"`
}

func (s *stage) load(w twin) *load {
	l := &load{committed: map[string]written{}}
	ctx, cancel := context.WithCancel(s.Context())
	var running sync.WaitGroup
	running.Go(func() {
		pace := time.NewTicker(2 * time.Millisecond)
		defer pace.Stop()
		for n := 1; ctx.Err() == nil; n++ {
			if err := s.commit(w, l, n); err != nil {
				s.Errorf("write: %v", err)
				return
			}
			<-pace.C
		}
	})
	l.end = sync.OnceFunc(func() { cancel(); running.Wait() })
	s.Cleanup(l.end)
	return l
}

// commit is one transaction of one to three events of one key.
func (s *stage) commit(w twin, l *load, n int) error {
	name, key := s.named(w, "§"), strconv.Itoa(n%loadKeys)
	placed := bus.Define("shop."+name+".placed", func(c counted) string { return c.Key })
	ctx := context.WithoutCancel(s.Context())
	var events []bus.Message
	for range 1 + n%3 {
		events = append(events, placed.New(counted{Key: key, N: n}, bus.ID(uuid.NewString())))
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		return outbox.In(tx, outbox.Table(name)).Publish(ctx, events...).Err()
	})
	if err != nil {
		return err
	}
	var text string
	if err := s.pool.QueryRow(ctx, "SELECT pg_current_wal_insert_lsn()::text").Scan(&text); err != nil {
		return err
	}
	after, err := outbox.ParseLSN(text)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, event := range events {
		l.committed[event.ID()] = written{key, n, after}
	}
	return err
}

// wanted is how many events there will be soon.
func (l *load) wanted() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.committed) + 1000
}
