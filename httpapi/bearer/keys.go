package bearer

import (
	"context"
	"crypto"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/millrace/millrace/httpapi"
)

// keys are a provider's, fetched when they are needed: by one for all who wait, and for unknown keys not again before a pause, whatever tokens name.
type keys struct {
	endpoint

	log                  *slog.Logger
	pause, refresh, keep time.Duration

	mu     sync.Mutex
	known  []key
	at     time.Time     // when known were asked for
	asked  time.Time     // when the provider was asked last
	sought time.Time     // when it was asked last for a key that is not among known
	failed bool          // that came to nothing
	open   chan struct{} // nil unless it is asked
}

// patience is how many times refresh keys may be old before who needs them waits for newer ones, where these can be had.
const patience = 2

// tries are how often who needs a key waits for the provider: what was asked before it came may have been answered before there was the key.
const tries = 2

var errUnknownKey = errors.New("bearer: the token's key is unknown")

// find is the key that a token names, or the only one where it names none.
func (k *keys) find(ctx context.Context, id, algorithm string) (crypto.PublicKey, error) {
	for try := 0; ; try++ {
		k.mu.Lock()
		now := time.Now()
		age := now.Sub(k.at)
		held := k.known != nil && age < k.keep
		found := k.named(id, algorithm)
		has := held && found != nil
		var open chan struct{}
		if try < tries && (!has || age >= k.refresh) {
			open = k.ask(ctx, now, !has)
		}
		refusal := k.refuse(held, now)
		k.mu.Unlock()
		switch {
		case has && (open == nil || age < patience*k.refresh):
			return found, nil
		case open == nil:
			return nil, refusal
		}
		select {
		case <-open:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// named is called with the lock held.
func (k *keys) named(id, algorithm string) crypto.PublicKey {
	if id == "" && len(k.known) != 1 {
		return nil
	}
	for _, one := range k.known {
		if (id == "" || one.id == id) && one.takes(algorithm) {
			return one.public
		}
	}
	return nil
}

// ask begins to ask the provider, unless it is asked or was a moment ago; who waits for it waits for the channel. That keys were asked for because of
// their age keeps nobody from a new one. It is called with the lock held.
func (k *keys) ask(ctx context.Context, now time.Time, unknown bool) chan struct{} {
	before := k.asked
	if unknown && !k.failed {
		before = k.sought
	}
	if k.open != nil || !before.IsZero() && now.Sub(before) < k.pause {
		return k.open
	}
	if unknown {
		k.sought = now
	}
	k.asked, k.open = now, make(chan struct{})
	go k.take(context.WithoutCancel(ctx), now, k.open)
	return k.open
}

// take asks the provider, within its time-out.
func (k *keys) take(ctx context.Context, now time.Time, open chan struct{}) {
	defer close(open)
	fetched, err := k.fetch(ctx)
	if err != nil {
		k.log.WarnContext(ctx, "httpapi: an identity provider's keys could not be fetched", "issuer", k.issuer, "error", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.open, k.failed = nil, err != nil; err == nil {
		k.known, k.at = fetched, now
	}
}

// refuse says why there is no key: because the provider has none, or because nobody knows. It is called with the lock held.
func (k *keys) refuse(held bool, now time.Time) error {
	if held && !k.failed {
		return errUnknownKey
	}
	rest := max(k.asked.Add(k.pause).Sub(now), time.Second)
	return &httpapi.Problem{
		Status: http.StatusServiceUnavailable, Detail: "the identity provider does not give its keys, so tokens cannot be verified now; try again",
		Header: http.Header{"Retry-After": {strconv.Itoa(int((rest + time.Second - 1) / time.Second))}},
	}
}
