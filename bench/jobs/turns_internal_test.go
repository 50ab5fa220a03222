package jobs

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bench/flows/tasks"
	"github.com/millrace/millrace/bench/sides"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	taken := turn{phases: make(map[string][]result)}
	for _, took := range []time.Duration{4 * time.Second, time.Second, 2 * time.Second} {
		for _, name := range []string{tasks.Enqueue, tasks.Drain, tasks.Low} {
			m := tasks.Mark{
				Phase: name, Jobs: 1000, Took: took, First: took / 1000, Times: []time.Duration{took / 1000},
			}
			used := sides.Usage{CPU: took, Server: 2 * took, Resident: took.Seconds()}
			taken.phases[name] = append(taken.phases[name], result{Mark: m, Used: used})
		}
	}
	want := map[string]float64{
		"enqueue rate": 500, "enqueue cpu": 2000, "enqueue server cpu": 4000, "drain rate": 500, "drain cpu": 2000, "drain server cpu": 4000,
		"drain first ms": 2, "drain MB more": 2, "low p50": 2, "low p99": 4,
	}
	for _, f := range taken.figures() {
		if name := f.Case + " " + f.Metric; f.Value != want[name] {
			t.Errorf("%s is %v, want %v", name, f.Value, want[name])
		} else {
			delete(want, name)
		}
	}
	if len(want) != 0 {
		t.Errorf("not there: %v", want)
	}
}
