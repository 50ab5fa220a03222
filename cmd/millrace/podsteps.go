package main

import (
	"net/http"
	"time"

	"github.com/millrace/millrace/httpapi"
)

// answersLimit is how long Redis may take to say whether a request was answered before.
const answersLimit = 500 * time.Millisecond

// anybody may ask the shop, and is not trusted with its traces: what a traceparent names is linked to.
func anybody(*http.Request) bool { return true }

// steps trace and measure requests, answer repeated ones as the first where there is a Redis, and refuse those for which there is no room.
func (p *pod) steps(errs *httpapi.Errors) (steps httpapi.Steps, err error) {
	steps.Then = []httpapi.Middleware{p.health.hold}
	if steps.Trace, err = httpapi.Trace(p.otel.Tracer(), p.otel.Meter(), anybody); err != nil || p.redis == nil {
		return steps, err
	}
	answers, err := httpapi.NewRedisAnswers(p.redis, "shop", answersLimit)
	if err != nil {
		return steps, err
	}
	steps.Idempotency, err = httpapi.Idempotency(errs, answers)
	return steps, err
}
