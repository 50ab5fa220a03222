package main

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	pacedEvents = 200
	paceStep    = 5 * time.Millisecond
	paceLimit   = 30 * time.Second
)

// paced is how long single events took, 200 a second: until their publisher had the acknowledgement, and until their
// handler was called.
type paced struct {
	acknowledged, handled []time.Duration
}

// pace measures on a topic of its own. The first event is not counted: it waits for the group.
func pace(ctx context.Context, side side, topic string) (paced, error) {
	ctx, stop := context.WithTimeout(ctx, paceLimit)
	defer stop()
	var began, ended [pacedEvents + 1]atomic.Int64
	arrived := make(chan struct{}, len(began))
	consuming, end := context.WithCancel(ctx)
	defer end()
	var failed error
	var running sync.WaitGroup
	running.Go(func() {
		failed = side.consume(consuming, topic, topic, func(p payload) {
			if i, err := strconv.Atoi(p.Key); err == nil && ended[i].CompareAndSwap(0, time.Now().UnixNano()) {
				arrived <- struct{}{}
			}
		})
		stop()
	})
	took := paced{acknowledged: make([]time.Duration, pacedEvents), handled: make([]time.Duration, pacedEvents)}
	publish := func(i int) error {
		began[i].Store(time.Now().UnixNano())
		return side.one(ctx, topic, i)
	}
	await := func() error {
		select {
		case <-arrived:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := errors.Join(publish(0), await())
	ticker := time.NewTicker(paceStep)
	defer ticker.Stop()
	for i := 1; i <= pacedEvents && err == nil; i++ {
		<-ticker.C
		err = publish(i)
		took.acknowledged[i-1] = time.Duration(time.Now().UnixNano() - began[i].Load())
	}
	for i := 1; i <= pacedEvents && err == nil; i++ {
		err = await()
	}
	end()
	running.Wait()
	for i := range took.handled {
		took.handled[i] = time.Duration(ended[i+1].Load() - began[i+1].Load())
	}
	return took, errors.Join(err, failed)
}
