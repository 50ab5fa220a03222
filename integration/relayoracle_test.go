package integration_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// entry is an event of a writer's account.
type entry struct {
	Writer int `json:"writer"`
	N      int `json:"n"`
}

var errRolledBack = errors.New("rolled back by the test")

// writeOn commits transactions of one to nine events of the writer's account, and rolls some back. Each also notes its
// events in a table, which says later what was committed, also where a crash hid the answer.
func (a *arena) writeOn(ctx context.Context, writer int) {
	event := bus.Define("bank."+a.aggregate+".moved", func(e entry) string { return strconv.Itoa(e.Writer) })
	random := rand.New(rand.NewPCG(1, uint64(writer)))
	var conn *pgx.Conn
	defer func() {
		if conn != nil {
			_ = conn.Close(context.WithoutCancel(ctx)) // used no more
		}
	}()
	pace := time.NewTicker(4 * time.Millisecond)
	defer pace.Stop()
	for n := 0; ctx.Err() == nil; <-pace.C {
		if conn == nil || conn.IsClosed() {
			var err error
			if conn, err = pgx.Connect(context.WithoutCancel(ctx), a.database); err != nil {
				conn = nil // it recovers
				continue
			}
		}
		events := 1 + random.IntN(9)
		_ = pgx.BeginFunc(context.WithoutCancel(ctx), conn, func(tx pgx.Tx) error { // the table says what became of it
			for i := n; i < n+events; i++ {
				if _, err := tx.Exec(ctx, "INSERT INTO written VALUES ($1, $2)", writer, i); err != nil {
					return err
				}
				if err := outbox.In(tx).Publish(ctx, event.New(entry{writer, i})).Err(); err != nil {
					return err
				}
			}
			if random.IntN(4) == 0 {
				return errRolledBack
			}
			return nil
		})
		n += events
	}
}

// recovered connects to the database, which may still recover from a crash.
func (a *arena) recovered() *pgx.Conn {
	a.Helper()
	limit := time.Now().Add(patience)
	for {
		conn, err := pgx.Connect(a.Context(), a.database)
		if err == nil {
			return conn
		}
		if time.Now().After(limit) {
			a.Fatal(err)
		}
	}
}

// judge compares the topic with what was committed, and ends the relays in good order.
func (a *arena) judge() {
	a.Helper()
	conn := a.recovered()
	defer conn.Close(a.Context())
	rows, err := conn.Query(a.Context(), "SELECT writer, n FROM written ORDER BY writer, n")
	if err != nil {
		a.Fatal(err)
	}
	committed, err := pgx.CollectRows(rows, pgx.RowToStructByPos[entry])
	if err != nil {
		a.Fatal(err)
	}
	a.until("the rest", len(committed))
	for _, relay := range a.relays {
		relay.end(a.T, syscall.SIGTERM)
	}
	want := map[string]bool{}
	for _, e := range committed {
		want[fmt.Sprintf(`{"writer":%d,"n":%d}`, e.Writer, e.N)] = true
	}
	last, total := map[string]int{}, 0
	for record, err := range a.bus.Read(a.Context(), a.topic(), bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			a.Fatal(err)
		}
		total++
		value := string(record.Value)
		if !want[value] {
			a.Errorf("%s is there again, or was never committed", value)
		}
		delete(want, value)
		n, err := number(record.Value)
		if err != nil {
			a.Fatal(err)
		}
		if before, seen := last[string(record.Key)]; seen && n <= before {
			a.Errorf("account %s: %d comes after %d", record.Key, n, before)
		}
		last[string(record.Key)] = n
	}
	if len(want) > 0 {
		a.Errorf("%d of %d committed events are not there", len(want), len(committed))
	}
	a.Logf("%d events committed, %d records", len(committed), total)
}

// number is an entry's.
func number(value []byte) (int, error) {
	text := string(value)
	return strconv.Atoi(strings.TrimSuffix(text[strings.LastIndexByte(text, ':')+1:], "}"))
}
