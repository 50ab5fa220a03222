package soak_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/millrace/millrace/integration/servers"
)

// chaos does things to workers and brokers: to each worker by a chance of its own, and to one broker at a time.
type chaos struct {
	fleet    *fleet
	cluster  *servers.Cluster
	health   *health
	timeline *timeline
	seed     uint64
	done     counts
}

// counts are how often each thing was done.
type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[what]++
}

const workers = 5

// round disturbs until ctx ends, and leaves all workers and brokers running.
func (c *chaos) round(ctx context.Context, number uint64, lives []*life) {
	var acting sync.WaitGroup
	for i := range lives {
		chance := rand.New(rand.NewPCG(c.seed, number<<8|uint64(i)))
		acting.Go(func() { c.worker(ctx, chance, i, lives) })
	}
	acting.Go(func() { c.brokers(ctx, rand.New(rand.NewPCG(c.seed, number<<8|workers))) })
	acting.Wait()
}

// between is a while from..to. Other than a wait it does not look at the context, so that a seed makes the same choices.
func between(chance *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(chance.Int64N(int64(to-from)))
}

// rest waits, and says whether ctx goes on.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// worker disturbs one worker.
func (c *chaos) worker(ctx context.Context, chance *rand.Rand, i int, lives []*life) {
	for rest(ctx, between(chance, 2*time.Second, 24*time.Second)) {
		l := lives[i]
		switch n := chance.IntN(100); {
		case n < 40:
			c.done.add("worker killed")
			c.fleet.kill(l)
			rest(ctx, between(chance, 0, 3*time.Second))
		case n < 65:
			c.done.add("worker stopped past the session")
			c.pause(ctx, l, between(chance, session+time.Second, session+6*time.Second))
			continue
		case n < 80:
			c.done.add("worker stopped")
			c.pause(ctx, l, between(chance, 100*time.Millisecond, session))
			continue
		default:
			c.done.add("worker ended")
			c.fleet.end(l)
		}
		next, err := c.fleet.start(i)
		if err != nil {
			c.timeline.breaks("start worker %d: %v", i, err)
			return
		}
		lives[i] = next
	}
}

func (c *chaos) pause(ctx context.Context, l *life, d time.Duration) {
	c.fleet.stop(l)
	rest(ctx, d)
	c.fleet.cont(l)
}

// brokers disturbs one broker after the other. The next one's turn comes when the last one has caught up.
func (c *chaos) brokers(ctx context.Context, chance *rand.Rand) {
	for rest(ctx, between(chance, 3*time.Second, 12*time.Second)) {
		n := chance.IntN(c.cluster.Brokers())
		var err error
		switch kind := chance.IntN(100); {
		case kind < 45:
			c.done.add("broker killed")
			c.timeline.say("broker %d is killed", n)
			if err = c.cluster.Kill(n); err == nil {
				rest(ctx, between(chance, 500*time.Millisecond, 8*time.Second))
				c.timeline.say("broker %d starts", n)
				err = c.cluster.Restart(context.WithoutCancel(ctx), n)
			}
		case kind < 75:
			c.done.add("broker stopped")
			c.timeline.say("broker %d stands still", n)
			if err = c.cluster.Stop(n); err == nil {
				rest(ctx, between(chance, 200*time.Millisecond, 10*time.Second))
				err = c.cluster.Cont(n)
			}
		default:
			c.done.add("broker restarted")
			c.timeline.say("broker %d is restarted", n)
			err = c.cluster.Restart(context.WithoutCancel(ctx), n)
		}
		if err != nil {
			c.timeline.breaks("the test cannot go on: %v", err)
			return
		}
		c.timeline.say("broker %d is back", n)
		if err := c.health.await(context.WithoutCancel(ctx)); err != nil {
			c.timeline.breaks("the test cannot go on: %v", err)
			return
		}
		c.timeline.say("all brokers have caught up")
	}
}
