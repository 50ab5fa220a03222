package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"
)

var errLost = errors.New("the claim of the key was lost while the request ran: it may have run twice")

// renewals is how often a claim is renewed within its lease.
const renewals = 3

// renewed lets the claim of a request hold until stop is called, also more than once. A request that is short is never renewed.
func (i *idempotency) renewed(r *http.Request, key, owner string) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	every := i.lease / renewals
	first := time.AfterFunc(every, func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for i.renew(ctx, r, key, owner) {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() {
		first.Stop()
		cancel()
	}
}

// renew is false once the claim is lost. While the store does not answer it may be held still.
func (i *idempotency) renew(ctx context.Context, r *http.Request, key, owner string) bool {
	asking, cancel := context.WithTimeout(ctx, i.lease/renewals)
	defer cancel()
	held, err := i.answers.Renew(asking, key, owner, i.lease)
	if held || err != nil || ctx.Err() != nil {
		return ctx.Err() == nil
	}
	i.errs.log.ErrorContext(ctx, "httpapi: an idempotency key is another request's", i.errs.about(r, "error", errLost)...)
	return false
}
