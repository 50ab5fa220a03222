package soak_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/locks"
)

// lookEvery is how often a holder looks at its lease.
const lookEvery = 50 * time.Millisecond

// reign is a singleton: it notes that it reigns for as long as its context lets it.
func (j *journal) reign(name string) func(context.Context, *partitions.Lease) error {
	return func(ctx context.Context, lease *partitions.Lease) error {
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for {
			at := monotonic()
			if ctx.Err() != nil {
				return nil
			}
			if err := j.write(note{At: at, What: reigns, Name: name, Token: lease.Token()}); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
			case <-ticker.C:
			}
		}
	}
}

// lockNames are others each minute, so that the history of each is short.
func lockNames(chance *rand.Rand) []string {
	names := make([]string, 3)
	for i := range names {
		names[i] = fmt.Sprintf("%c-%d", 'a'+i, time.Now().Unix()/60)
	}
	chance.Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
	return names[:1+chance.IntN(2)]
}

// takeLocks acquires, holds and gives back until ctx ends.
func (j *journal) takeLocks(ctx context.Context, m *locks.Manager, chance *rand.Rand) error {
	upto := func(d time.Duration) time.Duration { return time.Duration(chance.Int64N(int64(d))) }
	for ctx.Err() == nil {
		names := lockNames(chance)
		patient, cancel := context.WithTimeout(ctx, 2*time.Second+upto(20*time.Second))
		called := monotonic()
		lease, err := m.Acquire(patient, names...)
		gaveUp := patient.Err() != nil
		cancel()
		switch {
		case err == nil:
			if err := j.hold(ctx, lease, called, upto(time.Second)); err != nil {
				return err
			}
		case errors.Is(err, locks.ErrStopped):
			return nil // the manager's own error says why
		case !gaveUp:
			return fmt.Errorf("acquire: %w", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(upto(300 * time.Millisecond)):
		}
	}
	return nil
}

// hold notes what the holder of the names believes, until it has held them for long enough or has lost them.
func (j *journal) hold(ctx context.Context, lease *locks.Lease, called int64, d time.Duration) error {
	all := func(n note) (err error) {
		n.Token = lease.Token()
		for _, n.Name = range lease.Names() {
			err = errors.Join(err, j.write(n))
		}
		return err
	}
	errs := []error{all(note{At: monotonic(), What: granted, Call: called})}
	enough, ticker := time.After(d), time.NewTicker(lookEvery)
	defer ticker.Stop()
	for held := true; held; {
		at := monotonic()
		if lease.Err() != nil {
			break
		}
		errs = append(errs, all(note{At: at, What: believes}))
		select {
		case <-lease.Lost():
		case <-enough:
			held = false
		case <-ticker.C:
		}
	}
	errs = append(errs, all(note{At: monotonic(), What: over, Text: text(lease.Err())}))
	if lease.Release(ctx) == nil {
		errs = append(errs, all(note{At: monotonic(), What: released}))
	}
	return errors.Join(errs...)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
