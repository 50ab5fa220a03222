package outbox

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"
)

const (
	partitions = 3
	keys       = 10_000
	rowsOfTx   = 10
	padding    = 180
)

// prepare makes the table in Debezium's own layout, with the backlog, and a slot for each turn, so that each finds the same.
func (b *bench) prepare(ctx context.Context, turns []*turn) error {
	b.name = "bench" + strconv.FormatInt(time.Now().UnixNano(), 36)
	var slots []string
	for _, t := range turns {
		for run := range b.runs {
			slots = append(slots, b.slot(t, run))
		}
	}
	if err := b.lay(ctx, slots...); err != nil {
		return err
	}
	// n is in the payload, and the key follows from it.
	return b.fill(ctx, b.rows/rowsOfTx, fmt.Sprintf(`DO $$ BEGIN FOR i IN 0..%d LOOP
		INSERT INTO %s SELECT gen_random_uuid(), 'thing', (n %% %d)::text, 'Made', jsonb_build_object('id', n, 'pad', repeat('x', %d))
		FROM generate_series(i * %d, i * %d + %d) n; COMMIT; END LOOP; END $$`,
		b.rows/rowsOfTx-1, b.name, keys, padding, rowsOfTx, rowsOfTx, rowsOfTx-1))
}

// lay makes the table, the publication and slots.
func (b *bench) lay(ctx context.Context, slots ...string) error {
	statements := []string{
		"CREATE TABLE " + b.name + " (id uuid PRIMARY KEY, aggregatetype varchar(255) NOT NULL, aggregateid varchar(255) NOT NULL," +
			" type varchar(255) NOT NULL, payload jsonb)",
		"CREATE PUBLICATION " + b.name + " FOR TABLE " + b.name + " WITH (publish = 'insert')",
	}
	for _, slot := range slots {
		statements = append(statements, "SELECT pg_create_logical_replication_slot('"+slot+"', 'pgoutput')")
	}
	for _, statement := range statements {
		if _, err := b.conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%.60s: %w", statement, err)
		}
	}
	return nil
}

// fill writes the rows.
func (b *bench) fill(ctx context.Context, transactions int, statement string) error {
	began := time.Now()
	if _, err := b.conn.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%.60s: %w", statement, err)
	}
	fmt.Fprintf(os.Stderr, "wrote %d rows in %d transactions in %v\n", b.rows, transactions, time.Since(began).Round(time.Millisecond))
	return nil
}

func (b *bench) slot(t *turn, run int) string {
	return fmt.Sprintf("%s_%s_%d", b.name, t.side.slot, run)
}

// clean drops what prepare made.
func (b *bench) clean(ctx context.Context) error {
	for _, statement := range []string{
		"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE starts_with(slot_name, '" + b.name + "_') AND NOT active",
		"DROP PUBLICATION " + b.name, "DROP TABLE " + b.name,
	} {
		if _, err := b.conn.Exec(context.WithoutCancel(ctx), statement); err != nil {
			return fmt.Errorf("%.60s: %w", statement, err)
		}
	}
	return nil
}
