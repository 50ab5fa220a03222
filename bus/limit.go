package bus

import (
	"context"
	"time"
)

// patience is how long the feed waits for a partition that holds too much to run half of it. A pause costs more: the
// Kafka client throws away what it has fetched of the partition, and fetches it again later.
const patience = 50 * time.Millisecond

// limit pauses the partition when it holds too much and handlers do not get on with it.
func (l *lane) limit(ctx context.Context) {
	if l.full() && l.awaitSunk(ctx) {
		l.pause()
	}
}

func (l *lane) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.closed.Load() && !l.paused && l.over()
}

// over says whether the partition holds as much as it may; the lock is held.
func (l *lane) over() bool {
	may := l.engine.may()
	return l.queued >= may.records || l.bytes >= may.bytes
}

// pause holds the lock while it speaks to the source, so that no resume comes in between.
func (l *lane) pause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed.Load() && !l.paused && l.over() {
		l.paused, l.slow = true, true
		l.engine.source.pause(l.topic, l.partition)
	}
}

// sink lets the partition go on once half of what it may hold is done; the lock is held.
func (l *lane) sink() {
	if l.queued == 0 {
		l.slow = false
	}
	if may := l.engine.may(); l.queued > may.records/2 || l.bytes > may.bytes/2 {
		return
	}
	if l.sinking != nil {
		close(l.sinking)
		l.sinking = nil
	}
	l.resume()
}

func (l *lane) relax() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.paused {
		l.sink()
	}
}

func (l *lane) resume() {
	if l.paused {
		l.paused = false
		l.engine.source.resume(l.topic, l.partition)
	}
}

// awaitSunk says whether the partition stayed full. One that did is not waited for again before it was empty once.
func (l *lane) awaitSunk(ctx context.Context) (stayed bool) {
	sinking := make(chan struct{})
	l.mu.Lock()
	if l.slow {
		l.mu.Unlock()
		return true
	}
	l.sinking = sinking
	l.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-sinking:
		return false
	case <-l.ctx.Done():
	case <-ctx.Done():
	case <-timer.C:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sinking = nil
	return l.over()
}
