package push

import (
	"maps"
	"net/http"
	"sync"
	"time"
)

// bucket is how many messages may still come. It is full at first, and holds those of two seconds.
type bucket struct {
	tokens float64
	filled time.Time
}

// fill adds what the time has brought.
func (b *bucket) fill(rate int, now time.Time) {
	most := 2 * float64(rate) //nolint:mnd // as Calls and TenantCalls say
	if b.filled.IsZero() {
		b.tokens = most
	} else {
		b.tokens = min(most, b.tokens+float64(rate)*now.Sub(b.filled).Seconds())
	}
	b.filled = now
}

// take is false where none is left.
func (b *bucket) take(rate int, now time.Time) bool {
	b.fill(rate, now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// TenantCalls is how many calls the connections of a tenant together may make at a hub in a second, messages that they publish and notifications
// included: 10,000 by default, and twice as many at once. More are refused with status 429, and their connections stay. What lets clients receive
// does not count, so that those of a busy tenant can come back: to subscribe, to unsubscribe, to refresh, and to acknowledge. Connections without
// a tenant have the limit of [Calls] alone.
func TenantCalls(messages int) Option {
	return option(func(s *settings) { s.quotas.rate = messages })
}

// quotas is what tenants may still send.
type quotas struct {
	rate int

	mu      sync.Mutex
	tenants map[string]*bucket
	most    int // tenants, before those that have sent nothing for a while are forgotten
}

// fewTenants are not worth forgetting.
const fewTenants = 1024

func (q *quotas) take(tenant string, now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	b := q.tenants[tenant]
	if b == nil {
		q.forget(now)
		b = &bucket{}
		q.tenants[tenant] = b
	}
	return b.take(q.rate, now)
}

// forget lets go of full buckets: a new one is as full.
func (q *quotas) forget(now time.Time) {
	if len(q.tenants) < max(q.most, fewTenants) {
		return
	}
	maps.DeleteFunc(q.tenants, func(_ string, b *bucket) bool {
		b.fill(q.rate, now)
		return b.tokens >= float64(2*q.rate) //nolint:mnd // as TenantCalls says
	})
	q.most = 2 * len(q.tenants)
}

// afford takes a call off what the tenant may make.
func (s *socket) afford(c *call) error {
	switch c.Method {
	case methodSubscribe, methodUnsubscribe, methodRefresh:
		return nil
	}
	if s.tenant == "" || s.hub.settings.quotas.take(s.tenant, time.Now()) {
		return nil
	}
	return &Problem{Status: http.StatusTooManyRequests, Detail: "the tenant makes too many calls: slow down, and try again in a second"}
}
