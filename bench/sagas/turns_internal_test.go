package sagas

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bench/flows"
	"github.com/millrace/millrace/bench/sides"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	taken := turn{phases: make(map[string][]result)}
	for _, took := range []time.Duration{4 * time.Second, time.Second, 2 * time.Second} {
		for _, name := range []string{flows.Together, flows.Waiting} {
			m := flows.Mark{Phase: name, Flows: 1000, Took: took}
			if name == flows.Together {
				m.Flow, m.Step = []time.Duration{took}, []time.Duration{took / 1000}
			}
			used := sides.Usage{CPU: took, Server: 2 * took, Resident: took.Seconds()}
			taken.phases[name] = append(taken.phases[name], result{Mark: m, Used: used})
		}
	}
	s := settings{work: flows.Work{Concurrent: 7}}
	want := map[string]float64{
		"7 at once rate": 500, "7 at once p50": 2000, "7 at once p99": 4000, "7 at once step p50": 2, "7 at once step p99": 4,
		"7 at once cpu": 2000, "7 at once server cpu": 4000, "waiting rate": 500, "waiting flows": 1000, "waiting bytes": 2000,
	}
	for _, f := range taken.figures(s) {
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
