package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/millrace/millrace/request"
)

var (
	// ErrUnsigned is found in the error of a request without a valid signature, or one that covers too little.
	ErrUnsigned = errors.New("seal: the request is not signed as it must be")
	// ErrStale is found in the error of a request whose signature is older than the window, or from the future: check the sender's clock.
	ErrStale = errors.New("seal: the request's signature is outside of the time window")
	// ErrReplayed is found in the error of a request that was seen before.
	ErrReplayed = errors.New("seal: the request was seen before")
	// ErrUndecided is found in the error of a request of which nobody can say whether it was seen: the nonces' store does not answer.
	ErrUndecided = errors.New("seal: nobody can say whether the request was seen before")
	// ErrBody is found in the error of a request whose body is too large to verify.
	ErrBody = errors.New("seal: the request's body is too large")
)

// ReplayGuard lets signed requests pass, each once. It is safe for concurrent use.
type ReplayGuard struct {
	keys   Keys
	nonces Nonces
	window time.Duration
	skew   time.Duration
	body   int64
	refuse func(http.ResponseWriter, *http.Request, error)
}

// GuardOption changes a [ReplayGuard].
type GuardOption interface{ applyGuard(*ReplayGuard) }

type guardOption func(*ReplayGuard)

func (f guardOption) applyGuard(g *ReplayGuard) { f(g) }

// Window is how old a signature may be, and how far clocks may be apart. The default is 5 minutes and 30 seconds.
func Window(age, skew time.Duration) GuardOption {
	return guardOption(func(g *ReplayGuard) { g.window, g.skew = age, skew })
}

// MaxBody is how many bytes a body may have, which is read into memory. The default is 1 MiB.
func MaxBody(bytes int64) GuardOption { return guardOption(func(g *ReplayGuard) { g.body = bytes }) }

// Refuse answers what does not pass. The default is a status with its text: 401, 409 for what was seen before, 413, and 503 where that cannot
// be known.
func Refuse(answer func(http.ResponseWriter, *http.Request, error)) GuardOption {
	return guardOption(func(g *ReplayGuard) { g.refuse = answer })
}

// NewReplayGuard verifies with the keys and remembers nonces.
func NewReplayGuard(keys Keys, nonces Nonces, opts ...GuardOption) (*ReplayGuard, error) {
	g := &ReplayGuard{keys: keys, nonces: nonces, window: 5 * time.Minute, skew: 30 * time.Second, body: 1 << 20, refuse: plainly}
	for _, opt := range opts {
		opt.applyGuard(g)
	}
	if keys == nil || nonces == nil || g.refuse == nil {
		return nil, errors.New("seal: replay guard: keys, nonces and Refuse must not be nil")
	}
	if g.window < time.Second || g.skew < 0 || g.body < 0 {
		return nil, errors.New("seal: replay guard: the window must be a second or more, skew and MaxBody not negative")
	}
	return g, nil
}

// Handler serves what passes by next, with the tenant, the principal and the roles of the key's owner in the context, in place of any there, and of
// a session.
func (g *ReplayGuard) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		owner, err := g.Verify(r)
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		info := request.From(r.Context())
		info.Tenant, info.Principal, info.Roles, info.Session = owner.Tenant, owner.Principal, owner.Roles, ""
		next.ServeHTTP(w, r.WithContext(request.With(r.Context(), info)))
	})
}

// Verify says who signed the request, once. It reads the body and puts a copy in its place. Nothing is remembered of a request that does not pass.
func (g *ReplayGuard) Verify(r *http.Request) (Owner, error) {
	signed, err := readSignature(r)
	if err != nil {
		return Owner{}, err
	}
	now := time.Now()
	if age := now.Sub(signed.created); age > g.window || age < -g.skew || !signed.expires.IsZero() && now.After(signed.expires) {
		return Owner{}, fmt.Errorf("%w: it was made %s ago, and may be %s old at most", ErrStale, age.Round(time.Second), g.window)
	}
	key, err := g.keys(r.Context(), signed.keyID)
	if errors.Is(err, ErrKeyUnknown) {
		return Owner{}, fmt.Errorf("%w: %w", ErrUnsigned, err)
	} else if err != nil {
		return Owner{}, fmt.Errorf("%w: the signing key: %w", ErrUndecided, err)
	}
	if signed.alg != "" && signed.alg != key.alg || !key.verify(signed.base, signed.signature) {
		return Owner{}, fmt.Errorf("%w: the signature does not match", ErrUnsigned)
	}
	if err := g.checkBody(r); err != nil {
		return Owner{}, err
	}
	// Another process, whose clock is behind by the skew, takes it for as much longer.
	keep := signed.created.Add(g.window + 2*g.skew).Sub(now)
	fresh, err := g.nonces.Reserve(r.Context(), fmt.Sprintf("%d:%s%s", len(signed.keyID), signed.keyID, signed.nonce), max(keep, time.Second))
	switch {
	case err != nil:
		return Owner{}, fmt.Errorf("%w: %w", ErrUndecided, err)
	case !fresh:
		return Owner{}, ErrReplayed
	}
	return key.owner, nil
}

func (g *ReplayGuard) checkBody(r *http.Request) error {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, g.body+1)); err != nil {
			return fmt.Errorf("%w: its body: %w", ErrUnsigned, err)
		}
		if int64(len(body)) > g.body {
			return fmt.Errorf("%w: it may have %d bytes", ErrBody, g.body)
		}
		_ = r.Body.Close()
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if err := matchesDigest(r.Header.Values("Content-Digest"), body); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	return nil
}

func plainly(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusUnauthorized
	switch {
	case errors.Is(err, ErrReplayed):
		status = http.StatusConflict
	case errors.Is(err, ErrBody):
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, ErrUndecided), errors.Is(err, context.Canceled):
		w.Header().Set("Retry-After", "1")
		status = http.StatusServiceUnavailable
	}
	http.Error(w, http.StatusText(status), status)
}
