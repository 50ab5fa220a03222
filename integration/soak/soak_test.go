package soak_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
)

const (
	brokers      = 3
	usualLength  = 90 * time.Second
	roundLength  = 2 * time.Minute
	soakVariable = "MILLRACE_SOAK"
	logsVariable = "MILLRACE_SOAK_LOGS" // where the directory of logs is made and stays, whatever becomes of the test
)

// soak is one run.
type soak struct {
	t        *testing.T
	dir      string
	seed     uint64
	timeline *timeline
	cluster  *servers.Cluster
	bus      *bus.Bus
	fleet    *fleet
	chaos    *chaos
	feed     *feed
	chores   *choreFeed
	hooks    *hookFeed
	stops    []func() // of what runs in this process
	oracle   *oracle
	reader   *reader
	checked  int // lives whose journals were looked at
	held     int
	reigned  int
}

// TestSoak disturbs processes and brokers for MILLRACE_SOAK, in rounds, and counts after each.
func TestSoak(t *testing.T) {
	t.Parallel()
	if way := os.Getenv("MILLRACE_SERVERS"); way != "" && way != string(servers.Process) {
		t.Skipf("SKIPPED, MILLRACE_SERVERS is %s, and brokers that are killed must be processes of this machine", way)
	}
	length, err := time.ParseDuration(os.Getenv(soakVariable))
	if os.Getenv(soakVariable) == "" {
		length, err = usualLength, nil
	}
	if err != nil || length <= 0 {
		t.Fatalf("%s must be a duration such as 10m: %v", soakVariable, err)
	}
	seed := rand.Uint64N(1 << 32)
	if given := os.Getenv("MILLRACE_SEED"); given != "" {
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, seed)
	defer s.end()
	began := time.Now()
	for number := uint64(1); s.timeline.wrong() == "" && time.Since(began) < length; number++ {
		s.round(number, min(roundLength, length-time.Since(began)))
	}
	s.report(time.Since(began))
}

func start(t *testing.T, seed uint64) *soak {
	t.Helper()
	s := &soak{t: t, seed: seed}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	s.dir, err = os.MkdirTemp(os.Getenv(logsVariable), "millrace-soak") //nolint:usetesting // it outlives a test that fails
	must(err)
	t.Logf("seed %d, logs in %s", seed, s.dir)
	s.cluster, err = servers.StartCluster(t.Context(), brokers, s.dir)
	if err != nil {
		_ = os.RemoveAll(s.dir)
	}
	servers.Require(t, err)
	s.timeline, err = newTimeline(s.dir)
	must(err)
	s.bus, err = bus.Open(t.Context(), s.cluster.URL)
	must(err)
	for _, topic := range []bus.Topic{
		inputs, outputs, lampEvents, lampTransitions, transferCalls, transferTold, choreEvents, choreTold,
		hookEvents, hookDeliveries, hookTold,
	} {
		must(s.bus.Create(t.Context(), bus.TopicSpec{Name: topic, Partitions: shards}))
	}
	health, err := newHealth(s.cluster.URL)
	must(err)
	t.Cleanup(health.client.Close)
	got := newHookReceiver(newHookOracle(s.timeline.breaks), seed)
	s.fleet = &fleet{
		dir: s.dir, cluster: s.cluster.URL, seed: seed, timeline: s.timeline, env: []string{receiverVariable + "=" + got.address()},
	}
	s.chaos = &chaos{
		fleet: s.fleet, cluster: s.cluster, health: health, timeline: s.timeline, seed: seed, done: counts{of: make(map[string]int)},
	}
	s.feed = &feed{bus: s.bus, timeline: s.timeline, chance: rand.New(rand.NewPCG(seed, 0)), bank: newBank(seed), sent: make(map[string]int64)}
	s.oracle = newOracle(s.timeline.breaks)
	client, err := newChores(nil).client(s.bus)
	must(err)
	s.stops = append(s.stops, s.timeline.while("the client of chores", client.Run))
	s.chores = newChoreFeed(s.feed, client, seed)
	s.hooks, err = newHookFeed(s.feed, got, seed)
	must(err)
	s.stops = append(s.stops, s.timeline.while("the client of webhooks", s.hooks.client.Run), got.server.Close)
	s.reader = newReader(s.bus, s.oracle, s.feed, s.chores, got.oracle)
	return s
}

// report says what was done, and what broke.
func (s *soak) report(took time.Duration) {
	var done []string
	for _, what := range slices.Sorted(maps.Keys(s.chaos.done.of)) {
		done = append(done, fmt.Sprintf("%s %d times", what, s.chaos.done.of[what]))
	}
	s.t.Logf("seed %d, %s: %s; %d steps acknowledged or not, %d of them with an error, %d effects, %d ends of lamp events, "+
		"%d transfers (%s), %s, %d events told in %d attempts, %d reigns, %d locks held; the slowest publish took %s, the slowest effect %s",
		s.seed, took.Round(time.Second), strings.Join(done, ", "), total(s.feed.sent), s.feed.unknown, s.oracle.effects,
		len(s.reader.lampOracle.ended), s.feed.started, s.reader.bankOracle.ends(),
		s.reader.choreOracle.states(), len(s.reader.hookOracle.happened), s.reader.hookOracle.attempts, s.reigned, s.held,
		s.feed.slowest.Round(time.Millisecond), s.reader.slowest.Round(time.Millisecond))
	if wrong := s.timeline.wrong(); wrong != "" {
		if err := s.reader.dump(s.t.Context(), s.dir); err != nil {
			s.t.Log(err)
		}
		s.t.Errorf("seed %d, everything is in %s\n%s", s.seed, s.dir, wrong)
	}
}

func total(of map[string]int64) (sum int64) {
	for _, n := range of {
		sum += n
	}
	return sum
}

// end ends all processes, and keeps what they left where the test has failed.
func (s *soak) end() {
	s.fleet.close()
	for _, stop := range s.stops {
		stop()
	}
	for _, err := range []error{s.bus.Close(), s.cluster.Close(), s.timeline.file.Close()} {
		if err != nil {
			s.t.Error(err)
		}
	}
	if !s.t.Failed() && os.Getenv(logsVariable) == "" {
		_ = os.RemoveAll(s.dir)
	}
}
