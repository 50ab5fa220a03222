package main

import (
	"runtime"
	"slices"
	"syscall"
	"time"
)

// figure is one line of output.
type figure struct {
	Bench  string  `json:"bench"`
	Case   string  `json:"case"`
	Side   string  `json:"side"`
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
}

// sample is what one round of one side took.
type sample struct {
	rate, cpu, allocations float64
}

// measure runs work over n events.
func measure(n int, work func() error) (sample, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, began := cpuTime(), time.Now()
	if err := work(); err != nil {
		return sample{}, err
	}
	took := time.Since(began)
	used := cpuTime() - cpu
	runtime.ReadMemStats(&after)
	return sample{
		rate: float64(n) / took.Seconds(), cpu: used.Seconds() / float64(n) * 1e6,
		allocations: float64(after.Mallocs-before.Mallocs) / float64(n),
	}, nil
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func median[T int | float64 | time.Duration](values []T) T { return quantile(values, 0.5) }

func quantile[T int | float64 | time.Duration](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(float64(len(sorted))*q), len(sorted)-1)]
}
