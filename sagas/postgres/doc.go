// Package postgres keeps the notes by which steps of sagas are exactly once in PostgreSQL, in the transactions of those who do them.
//
//	ledger, err := postgres.New(pool)
//	err = ledger.Migrate(ctx)
//	var Debit = sagas.Database("debit", ledger, func(ctx context.Context, tx pgx.Tx, p Payment) (int64, error) {
//		…
//	}, undoDebit)
//
// # Guarantees
//
//   - G1: what a step writes and the note that it has are one transaction: called again, it does nothing and returns the same. Test: TestOnce.
//   - G2: an undo is done once, only for what was done, and what comes after it is not done any more. Test: TestUndo.
//   - G3: calls of one step at the same time happen one after the other, and one of them does it. Test: TestAtOnce.
//   - G4: an error leaves nothing behind, and says so by its class; one of the commit says that it may have happened. Test: TestErrors.
//   - G5: notes go when Forget says so, and not before. Test: TestForget.
package postgres
