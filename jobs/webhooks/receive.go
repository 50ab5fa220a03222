package webhooks

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

type receivedKey struct{}

// ReceivedFrom is the webhook that a request of [Verifier.Handler] was verified as.
func ReceivedFrom(ctx context.Context) (Received, bool) {
	received, is := ctx.Value(receivedKey{}).(Received)
	return received, is
}

// Handler is HTTP middleware for receivers: next is called with requests that are verified, whose body is in memory then, and
// [ReceivedFrom] tells what they are. Others are answered with a status and a line of text: 405 for what is no POST, 400 for headers and
// timestamps, 401 for signatures, 409 for what was received before, 413 for a body that is too large, and 503 where it is unknown
// whether it was received before. Let the server have a ReadTimeout: a body is waited for as long as that.
//
// A sender repeats what is not answered with 2xx, under the same id and another timestamp. So handle an id once, and answer when
// what must not be lost is stored.
func (v *Verifier) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "a webhook is a POST", http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, v.bodyLimit))
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, "the body cannot be read", http.StatusBadRequest)
			return
		}
		received, err := v.receive(r, body)
		if err != nil {
			v.refuse(w, r, err)
			return
		}
		verified := r.WithContext(context.WithValue(r.Context(), receivedKey{}, received))
		verified.Body, verified.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, verified)
	})
}

func (v *Verifier) receive(r *http.Request, body []byte) (Received, error) {
	received, err := v.Verify(r.Header, body)
	if err != nil || v.replays == nil {
		return received, err
	}
	// What is remembered may go when the timestamp is not tolerated any more.
	keep := time.Until(received.Timestamp) + v.tolerance + 2*time.Second
	first, err := v.replays.First(r.Context(), received.ID+"."+r.Header.Get(HeaderTimestamp), keep)
	if err == nil && !first {
		err = ErrReplayed
	}
	return received, err
}

// refuse says no more than a sender needs: who guesses learns nothing of the keys.
func (v *Verifier) refuse(w http.ResponseWriter, r *http.Request, err error) {
	for known, status := range map[error]int{
		ErrHeaders: http.StatusBadRequest, ErrTimestamp: http.StatusBadRequest,
		ErrSignature: http.StatusUnauthorized, ErrReplayed: http.StatusConflict,
	} {
		if errors.Is(err, known) {
			http.Error(w, known.Error(), status)
			return
		}
	}
	v.logger().ErrorContext(r.Context(), "webhooks: it is unknown whether a webhook was received before", "error", err)
	http.Error(w, "try again later", http.StatusServiceUnavailable)
}
