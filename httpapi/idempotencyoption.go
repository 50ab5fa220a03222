package httpapi

import (
	"bytes"
	"io"
	"time"
)

// IdempotencyOption changes [Idempotency].
type IdempotencyOption interface{ applyIdempotency(*idempotency) }

type idempotencyOption func(*idempotency)

func (f idempotencyOption) applyIdempotency(i *idempotency) { f(i) }

// KeyRequired refuses requests without a key, with 400.
func KeyRequired() IdempotencyOption {
	return idempotencyOption(func(i *idempotency) { i.required = true })
}

// Methods are those whose keys count. The default is POST and PATCH; the others may be repeated anyway.
func Methods(names ...string) IdempotencyOption {
	return idempotencyOption(func(i *idempotency) { i.methods = names })
}

// Keep is how long an answer is kept. The default is 24 hours.
func Keep(d time.Duration) IdempotencyOption {
	return idempotencyOption(func(i *idempotency) { i.keep = d })
}

// Lease is how long a key is held whose process has died. It is renewed while its request runs. The default is 15 seconds.
func Lease(d time.Duration) IdempotencyOption {
	return idempotencyOption(func(i *idempotency) { i.lease = d })
}

// AnswerFirst lets the client have the answer before it is stored, so that it does not wait for that. Who repeats the request meanwhile is told 409,
// and where the process dies in between, or the store does not answer, the key is free after the lease although the client has seen the answer.
func AnswerFirst() IdempotencyOption {
	return idempotencyOption(func(i *idempotency) { i.early = true })
}

// Sizes bounds, in bytes, a request's body, which is read into memory, and an answer that is kept: of a larger one a repeated request learns only
// that it was done, with 409. The defaults are 1 MiB and 256 KiB.
func Sizes(body int64, answer int) IdempotencyOption {
	return idempotencyOption(func(i *idempotency) { i.body, i.answer = body, answer })
}

// WithoutStore lets requests run without their keys while the store does not answer: what a client repeats then is done twice.
func WithoutStore() IdempotencyOption {
	return idempotencyOption(func(i *idempotency) { i.open = true })
}

// again is a body that was read.
func again(body []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(body)) }
