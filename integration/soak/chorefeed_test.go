package soak_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

const (
	choreBurst   = 5
	choreTenants = 3
	choreDelay   = 5 * time.Second // the most that one is scheduled ahead
	cancelLimit  = 15 * time.Second
	cancelRecent = 40 // of which chores one is cancelled
)

// choreFeed enqueues chores, and cancels some.
type choreFeed struct {
	feed   *feed
	kinds  chores
	client *jobs.Runner
	chance *rand.Rand
	sent   uint64
	acked  []string // since they were looked at last

	unknown int // bursts of which something was not acknowledged

	mu        sync.Mutex
	asked     map[string]bool  // to be cancelled
	cancelled map[string]int64 // when that was answered
}

func newChoreFeed(f *feed, client *jobs.Runner, seed uint64) *choreFeed {
	return &choreFeed{
		feed: f, kinds: newChores(nil), client: client, chance: rand.New(rand.NewPCG(seed, 11)),
		asked: make(map[string]bool), cancelled: make(map[string]int64),
	}
}

func choreID(n uint64) string { return "c" + strconv.FormatUint(n, 10) }

// tenant is whose chore it is: all of a burst are one's.
func tenant(ctx context.Context, n uint64) context.Context {
	return request.With(ctx, request.Info{Tenant: request.Tenant("t" + strconv.FormatUint(n/choreBurst%choreTenants, 10))})
}

// job makes one more chore. Some are scheduled, and some have another job after them.
func (f *choreFeed) job() jobs.Job {
	c := chore{N: f.sent}
	opts := []jobs.JobOption{jobs.ID(choreID(c.N)), jobs.Priority(1 + f.chance.IntN(4))}
	if f.chance.IntN(3) == 0 {
		c.Due = time.Now().Add(time.Duration(f.chance.Int64N(int64(choreDelay))))
		opts = append(opts, jobs.At(c.Due))
	}
	if c.N%receiptEvery == 0 {
		opts = append(opts, jobs.Then(f.kinds.receipt.New(c, jobs.ID(receiptOf+choreID(c.N)))))
	}
	return f.kinds.chore.New(c, opts...)
}

// run enqueues until ctx ends, and then waits for the answers to what it has asked for.
func (f *choreFeed) run(ctx context.Context) {
	var asking sync.WaitGroup
	defer asking.Wait()
	for rest(ctx, feedEvery) {
		f.enqueue(context.WithoutCancel(ctx))
		if late := f.chance.Uint64N(cancelRecent); f.chance.IntN(4) == 0 && late < f.sent {
			asking.Go(func() { f.cancel(context.WithoutCancel(ctx), f.sent-late) })
		}
	}
}

// enqueue enqueues a burst of one tenant. What may be enqueued and may not is enqueued once more, which does no harm.
func (f *choreFeed) enqueue(ctx context.Context) {
	burst := make([]jobs.Job, choreBurst)
	for i := range burst {
		burst[i] = f.job()
		f.sent++
	}
	ctx = tenant(ctx, f.sent-1)
	for range 2 {
		var again []jobs.Job
		for i, result := range jobs.Enqueue(ctx, f.feed.bus, burst...) {
			if result.Err == nil {
				f.acked = append(f.acked, result.ID)
				continue
			}
			again = append(again, burst[i])
		}
		if burst = again; len(burst) == 0 {
			return
		}
		f.unknown++
		f.feed.timeline.say("%d chores were not enqueued for certain", len(burst))
	}
}

// cancel cancels a chore, and notes when that was answered.
func (f *choreFeed) cancel(ctx context.Context, n uint64) {
	ctx, stop := context.WithTimeout(tenant(ctx, n), cancelLimit)
	defer stop()
	f.mu.Lock()
	f.asked[choreID(n)] = true
	f.mu.Unlock()
	answer := f.client.Cancel(ctx, choreID(n))[0]
	at := monotonic()
	f.mu.Lock()
	defer f.mu.Unlock()
	if answer.Err == nil && answer.Job.State == jobs.Cancelled {
		f.cancelled[choreID(n)] = at
	}
}
