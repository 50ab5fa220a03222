package integration_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/internal/pgtest"
)

// peak is the most memory that the pod ever used, in MB. Linux only.
func (p *pod) peak(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		t.Skipf("SKIPPED, memory of a process is not told here: %v", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int
	if _, err := fmt.Sscanf(rest, "%d kB", &kilobytes); err != nil {
		t.Fatal(err)
	}
	return kilobytes >> 10
}

// TestLargeTransaction commits 300,000 rows at once: the relay publishes them in order with a bounded part in memory. The
// rows of the transaction take some 300 MB there.
func TestLargeTransaction(t *testing.T) {
	t.Parallel()
	const rows, keys, limit = 300_000, 5, 160
	a := newArena(t, shared.Kafka(t).URL, pgtest.Open(t), "large")
	a.enter()
	a.execute(fmt.Sprintf(`INSERT INTO outboxevent (id, aggregatetype, aggregateid, type, payload)
		SELECT gen_random_uuid(), 'large', n %% %d, 'Made', json_build_object('pad', repeat('x', 200), 'n', n)
		FROM generate_series(0, %d) n`, keys, rows-1))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	next, count := map[string]int{"0": 0, "1": 1, "2": 2, "3": 3, "4": 4}, 0
	for record, err := range a.bus.Read(ctx, a.topic(), bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		text := string(record.Value)
		n, err := strconv.Atoi(strings.Trim(text[strings.LastIndexByte(text, ':')+1:], " }"))
		if key := string(record.Key); err != nil || next[key] != n {
			t.Fatalf("key %s: %d, want %d: %v", key, n, next[key], err)
		}
		next[string(record.Key)] = n + keys
		if count++; count == rows {
			break
		}
	}
	peak := a.relays[0].peak(t)
	t.Logf("the relay used %d MB", peak)
	if peak > limit {
		t.Errorf("the relay used %d MB for %d rows, more than %d", peak, rows, limit)
	}
}

// TestQuietOutbox fills the log from another database for twenty seconds, while the outbox has nothing: the relay lets
// the server forget what is ten seconds old, and in the end all of it.
func TestQuietOutbox(t *testing.T) {
	t.Parallel()
	const lasts, limit = 20 * time.Second, 10
	a := newArena(t, shared.Kafka(t).URL, pgtest.Open(t), "quiet")
	a.enter()
	a.publish(1)
	a.arrived(1)
	a.execute("CREATE DATABASE other")
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	var churning sync.WaitGroup
	churning.Go(func() { a.churn(ctx) })
	defer churning.Wait()
	conn, err := pgx.Connect(t.Context(), a.database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var ends []int64 // of the log, by seconds
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for ctx.Err() == nil {
		var end, confirmed int64
		if err := conn.QueryRow(t.Context(), `SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, confirmed_flush_lsn - '0/0'::pg_lsn
			FROM pg_replication_slots`).Scan(&end, &confirmed); err != nil {
			t.Fatal(err)
		}
		if ends = append(ends, end); len(ends) > limit && confirmed < ends[len(ends)-1-limit] {
			t.Errorf("after %d s the slot is %d bytes behind, more than was written in %d s", len(ends), end-confirmed, limit)
		}
		<-second.C
	}
	churning.Wait()
	written := ends[len(ends)-1] - ends[0]
	if written < 10<<20 {
		t.Fatalf("the churn was %d bytes", written)
	}
	asking := time.After(patience)
	for forgotten := false; !forgotten; <-second.C {
		a.execute("CHECKPOINT") // which notes from where a slot could be read again
		if err := conn.QueryRow(t.Context(), "SELECT restart_lsn - '0/0'::pg_lsn > $1 FROM pg_replication_slots", ends[len(ends)-1]).
			Scan(&forgotten); err != nil {
			t.Fatal(err)
		}
		select {
		case <-asking:
			t.Fatal("the slot keeps log back that nobody needs")
		default:
		}
	}
}

// churn fills the log from another database until ctx ends.
func (a *arena) churn(ctx context.Context) {
	at, err := url.Parse(a.database)
	if err != nil {
		a.Error(err)
		return
	}
	at.Path = "/other"
	whole := context.WithoutCancel(ctx)
	conn, err := pgx.Connect(whole, at.String())
	if err != nil {
		a.Error(err)
		return
	}
	defer conn.Close(whole)
	pace := time.NewTicker(50 * time.Millisecond)
	defer pace.Stop()
	for statement := "CREATE TABLE churn AS SELECT n, 'x' AS pad FROM generate_series(1, 500) n"; ctx.Err() == nil; <-pace.C {
		if _, err := conn.Exec(whole, statement); err != nil {
			a.Error(err)
			return
		}
		statement = "UPDATE churn SET pad = repeat(md5(random()::text), 10)"
	}
}
