package httpapi

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/request"
)

// Limiter counts. A *cache.Limiter is one; what it does without Redis is its own [cache.WhenGone].
type Limiter interface {
	// Take takes n for the key, if the rate allows it now.
	Take(ctx context.Context, key string, n int) (cache.Decision, error)
}

// RateLimit lets as many requests of a key pass as the limiter allows, and answers others with 429 and Retry-After. Answers have the fields RateLimit
// and RateLimit-Policy of draft-ietf-httpapi-ratelimit-headers-11; of several limiters, one around the other, each has its own item. A limiter that
// is not cache.Shared counts for each tenant by itself, and needs one. key may be [ByClient].
func RateLimit(errs *Errors, limiter Limiter, key func(*http.Request) string) (func(http.Handler) http.Handler, error) {
	if errs == nil || limiter == nil || key == nil {
		return nil, errors.New("httpapi: rate limit: errors, limiter and key must not be nil")
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			decision, err := limiter.Take(r.Context(), key(r), 1)
			if err == nil {
				err = within(w, decision)
			}
			if err != nil {
				errs.Write(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

// within tells the client of a decision, and is an error where it is a refusal.
func within(w http.ResponseWriter, d cache.Decision) error {
	fields, header := make(http.Header, 3), w.Header()
	d.SetHeaders(fields)
	for name, values := range fields {
		header[name] = append(header[name], values...)
	}
	if !d.Allowed {
		return quotaExceeded(d)
	}
	return nil
}

func quotaExceeded(d cache.Decision) *Problem {
	return &Problem{
		Status: http.StatusTooManyRequests, Type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
		Title: "Quota exceeded", Detail: "there were too many requests; see Retry-After",
		Extensions: []Extension{Extend("violated-policies", []string{d.Name})},
	}
}

// ByClient is the principal, or the address of the connection without one. Behind a proxy that address is the proxy's: give a key of your own then.
func ByClient(r *http.Request) string {
	if principal := request.From(r.Context()).Principal; principal != "" {
		return "p:" + string(principal)
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	return "a:" + host
}
