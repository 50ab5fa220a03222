package webhooks

import (
	"context"
	"sync"
	"time"
)

// Replays remembers requests, so that one that somebody has recorded is not taken again. First says whether a request comes for
// the first time, and remembers it for at least keep. An attempt that the sender repeats is another request: its timestamp differs.
type Replays interface {
	First(ctx context.Context, request string, keep time.Duration) (bool, error)
}

// RefuseReplays makes [Verifier.Handler] refuse requests that were received before. A receiver of several processes needs replays
// that they share.
func RefuseReplays(r Replays) VerifierOption {
	return verifierOption(func(v *Verifier) { v.replays = r })
}

// MemoryReplays remembers requests in the memory of one process, no longer than needed. It is made by new, and safe for
// concurrent use.
type MemoryReplays struct {
	mu    sync.Mutex
	known map[string]time.Time // until when
	swept time.Time
}

const sweepEvery = time.Minute

// First is that of [Replays]. Its error is nil.
func (m *MemoryReplays) First(_ context.Context, request string, keep time.Duration) (bool, error) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = make(map[string]time.Time)
	}
	if now.Sub(m.swept) > sweepEvery {
		m.swept = now
		for id, until := range m.known {
			if until.Before(now) {
				delete(m.known, id)
			}
		}
	}
	until, known := m.known[request]
	m.known[request] = now.Add(keep)
	return !known || until.Before(now), nil
}
