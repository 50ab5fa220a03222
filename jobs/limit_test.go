//go:build synctests

package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// meter notes how many attempts there are at once, and when each began.
type meter struct {
	mu   sync.Mutex
	now  map[string]int
	most map[string]int
	at   []time.Time
	by   map[string]int
}

func newMeter() *meter {
	return &meter{now: make(map[string]int), most: make(map[string]int), by: make(map[string]int)}
}

func (m *meter) count(more int, names ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range names {
		if m.now[name] += more; more > 0 {
			m.by[name]++
			m.most[name] = max(m.most[name], m.now[name])
		}
	}
	if more > 0 {
		m.at = append(m.at, time.Now())
	}
}

func (m *meter) work(d time.Duration) func(context.Context, *jobs.Attempt, int) (jobs.None, error) {
	return func(ctx context.Context, a *jobs.Attempt, _ int) (jobs.None, error) {
		m.count(1, "all", string(a.Tenant()))
		defer m.count(-1, "all", string(a.Tenant()))
		select {
		case <-time.After(d):
			return jobs.None{}, nil
		case <-ctx.Done():
			return jobs.None{}, context.Cause(ctx)
		}
	}
}

// peak is how many there were at once at most, and begun how many have begun.
func (m *meter) peak(name string) int  { return m.noted(m.most, name) }
func (m *meter) begun(name string) int { return m.noted(m.by, name) }

func (m *meter) noted(of map[string]int, name string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return of[name]
}

func as(t *testing.T, tenant request.Tenant) context.Context {
	t.Helper()
	return request.With(t.Context(), request.Info{Tenant: tenant})
}

// TestAtOnce has a kind of which five may run at once, two of each tenant, on three nodes that die and change shards: there are never more,
// and as many as there may be; a kind without limits goes on beside it, and no permit is lost.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	m, free := newMeter(), newMeter()
	kind := jobs.Define("few", m.work(time.Second), jobs.Queue("work"), jobs.Shards(4), jobs.AtOnce(5), jobs.PerTenant(jobs.AtOnce(2)))
	other := jobs.Define("free", free.work(time.Second), jobs.Queue("work"), jobs.Shards(4))
	run(t, []jobs.RunnerOption{kind, other, jobs.Workers(20)}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		first := q.group.Start()
		q.group.Start()
		q.Settle()
		for i := range 60 {
			for _, tenant := range []request.Tenant{"a", "b", "c"} {
				q.enqueueAs(as(t, tenant), kind.New(i))
			}
			q.enqueue(other.New(i))
		}
		q.Advance(5 * time.Second)
		if m.peak("all") != 5 || m.peak("a") != 2 || m.peak("b") != 2 || m.peak("c") != 2 {
			t.Errorf("at once %v", m.most)
		}
		if free.peak("all") < 20 || free.begun("all") != 60 {
			t.Errorf("a kind without limits: %v", free.most)
		}
		q.group.Rebalance()
		q.group.Start()
		q.Advance(5 * time.Second)
		first.Crash()
		q.after(3 * time.Minute)
		if m.peak("all") != 5 || m.peak("a") != 2 || len(q.counts()) != 0 {
			t.Errorf("at once %v, %v are left", m.most, q.counts())
		}
		if m.begun("all") > 180+15 || len(m.at) < 180 {
			t.Errorf("%d attempts", len(m.at))
		}
		if took := m.at[len(m.at)-1].Sub(m.at[0]); took > 70*time.Second {
			t.Errorf("180 jobs of a second, 5 at once, have taken %s", took)
		}
		if in, err := jobs.Inspect(t.Context(), q.Bus(), "work", nil); err != nil || len(in.Permits) != 0 {
			t.Errorf("%+v, %v", in.Permits, err)
		}
	})
}

// TestRate has a queue in which twenty attempts may begin in a second, over all nodes and kinds: there are no more in any second, and as many
// as there may be. A tenant that floods it takes no turn of another.
func TestRate(t *testing.T) {
	t.Parallel()
	m := newMeter()
	one := jobs.Define("one", m.work(time.Millisecond), jobs.Queue("work"), jobs.Shards(4))
	two := jobs.Define("two", m.work(3*time.Second), jobs.Queue("work"), jobs.Shards(4))
	run(t, []jobs.RunnerOption{one, two, jobs.Rate(20, time.Second)}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		q.group.Start()
		q.group.Start()
		q.Settle()
		for i := range 200 {
			q.enqueueAs(as(t, "flood"), one.New(i), two.New(i))
		}
		q.Advance(3 * time.Second)
		before := m.begun("few")
		for i := range 20 {
			q.enqueueAs(as(t, "few"), one.New(i))
		}
		q.Advance(3 * time.Second)
		if m.begun("few") != 20 || before != 0 {
			t.Errorf("%v", m.by)
		}
		q.after(time.Minute)
		slices.SortFunc(m.at, time.Time.Compare)
		if len(m.at) != 420 || len(q.counts()) != 0 {
			t.Fatalf("%d attempts, %v are left", len(m.at), q.counts())
		}
		for i := 20; i < len(m.at); i++ {
			if apart := m.at[i].Sub(m.at[i-20]); apart < 900*time.Millisecond {
				t.Errorf("21 attempts in %s", apart)
			}
		}
		if took := m.at[419].Sub(m.at[0]); took > 25*time.Second {
			t.Errorf("420 attempts, 20 a second, have taken %s", took)
		}
	})
}

// TestPermitsGoBack lets a shard have permits that it cannot use, since it is paused: they are used elsewhere.
func TestPermitsGoBack(t *testing.T) {
	t.Parallel()
	m := newMeter()
	kind := jobs.Define("few", m.work(time.Second), jobs.Queue("work"), jobs.Shards(4), jobs.AtOnce(3))
	run(t, []jobs.RunnerOption{kind, jobs.Workers(2)}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
		node := q.group.Start()
		q.Settle()
		for i := range 30 {
			q.enqueue(kind.New(i, jobs.ID(fmt.Sprint("job", i))))
		}
		q.Advance(3 * time.Second)
		r := q.runner(node)
		if err := r.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		q.after(3 * time.Second)
		in, err := jobs.Inspect(t.Context(), q.Bus(), "work", nil)
		if err != nil || in.Counts[jobs.Waiting] == 0 || in.Counts[jobs.Running] != 0 {
			t.Errorf("%+v, %v", in, err)
		}
		for _, p := range in.Permits {
			if p.Held != 0 || p.Kind != "few" {
				t.Errorf("while nothing runs: %+v", p)
			}
		}
		if err := r.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		q.after(time.Minute)
		if len(q.counts()) != 0 || m.begun("all") != 30 || m.peak("all") != 2 {
			t.Errorf("%v are left, %v", q.counts(), m.by)
		}
	})
}

// TestLimitErrors defines limits that cannot be.
func TestLimitErrors(t *testing.T) {
	t.Parallel()
	handle := newMeter().work(0)
	good := jobs.Define("good", handle, jobs.Queue("work"))
	for text, limit := range map[string]jobs.Limit{
		"AtOnce 0": jobs.AtOnce(0), "Rate 0 in 1s": jobs.Rate(0, time.Second), "Rate 1 in 1ns": jobs.PerTenant(jobs.Rate(1, 1)),
	} {
		kind := jobs.Define("bad", handle, jobs.Queue("work"), limit)
		_, err := jobs.New(nil, "work", good, limit)
		if !errors.Is(kind.Err(), jobs.ErrDefinition) || !strings.Contains(kind.Err().Error(), text) || err == nil ||
			!strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v, %v", text, kind.Err(), err)
		}
	}
}
