package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// drained is what a side needed to handle a backlog.
type drained struct {
	sample
	flow  float64       // events a second between the first and the last that were handled
	start time.Duration // until the first was handled
}

// drain lets a side handle the n events of a topic, as a group that is new. The sample includes the group's start, its
// last commit and its end.
func drain(ctx context.Context, side side, topic string, n int) (drained, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var handled atomic.Int64
	var first, last time.Time // read after consume has returned
	began := time.Now()
	used, err := measure(n, func() error {
		began = time.Now()
		return side.consume(ctx, topic, topic, func(payload) {
			switch handled.Add(1) {
			case 1:
				first = time.Now()
			case int64(n):
				last = time.Now()
				stop()
			}
		})
	})
	if err == nil && handled.Load() < int64(n) {
		err = fmt.Errorf("ended after %d of %d events", handled.Load(), n)
	}
	if err != nil {
		return drained{}, err
	}
	return drained{sample: used, flow: float64(n-1) / last.Sub(first).Seconds(), start: first.Sub(began)}, nil
}
