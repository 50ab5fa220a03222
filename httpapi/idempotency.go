package httpapi

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/millrace/millrace/request"
)

// HeaderIdempotencyKey is the key by which a client repeats a request safely.
const HeaderIdempotencyKey = "Idempotency-Key"

// maxIdempotencyKey is how many characters a key may have.
const maxIdempotencyKey = 255

// Idempotency lets a request with an Idempotency-Key run once, as draft-ietf-httpapi-idempotency-key-header-07 says. A repeated request gets the
// first one's answer, with Idempotency-Replayed: true; 409 while the first runs; and 422 if it asks for something else: method, path, query, content
// type and body count, and keys are of a tenant's principal. Without a principal they are the whole tenant's, and must not be guessed.
//
// An answer is stored before it is sent, so that who has seen it gets it again, but its cookies are not; see [AnswerFirst]. A failure, 5xx, 408 and
// 429, is not kept, so that the request may be tried again: at once, but after 502, 504 and an aborted answer, when it may still run elsewhere, after
// the lease. Where the process dies, the key is free after the lease, see [Lease], and whether
// the request was done is not known; so it is where the answer could not be stored. A request whose process hangs, or has no store, for longer than
// the lease may run twice. Without the store requests with keys are 503, and do not run, unless [WithoutStore] lets them.
func Idempotency(errs *Errors, answers Answers, opts ...IdempotencyOption) (func(http.Handler) http.Handler, error) {
	i, err := newIdempotency(errs, answers, opts)
	if err != nil {
		return nil, err
	}
	return i.handler, nil
}

func newIdempotency(errs *Errors, answers Answers, opts []IdempotencyOption) (*idempotency, error) {
	i := &idempotency{
		errs: errs, answers: answers, methods: []string{http.MethodPost, http.MethodPatch},
		lease: 15 * time.Second, keep: 24 * time.Hour, body: 1 << 20, answer: 256 << 10,
	}
	for _, opt := range opts {
		opt.applyIdempotency(i)
	}
	if errs == nil || answers == nil || i.lease < time.Second || i.keep < time.Second || i.body < 0 || i.answer < 0 {
		return nil, errors.New("httpapi: idempotency: errors and answers must not be nil, times a second or more, sizes not negative")
	}
	return i, nil
}

func (i *idempotency) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nowhere := unrouted(r)
		err := i.serve(w, r, next, nowhere)
		if _, refused := errors.AsType[*Problem](err); refused {
			err = cmp.Or[error](nowhere(), err)
		}
		if err != nil {
			i.errs.Write(w, r, err)
		}
	})
}

type idempotency struct {
	errs     *Errors
	answers  Answers
	methods  []string
	required bool
	open     bool
	early    bool
	lease    time.Duration
	keep     time.Duration
	body     int64
	answer   int
}

// serve returns an error where nothing was answered.
func (i *idempotency) serve(w http.ResponseWriter, r *http.Request, next http.Handler, nowhere func() error) error {
	given := r.Header.Values(HeaderIdempotencyKey)
	if !i.concerns(r) {
		next.ServeHTTP(w, r)
		return nil
	}
	key, err := idempotencyKey(given)
	if err != nil {
		return err
	}
	sum, err := i.fingerprint(r)
	if err != nil {
		return err
	}
	info := request.From(r.Context())
	key = digest([]byte(info.Tenant), []byte(info.Principal), []byte(key))
	claim := Claim{Owner: rand.Text(), Fingerprint: sum, Lease: i.lease}
	found, err := i.begin(w, r, key, claim)
	quota, refused := errors.AsType[*Problem](err)
	switch {
	case refused:
		return quota
	case err != nil && i.open:
		i.errs.log.WarnContext(r.Context(), "httpapi: a request with an idempotency key runs without the store", i.errs.about(r, "error", err)...)
		next.ServeHTTP(w, r)
		return nil
	case err != nil:
		i.errs.log.ErrorContext(r.Context(), "httpapi: the store of idempotency keys does not answer", i.errs.about(r, "error", err)...)
		return &Problem{
			Status: http.StatusServiceUnavailable, Detail: "nothing was done; send the same request again", Header: http.Header{"Retry-After": {"1"}},
		}
	case found.Claimed:
		i.first(w, r, next, nowhere, key, claim.Owner) //nolint:contextcheck // the request has it
		return nil
	case found.Fingerprint != sum:
		return &Problem{Status: http.StatusUnprocessableEntity, Detail: "this idempotency key was used for another request; choose a new one"}
	case found.Answer == nil:
		return &Problem{
			Status: http.StatusConflict, Detail: "the first request with this idempotency key still runs; send it again later",
			Header: http.Header{"Retry-After": {"1"}},
		}
	}
	return replay(w, r, found.Answer)
}

// concerns says whether a request needs a key.
func (i *idempotency) concerns(r *http.Request) bool {
	return (i.required || len(r.Header[HeaderIdempotencyKey]) > 0) && slices.Contains(i.methods, r.Method)
}

// keyed says whether a request has a key that is one.
func (*idempotency) keyed(r *http.Request) bool {
	_, err := idempotencyKey(r.Header[HeaderIdempotencyKey])
	return err == nil
}

// storing is how long an answer may take to be stored, whatever became of the client.
const storing = 5 * time.Second

// first runs the request that has the key.
func (i *idempotency) first(w http.ResponseWriter, r *http.Request, next http.Handler, nowhere func() error, key, owner string) {
	recorded, done := record(w, i.answer), false
	store := func(what string, do func(context.Context) error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), storing)
		defer cancel()
		if err := do(ctx); err != nil {
			i.errs.log.ErrorContext(ctx, "httpapi: an idempotency key is not as it should be, and is held until its lease ends",
				i.errs.about(r, "wanted", what, "error", err)...)
		}
	}
	release := func() {
		store("release", func(ctx context.Context) error { return i.answers.Release(ctx, key, owner) })
	}
	defer func() {
		if done {
			return
		}
		failure := recover()
		if err, is := failure.(error); !is || !errors.Is(err, http.ErrAbortHandler) { // who aborts may have asked another server
			release()
		}
		if failure != nil {
			panic(failure) //nolint:forbidigo // it goes on
		}
	}()
	stop := i.renewed(r, key, owner)
	defer stop()
	next.ServeHTTP(recorded, r)
	stop()
	if recorded.repeatable(r) && (!recorded.unrouted() || nowhere() == nil) {
		done = true
		answer := recorded.answer()
		if i.early {
			recorded.deliver()
		}
		store("answer", func(ctx context.Context) error {
			in, err := i.answers.Finish(ctx, key, owner, answer, i.keep)
			if err == nil && !in {
				err = errLost
			}
			return err
		})
	} else {
		done = true
		if !recorded.indefinite() {
			release()
		}
	}
	_ = recorded.pass() // the client has gone
}
