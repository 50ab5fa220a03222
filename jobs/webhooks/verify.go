package webhooks

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Why a request is not taken for a webhook.
var (
	// ErrHeaders: one of the three headers is missing, or is not what it should be.
	ErrHeaders = errors.New("webhooks: headers are missing or malformed")
	// ErrTimestamp: the timestamp is further from the receiver's clock than is tolerated.
	ErrTimestamp = errors.New("webhooks: the timestamp is too old or too new")
	// ErrSignature: no signature is of a key that the receiver has.
	ErrSignature = errors.New("webhooks: no signature matches")
	// ErrReplayed: the same request was received before.
	ErrReplayed = errors.New("webhooks: the request was received before")
)

// Verifier verifies webhooks that are signed as Standard Webhooks says, whoever sends them. It is safe for concurrent use.
type Verifier struct {
	keys      []Key
	tolerance time.Duration
	bodyLimit int64
	replays   Replays
	log       *slog.Logger
}

// VerifierOption changes a [Verifier].
type VerifierOption interface{ applyVerifier(*Verifier) }

type verifierOption func(*Verifier)

func (f verifierOption) applyVerifier(v *Verifier) { f(v) }

const (
	usualTolerance = 5 * time.Minute
	usualBodyLimit = 1 << 20
	maxSignatures  = 16
)

// Tolerance is how far a timestamp may be from the receiver's clock, in both directions: 5 minutes by default.
func Tolerance(d time.Duration) VerifierOption {
	return verifierOption(func(v *Verifier) { v.tolerance = d })
}

// BodyLimit is how many bytes a body may have for [Verifier.Handler]: 1 MiB by default.
func BodyLimit(bytes int64) VerifierOption {
	return verifierOption(func(v *Verifier) { v.bodyLimit = bytes })
}

// VerifierLogger is where [Verifier.Handler] says what it could not do, slog.Default without it.
func VerifierLogger(l *slog.Logger) VerifierOption {
	return verifierOption(func(v *Verifier) { v.log = l })
}

// NewVerifier makes a verifier that takes signatures of any of the keys, as text: see [ParseKey]. Give it the new key and the old
// one while they are rotated.
func NewVerifier(keys []string, opts ...VerifierOption) (*Verifier, error) {
	v := &Verifier{tolerance: usualTolerance, bodyLimit: usualBodyLimit}
	for i, text := range keys {
		key, err := ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("webhooks: key %d of %d: %w", i+1, len(keys), err)
		}
		v.keys = append(v.keys, key)
	}
	for _, opt := range opts {
		opt.applyVerifier(v)
	}
	switch {
	case len(v.keys) == 0:
		return nil, errors.New("webhooks: a verifier needs a key")
	case v.tolerance < time.Second:
		return nil, fmt.Errorf("webhooks: the tolerance %s must be at least 1s: timestamps are whole seconds", v.tolerance)
	case v.bodyLimit < 1:
		return nil, fmt.Errorf("webhooks: the body limit %d must be at least 1", v.bodyLimit)
	}
	return v, nil
}

// Received is a webhook that was verified.
type Received struct {
	// ID is the message's, the same for each attempt to deliver it: handle a message once by it.
	ID string
	// Timestamp is when the attempt was made.
	Timestamp time.Time
}

// Verify says what is wrong with a webhook, by its headers and its whole body as it came. It compares in constant time, and looks
// neither for what was received before nor at the body's length.
func (v *Verifier) Verify(header http.Header, body []byte) (Received, error) {
	id, timestamp, signatures := only(header, HeaderID), only(header, HeaderTimestamp), only(header, HeaderSignature)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" || strings.Contains(id, ".") || signatures == "" || strconv.FormatInt(seconds, 10) != timestamp {
		return Received{}, ErrHeaders
	}
	at := time.Unix(seconds, 0)
	if now := time.Now(); at.Before(now.Add(-v.tolerance-time.Second)) || at.After(now.Add(v.tolerance)) {
		return Received{}, ErrTimestamp
	}
	content, matches := signed(id, timestamp, body), false
	list := strings.Split(signatures, " ")
	for _, one := range list[:min(len(list), maxSignatures)] {
		version, encoded, _ := strings.Cut(one, ",")
		signature, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			continue
		}
		for _, key := range v.keys { // all of them, so that time does not tell which
			matches = key.verifies(version, signature, content) || matches
		}
	}
	if !matches {
		return Received{}, ErrSignature
	}
	return Received{ID: id, Timestamp: at}, nil
}

// only is a header's value, if it has one.
func only(header http.Header, name string) string {
	if values := header.Values(name); len(values) == 1 {
		return values[0]
	}
	return ""
}

func (v *Verifier) logger() *slog.Logger { return cmp.Or(v.log, slog.Default()) }
