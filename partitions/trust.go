package partitions

import (
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// trust is until when this node may believe that it owns its shards without asking: the coordinator gives them to
// nobody else before the session has timed out since it last heard of the node.
type trust struct {
	window time.Duration

	mu     sync.Mutex
	heard  time.Time // of the latest answer, and so before the next request was sent
	until  time.Time
	timer  *time.Timer
	leases map[*Lease]struct{}
}

// newTrust leaves a sixth of the session timeout for leases to end in.
func newTrust(session time.Duration) *trust {
	return &trust{window: session - session/6, leases: make(map[*Lease]struct{})}
}

// OnBrokerE2E is called by the group's client after each answer. Membership requests go out one after the other, so
// that the moment before the last answer is before the request that was answered now: no pause can make it later. An
// answer that refuses the membership looks the same here. The client gives up what it owns at once after that one.
func (t *trust) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	if kmsg.Key(key) != kmsg.Heartbeat && kmsg.Key(key) != kmsg.SyncGroup {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now, sentAfter := time.Now(), t.heard
	t.heard = now
	if kmsg.Key(key) != kmsg.Heartbeat || e2e.Err() != nil || sentAfter.IsZero() {
		return
	}
	if !now.Before(t.until) {
		t.end(func(*Lease) bool { return true })
	}
	t.until = sentAfter.Add(t.window)
	if t.timer == nil {
		t.timer = time.AfterFunc(time.Until(t.until), t.expire)
		return
	}
	t.timer.Reset(time.Until(t.until))
}

func (t *trust) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !time.Now().Before(t.until) {
		t.end(func(*Lease) bool { return true })
	}
}

// stands says whether now is within the window.
func (t *trust) stands() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Before(t.until)
}

// lapsed is for how long the window has been over, 0 while it is not or there is none.
func (t *trust) lapsed() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.until.IsZero() {
		return 0
	}
	return max(time.Since(t.until), 0)
}

// admit keeps the lease until the window ends. It is false when that has ended already.
func (t *trust) admit(l *Lease) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !time.Now().Before(t.until) {
		return false
	}
	t.leases[l] = struct{}{}
	return true
}

func (t *trust) release(l *Lease) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.leases, l)
}

// revoke ends the leases of the shards.
func (t *trust) revoke(shards ...*shard) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range shards {
		t.end(func(l *Lease) bool { return l.shard == s })
	}
}

// lose forgets what was heard: the membership is gone.
func (t *trust) lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard, t.until = time.Time{}, time.Time{}
	if t.timer != nil {
		t.timer.Stop()
	}
	t.end(func(*Lease) bool { return true })
}

// end is called with the lock held.
func (t *trust) end(ended func(*Lease) bool) {
	for l := range t.leases {
		if ended(l) {
			delete(t.leases, l)
			l.cancel(ErrNotOwner)
		}
	}
}
