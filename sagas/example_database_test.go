package sagas_test

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/sagas/sagastest"
)

// books is a database in memory. Package sagas/postgres has a ledger for PostgreSQL.
type books struct {
	balance map[string]int
	notes   map[string]sagas.Note
}

// Within keeps what f has changed when it returns no error.
func (b *books) Within(_ context.Context, f func(*books) error) error {
	tx := &books{balance: maps.Clone(b.balance), notes: maps.Clone(b.notes)}
	err := f(tx)
	if err == nil {
		*b = *tx
	}
	return err
}

func (*books) Note(_ context.Context, tx *books, key string, note sagas.Note) (was sagas.Note, first bool, err error) {
	was, known := tx.notes[key]
	if !known {
		tx.notes[key] = note
	}
	return was, !known, nil
}

func (*books) Change(_ context.Context, tx *books, key string, note sagas.Note) error {
	tx.notes[key] = note
	return nil
}

func ExampleDatabase() {
	db := &books{balance: map[string]int{"anna": 100}, notes: map[string]sagas.Note{}}
	withdraw := sagas.Database("withdraw", db,
		func(_ context.Context, tx *books, cents int) (int, error) {
			tx.balance["anna"] -= cents
			return tx.balance["anna"], nil
		},
		func(_ context.Context, tx *books, cents, _ int) error {
			tx.balance["anna"] += cents
			return nil
		})
	flow := sagas.Define("withdrawal", func(s *sagas.Saga, cents int) (int, error) {
		left, err := sagas.Do(s, withdraw, cents)
		if err == nil && left < 0 {
			err = errors.New("that is too much")
		}
		return left, err
	})

	t := standIn{} // a test has its own
	for _, cents := range []int{30, 80} {
		db.notes = map[string]sagas.Note{}                        // both are the same saga, in a test
		run := sagastest.Run(t, flow, cents, sagastest.Crashes()) // each step is called twice
		fmt.Println(run.Status, run.Reason, db.balance["anna"])
	}
	// Output:
	// completed  70
	// compensated that is too much 70
}
