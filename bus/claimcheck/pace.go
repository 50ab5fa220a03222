package claimcheck

import (
	"context"
	"time"
)

// pace bounds how much is done in a second. It is for one goroutine.
type pace struct {
	perSecond int
	began     time.Time
	done      int
}

func newPace(perSecond int) *pace { return &pace{perSecond: perSecond, began: time.Now()} }

// wait returns once count more may be done.
func (p *pace) wait(ctx context.Context, count int) error {
	if p.perSecond == 0 {
		return ctx.Err()
	}
	ahead := time.Duration(float64(p.done)/float64(p.perSecond)*float64(time.Second)) - time.Since(p.began)
	if p.done += count; ahead <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(ahead)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
