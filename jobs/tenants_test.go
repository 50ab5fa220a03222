//go:build synctests

package jobs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
)

type permitsOf struct {
	Shard int32 `json:"shard"`
	Of    []struct {
		Class string `json:"class"`
		Count int    `json:"count"`
	} `json:"of"`
}

// TestManyTenants has more tenants than one round looks at want permits of a scarce limit for more jobs than there are: each has its turn, also
// the last ones in the alphabet, and none has two more than another.
func TestManyTenants(t *testing.T) {
	t.Parallel()
	const tenants, atOnce = 12_000, 200
	for name, c := range map[string]struct {
		limit jobs.Limit
		takes time.Duration
		apart int // by how many permits tenants may differ
	}{
		"of the kind": {jobs.AtOnce(atOnce), tenants / atOnce * 2 * time.Second, 1},
		"of each":     {jobs.PerTenant(jobs.AtOnce(1)), 3 * time.Second, 3},
	} {
		kind := jobs.Define("few", newMeter().work(0), jobs.Queue("work"), jobs.Shards(4), c.limit)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, []jobs.RunnerOption{kind}, func(t *testing.T, q *queue) { //nolint:thelper // it is the test
				q.group.Start()
				q.Settle()
				for from := 0; from < tenants; from += 400 {
					q.petition(from, from+400)
				}
				q.Advance(c.takes)
				fewest, most := 1<<30, 0
				granted := q.granted()
				for i := range tenants {
					is := granted[fmt.Sprintf("t%05d", i)]
					fewest, most = min(fewest, is), max(most, is)
				}
				if fewest < 1 || most > fewest+c.apart {
					t.Errorf("tenants have had %d to %d permits", fewest, most)
				}
			})
		})
	}
}

// petition asks for permits as a shard does.
func (q *queue) petition(from, to int) {
	q.t.Helper()
	p := permitsOf{Shard: int32(from/400) % 4}
	for i := from; i < to; i++ {
		p.Of = append(p.Of, struct {
			Class string `json:"class"`
			Count int    `json:"count"`
		}{fmt.Sprintf("t%05d\x00few", i), 100})
	}
	value, err := json.Marshal(p)
	if err != nil {
		q.t.Fatal(err)
	}
	record := bus.Record{Topic: "work.jobs", Key: []byte("limits"), Value: value, Headers: bus.Headers{
		{Key: bus.HeaderID, Value: []byte("limits")}, {Key: bus.HeaderType, Value: []byte("millrace.jobs.petition")},
	}}
	if err := q.Bus().Publish(q.t.Context(), record.Message()).Err(); err != nil {
		q.t.Fatal(err)
	}
}

// granted is how many permits each tenant was given.
func (q *queue) granted() map[string]int {
	q.t.Helper()
	all := make(map[string]int)
	for record, err := range q.Bus().Read(q.t.Context(), "work.jobs", bus.Earliest, bus.UntilEnd()) {
		if err != nil {
			q.t.Fatal(err)
		}
		if record.Type() != "millrace.jobs.grant" {
			continue
		}
		var p permitsOf
		if err := json.Unmarshal(record.Value, &p); err != nil {
			q.t.Fatal(err)
		}
		if len(p.Of) > 500 {
			q.t.Errorf("one message grants permits of %d classes", len(p.Of))
		}
		for _, of := range p.Of {
			tenant, _, _ := strings.Cut(of.Class, "\x00")
			all[tenant] += of.Count
		}
	}
	return all
}
