package integration_test

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/millrace/millrace/internal/pgserver"
	"github.com/millrace/millrace/outbox"
)

// TestFailover kills a primary under load whose standby has a copy of the slot and all that readers of the slot were told:
// what is on the topic is what the new primary has, once, and in order.
func TestFailover(t *testing.T) {
	t.Parallel()
	p := newPair(t, "hot_standby_feedback=on")
	p.on(p.primary, "ALTER SYSTEM SET synchronized_standby_slots = 'standby'", "SELECT pg_reload_conf()")
	a := newArena(t, shared.Kafka(t).URL, p.database(), "followed", outbox.Failover())
	a.enter("--failover")
	watching, unwatch := context.WithCancel(t.Context())
	writing, rest := context.WithCancel(t.Context())
	var watcher, writers sync.WaitGroup
	watcher.Go(func() { a.watch(watching) })
	defer func() { rest(); writers.Wait(); unwatch(); watcher.Wait() }()
	for w := range 4 {
		writers.Go(func() { a.writeOn(writing, w) })
	}
	a.until("before", 500)
	p.sync()
	a.until("while slots are synchronised", a.count()+500)
	p.doctor(p.primary, "ok")
	began := time.Now()
	p.fail()
	a.until("on the new primary", a.count()+500)
	t.Logf("%s until 500 more records", time.Since(began).Round(time.Millisecond))
	rest()
	writers.Wait()
	a.judge()
	p.doctor(p.standby, "advice")
	p.on(p.standby, "SELECT pg_create_physical_replication_slot('standby')", "ALTER SYSTEM SET synchronized_standby_slots = 'standby'",
		"SELECT pg_reload_conf()")
	p.doctor(p.standby, "problem")
}

// doctor is what doctor must say of the slots that readers wait for.
func (p *pair) doctor(server *pgserver.Server, severity string) {
	p.Helper()
	for _, f := range findings(p.T, "--kafka", shared.Kafka(p).URL, "--database", server.URL) {
		if f.Subject == "synchronized_standby_slots" {
			if f.Severity != severity {
				p.Errorf("doctor finds %+v, want %s", f, severity)
			}
			return
		}
	}
	p.Error("doctor says nothing of the standby's slot")
}

// TestFailoverWithoutSlot promotes a standby that has no copy of the slot: the relay says so, and goes on when it is told to.
func TestFailoverWithoutSlot(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	a := newArena(t, shared.Kafka(t).URL, p.database(), "unfollowed")
	a.enter()
	a.publish(1)
	a.arrived(1)
	p.until("SELECT count(*) = 1 FROM written")
	p.fail()
	a.publish(2)
	refusal := a.said("outbox.AcceptGap")
	for _, part := range []string{"the slot is gone", "outbox.Failover", "--accept-gap"} {
		if !strings.Contains(refusal, part) {
			t.Errorf("the relay says %q, without %q", refusal, part)
		}
	}
	_, position, _ := strings.Cut(refusal, "--accept-gap ")
	position, _, _ = strings.Cut(position, `"`)
	a.relays[0].end(t, syscall.SIGTERM)
	a.relays = nil
	a.enter("--accept-gap", position)
	a.said("a gap that was accepted")
	a.said("relay works")
	a.publish(3)
	a.arrived(1, 3)
}

// TestFailoverBehind promotes a standby that lacks what was published: what it commits in the same places of its log is
// published, and nothing twice.
func TestFailoverBehind(t *testing.T) {
	t.Parallel()
	p := newPair(t, "hot_standby_feedback=on")
	a := newArena(t, shared.Kafka(t).URL, p.database(), "behind", outbox.Failover())
	a.enter("--failover")
	a.publish(1)
	a.arrived(1)
	p.sync()
	p.on(p.standby, "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
	p.until("SELECT count(*) = 0 FROM pg_stat_wal_receiver")
	for n := 2; n < 50; n++ {
		a.publish(n)
	}
	a.arrived(numbers(1, 50)...)
	p.fail()
	for n := 50; n < 60; n++ {
		a.publish(n)
	}
	a.arrived(numbers(1, 60)...)
	a.said("before it had all that was published")
}
