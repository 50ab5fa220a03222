package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/millrace/millrace/cache"
)

// OneTrip is [RateLimit] and [Idempotency], for [Steps], which ask Redis in one round trip before the handler: both must be given the same client,
// and both steps are needed, the limit before the other. A request without a key, or with one that is none, is counted by the first step, as by
// RateLimit. One with a key is counted when its body is read, together with the claim of its key; where it comes no further than that, it is counted
// after it was refused. What Redis has refused is refused for up to a second at once, so that no bodies are read of who is beyond the rate.
//
// The answer of a request with a key is stored in a second round trip, after the handler: see [AnswerFirst]. In a Redis Cluster both questions go to
// their nodes at the same time. A seal.ReplayGuard asks by itself.
func OneTrip(errs *Errors, limiter *cache.Limiter, key func(*http.Request) string, answers *RedisAnswers, opts ...IdempotencyOption) (
	limit, once func(http.Handler) http.Handler, err error,
) {
	if limiter == nil || answers == nil || key == nil || !limiter.Uses(answers.client) {
		return nil, nil, errors.New("httpapi: one trip: limiter, key and answers must not be nil, and both must use the same client of Redis")
	}
	counts, err := RateLimit(errs, limiter, key)
	if err != nil {
		return nil, nil, err
	}
	i, err := newIdempotency(errs, answers, opts)
	if err != nil {
		return nil, nil, err
	}
	return func(next http.Handler) http.Handler {
		counting := counts(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !i.concerns(r) || !i.keyed(r) {
				counting.ServeHTTP(w, r)
				return
			}
			if err := i.later(w, r, next, limiter, key(r)); err != nil {
				errs.Write(w, r, err)
			}
		})
	}, i.handler, nil
}

type askingKey struct{}

// asking is the limiter's question of a request.
type asking struct {
	*cache.Asking

	asked bool
}

// later leaves it to the idempotency step to count the request.
func (i *idempotency) later(w http.ResponseWriter, r *http.Request, next http.Handler, limiter *cache.Limiter, key string) error {
	question, err := limiter.Ask(r.Context(), key, 1)
	if err != nil {
		return err
	}
	if d, refused := question.Refused(); refused {
		return within(w, d)
	}
	a, watched := &asking{Asking: question}, watch(w)
	next.ServeHTTP(watched, watched.carry(context.WithValue(r.Context(), askingKey{}, a), r))
	if !a.asked {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storing)
		defer cancel()
		_, _ = a.Take(ctx) // whatever it says, the request was answered
	}
	return nil
}

// begin claims the key of a request, and counts the request where that is still to be done. An error that is a [Problem] is the limiter's.
func (i *idempotency) begin(w http.ResponseWriter, r *http.Request, key string, claim Claim) (Kept, error) {
	a, counts := r.Context().Value(askingKey{}).(*asking)
	answers, joins := i.answers.(*RedisAnswers)
	if !counts || !joins || a.asked {
		return i.answers.Begin(r.Context(), key, claim)
	}
	a.asked = true
	decision, found, err := a.Beside(r.Context(), answers.question(key, claim))
	if decision.Name == "" { // the client has gone
		return Kept{}, err
	}
	kept, err := begun(found, err)
	refused := within(w, decision)
	if refused != nil && err == nil && kept.Claimed {
		err := i.answers.Release(r.Context(), key, claim.Owner)
		if err != nil {
			i.errs.log.ErrorContext(r.Context(), "httpapi: an idempotency key is held until its lease ends", i.errs.about(r, "error", err)...)
		}
	}
	if refused != nil {
		return Kept{}, refused
	}
	return kept, err
}
