package integration_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

// shutdown is a shop of two pods, of which the first is told to stop.
type shutdown struct {
	*shoppers

	bus           *bus.Bus
	db            *pgx.Conn
	seat          *seat // of the first pod
	first, second *pod
	nodes         map[string]string // what the first pod is called, by group
	holds         int
}

// shutdownGroups are those of which a pod owns shards. There is one relay.
var shutdownGroups = []string{"millrace-outbox", "shop-checkout", "jobs.mail", "shop-webhooks"}

// shutdownName is what PostgreSQL knows the first pod as.
const shutdownName = "millrace-first-pod"

// newShutdown starts the pods, one after the other, so that the first one's nodes are known, and shares the shards out.
func newShutdown(t *testing.T) *shutdown {
	t.Helper()
	s := &shutdown{
		shoppers: &shoppers{balancer: balance(t), prefix: "shutdown-" + uuid.NewString()[:8] + "-"},
		bus:      open(t), seat: newSeat(t), nodes: map[string]string{},
	}
	var err error
	if s.db, err = pgx.Connect(t.Context(), shared.Postgres(t).URL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.db.Close(context.WithoutCancel(t.Context())) })
	s.begin()
	for _, group := range shutdownGroups {
		s.until("the first pod alone is in "+group, func() bool {
			described, err := partitions.Describe(t.Context(), s.bus, group)
			if err != nil || len(described.Nodes) != 1 {
				return false
			}
			s.nodes[group] = described.Nodes[0].ID
			return true
		})
	}
	s.second = scaledPod(t)
	s.add(s.first, s.second)
	for _, group := range shutdownGroups[1:] {
		s.until("both pods have shards of "+group, func() bool {
			first, second := s.shards(group)
			return first > 0 && second > 0
		})
	}
	relay := 0
	s.until("one pod has the relay", func() bool {
		first, second := s.shards(shutdownGroups[0])
		relay = first
		return first+second == 1
	})
	if relay != 1 {
		t.Error("the first pod's relay has moved")
	}
	return s
}

// begin starts the first pod, whose probes are asked until the test ends.
func (s *shutdown) begin() {
	s.Helper()
	database, err := url.Parse(shared.Postgres(s.T).URL)
	if err != nil {
		s.Fatal(err)
	}
	query := database.Query()
	query.Set("application_name", shutdownName)
	database.RawQuery = query.Encode()
	servers := []string{"KAFKA_URL=" + shared.Kafka(s.T).URL, "DATABASE_URL=" + database.String(), "REDIS_URL=" + shared.Redis(s.T).URL}
	s.first = launchPod(s.T, servers, "serve", "--http", strings.TrimPrefix(s.seat.url, "http://"), "--drain-delay", rollingDrain.String())
	watching, stop := context.WithCancel(s.Context())
	var watch sync.WaitGroup
	watch.Go(func() { s.seat.watch(watching) })
	s.Cleanup(func() { stop(); watch.Wait() })
	s.first.awaitReady(s.T)
}

// until asks again and again until something is so.
func (s *shutdown) until(what string, is func() bool) {
	s.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !is() {
		select {
		case <-time.After(readyEvery):
		case <-late.C:
			s.Fatalf("it does not come about that %s", what)
		}
	}
}

// shards is how many the first pod has of a group, and how many the other one; none while any of them moves.
func (s *shutdown) shards(group string) (first, second int) {
	described, err := partitions.Describe(s.Context(), s.bus, group)
	if err != nil {
		return 0, 0 // it rebalances
	}
	for _, shard := range described.Shards {
		switch {
		case shard.State != partitions.ShardLive:
			return 0, 0
		case shard.Owner.ID == s.nodes[group]:
			first++
		default:
			second++
		}
	}
	return first, second
}

// moved says whether the second pod has all shards of a group.
func (s *shutdown) moved(group string) bool {
	first, second := s.shards(group)
	return first == 0 && second > 0
}

// owns says whether the first pod has a key's shard, and whether that is known.
func (s *shutdown) owns(group, key string) (owned, known bool) {
	described, err := partitions.Describe(s.Context(), s.bus, group)
	if err != nil {
		return false, false // it rebalances
	}
	return described.Shards[described.ShardOf(key)].Owner.ID == s.nodes[group], true
}

// closed waits until the first pod has stopped listening, and holds that readiness fell before, and liveness never.
func (s *shutdown) closed(asked time.Time) {
	s.Helper()
	fell := s.seat.await(s.T, asked, "readiness falls", func(one sample) bool {
		return one.ready != http.StatusOK && (one.ready != 0 || one.live != http.StatusOK) // a probe may be late
	})
	if fell.ready != http.StatusServiceUnavailable || fell.live != http.StatusOK {
		s.Errorf("readiness did not fall first: %+v", fell)
	}
	closed := s.seat.await(s.T, asked, "the port is closed", func(one sample) bool { return one.live == 0 })
	for _, one := range s.seat.since(asked) {
		if one.at.Before(closed.at) && one.live != http.StatusOK {
			s.Errorf("liveness fell: %+v", one)
		}
	}
}

var graceLine = regexp.MustCompile(`terminationGracePeriodSeconds: (\d+)`)

// ended waits for the first pod's end, for as long as its manifest lets it have.
func (s *shutdown) ended(asked time.Time) {
	s.Helper()
	text, err := os.ReadFile("../deploy/kubernetes/base/shop.yaml")
	stated := graceLine.FindSubmatch(text)
	if err != nil || stated == nil {
		s.Fatal("the manifest states no grace", err)
	}
	grace, err := time.ParseDuration(string(stated[1]) + "s")
	if err != nil {
		s.Fatal(err)
	}
	select {
	case <-s.first.exited:
	case <-time.After(time.Until(asked.Add(grace))):
		s.Fatalf("the pod has not ended after %s", grace)
	}
	s.Logf("the pod ended after %s", time.Since(asked).Round(time.Millisecond))
	if code := s.first.cmd.ProcessState.ExitCode(); code != 0 {
		s.Errorf("the pod ended with status %d", code)
	}
	s.first.wg.Wait() // what it has said is read
	s.quiet(s.first)
	s.remove(s.first)
}

// quiet holds that a pod has told of no error, and of no part that it had to cut off.
func (s *shutdown) quiet(p *pod) {
	s.Helper()
	for line := range strings.Lines(p.output()) {
		for _, bad := range []string{"level=ERROR", "panic", "has not ended in order"} {
			if strings.Contains(line, bad) {
				s.Errorf("%s says: %s", p.url, line)
			}
		}
	}
}

// unbroken holds that no order was placed in vain.
func (s *shutdown) unbroken() {
	s.Helper()
	for status := range s.failed {
		if n := s.failed[status].Load(); n > 0 {
			s.Errorf("%d orders were answered with %d", n, status)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for p, n := range s.broken {
		s.Errorf("%d requests were not answered by %s", n, p.url)
	}
}
