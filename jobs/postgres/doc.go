// Package postgres keeps the notes by which jobs are exactly once in PostgreSQL, in the transactions of those who do them.
//
//	ledger, err := postgres.New(pool)
//	err = ledger.Migrate(ctx)
//	var Charge = jobs.Database("card.charge", ledger, func(ctx context.Context, a *jobs.Attempt, tx pgx.Tx, p Payment) (jobs.None, error) {
//		…
//	})
//
// # Guarantees
//
//   - G1: what a job writes and the note that it is done are one transaction: an attempt that comes again does nothing and returns the same. Test: TestOnce.
//   - G2: an attempt that fails leaves nothing behind. Test: TestOnce.
//   - G3: attempts at the same time, as of a node that is cut off, happen one after the other, and one of them does it. Test: TestOnce.
package postgres
