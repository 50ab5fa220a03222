package main

import "time"

// figures are the medians of the rounds. What is beside the bare client is the median of the ratios in each round,
// since neighbours in time had the same machine.
func figures(sides []side, rounds map[string][]round) []figure {
	var all []figure
	for _, work := range []struct {
		name     string
		of       func(round) sample
		flow     func(round) float64
		latency  func(round) []time.Duration
		duration func(round) time.Duration
	}{
		{
			name: "publish", of: func(r round) sample { return r.published },
			latency: func(r round) []time.Duration { return r.paced.acknowledged },
		},
		{
			name: "consume", of: func(r round) sample { return r.consumed.sample },
			flow:     func(r round) float64 { return r.consumed.flow },
			latency:  func(r round) []time.Duration { return r.paced.handled },
			duration: func(r round) time.Duration { return r.consumed.start },
		},
	} {
		for _, side := range sides {
			add := func(metric string, value float64) {
				all = append(all, figure{Bench: "bus", Case: work.name, Side: side.name, Metric: metric, Value: value})
			}
			of := func(value func(round) float64) []float64 {
				values := make([]float64, len(rounds[side.name]))
				for i, one := range rounds[side.name] {
					values[i] = value(one)
				}
				return values
			}
			beside := func(value func(round) float64) float64 {
				values := of(value)
				for i, one := range rounds["franz-go"] {
					values[i] /= value(one)
				}
				return median(values)
			}
			rate := func(r round) float64 { return work.of(r).rate }
			add("rate", median(of(rate)))
			add("ratio", beside(rate))
			if work.flow != nil {
				add("flow", median(of(work.flow)))
				add("flow ratio", beside(work.flow))
				add("start", median(of(func(r round) float64 { return ms(work.duration(r)) })))
			}
			var latencies []time.Duration
			for _, one := range rounds[side.name] {
				latencies = append(latencies, work.latency(one)...)
			}
			add("p50", ms(quantile(latencies, 0.5)))  //nolint:mnd // its name
			add("p99", ms(quantile(latencies, 0.99))) //nolint:mnd // its name
			add("cpu", median(of(func(r round) float64 { return work.of(r).cpu })))
			add("allocations", median(of(func(r round) float64 { return work.of(r).allocations })))
		}
	}
	return all
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
