package httpcost

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/bench/figures"
)

// What is measured of a request: microseconds until its end and until its status is written, allocations, and round trips until both.
const (
	whole = iota
	answered
	allocations
	before
	together
	measures
)

// rounds are a side's.
type rounds [][measures]float64

func (r rounds) median(of int) float64 {
	all := make([]float64, len(r))
	for i := range r {
		all[i] = r[i][of]
	}
	return figures.Median(all...)
}

// beside is the median of how much more it is than another side's in the same round.
func (r rounds) beside(other rounds, of int) float64 {
	all := make([]float64, len(r))
	for i := range r {
		all[i] = r[i][of] - other[i][of]
	}
	return figures.Median(all...)
}

// turns lets the sides take turns, each round beginning with another one. The first round warms up.
func turns(ctx context.Context, sides []side, count, requests int, made *atomic.Int64) (map[string]rounds, error) {
	took := make(map[string]rounds, len(sides))
	for round := range count + 1 {
		for i := range sides {
			one := sides[(i+round)%len(sides)]
			measured, err := one.turn(ctx, requests, made)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", one.name, err)
			}
			if round > 0 {
				took[one.name] = append(took[one.name], measured)
			}
		}
	}
	return took, nil
}

// answer is a connection's writer without the connection.
type answer struct {
	header http.Header
	status int
	at     time.Time
	made   *atomic.Int64
	trips  int64 // when the status was written
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) Write(data []byte) (int, error) { return len(data), nil }

func (a *answer) WriteHeader(status int) {
	a.status, a.at = status, time.Now()
	if a.made != nil {
		a.trips = a.made.Load()
	}
}

func (*answer) Flush() {}

func (*answer) SetReadDeadline(time.Time) error  { return nil }
func (*answer) SetWriteDeadline(time.Time) error { return nil }

func (s side) turn(ctx context.Context, requests int, made *atomic.Int64) (m [measures]float64, err error) {
	asked, answers := make([]*http.Request, requests), make([]answer, requests)
	for i := range asked {
		asked[i], answers[i] = s.ask().WithContext(ctx), answer{header: make(http.Header), made: made}
	}
	var from, to runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&from)
	for i, r := range asked {
		trips := int64(0)
		if made != nil {
			trips = made.Load()
		}
		began := time.Now()
		s.serve.ServeHTTP(&answers[i], r)
		m[whole] += float64(time.Since(began).Nanoseconds()) / 1000 / float64(requests)
		m[answered] += float64(answers[i].at.Sub(began).Nanoseconds()) / 1000 / float64(requests)
		if made != nil {
			m[before] += float64(answers[i].trips-trips) / float64(requests)
			m[together] += float64(made.Load()-trips) / float64(requests)
		}
	}
	runtime.ReadMemStats(&to)
	for i := range answers {
		if answers[i].status != http.StatusNoContent {
			return m, fmt.Errorf("a request was answered with %d", answers[i].status)
		}
	}
	m[allocations] = float64(to.Mallocs-from.Mallocs) / float64(requests)
	return m, ctx.Err()
}
