package sagas

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Token lets somebody outside complete what a flow waits for, once: a payment provider that calls back, a person who follows a
// link. Who has its text needs to know nothing else, and nobody can guess it.
type Token[T any] struct {
	text   string
	signal *Signal[T]
}

// ErrToken is found in the error of a text that is no token.
var ErrToken = errors.New("sagas: it is no token")

// NewToken makes a token: from a random secret that is kept with the saga, so that it is the same when the flow is played again, and
// cannot be guessed. The name is like those of [NewStep]: it is for the reader of the journal.
func NewToken[T any](s *Saga, name string) Token[T] {
	s.living()
	r := s.run
	switch {
	case !namePattern.MatchString(name):
		s.abort("the name of a token must be like that of a step")
	case r.dry:
		r.blind = true
	case r.input.Secret == "":
		s.abort("the saga was started by a version that kept no secret for tokens: they could be guessed, and none is made")
	}
	s.tokens++
	signal := name + tokenMark + mac(r.input.Secret, r.head.Run, "/", s.path, s.next, ".", s.tokens, "/", name)
	is := tokenText{
		Flow: r.runner.name, Tenant: s.Tenant(), ID: s.ID(), Signal: signal, Proof: proof(r.input.Secret, r.head.Run, signal),
	}
	raw, err := json.Marshal(is)
	if err != nil {
		s.abort("a token cannot be made: " + err.Error())
	}
	return tokenOf[T](base64.RawURLEncoding.EncodeToString(raw), is)
}

func tokenOf[T any](text string, is tokenText) Token[T] {
	return Token[T]{text: text, signal: &Signal[T]{name: is.Signal, value: bus.JSON[T]()}}
}

// mac is what nobody can guess who does not know the secret.
func mac(secret string, parts ...any) string {
	hash := hmac.New(sha256.New, []byte(secret))
	_, _ = fmt.Fprint(hash, parts...)
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// proof is of a token that the flow may have given out since it has begun, or begun anew. It is what keeps others' signals out
// of the inbox that were made up.
func proof(secret string, run int, signal string) string {
	return mac(secret, "proof/", run, "/", signal)
}

// String is what is given to who completes the token: letters, digits, - and _, that may stand in a URL. It must be kept from
// others.
func (t Token[T]) String() string { return t.text }

// MarshalText makes it its text, so that it may be part of what a step is given.
func (t Token[T]) MarshalText() ([]byte, error) { return []byte(t.text), nil }

// UnmarshalText reads its text, or is an [ErrToken].
func (t *Token[T]) UnmarshalText(text []byte) error {
	is, err := parseToken(string(text))
	if err != nil {
		return err
	}
	*t = tokenOf[T](string(text), is)
	return nil
}

// Wait waits until the token is completed, like [Await].
func (t Token[T]) Wait(s *Saga, within time.Duration) (T, error) { return Await(s, t.signal, within) }

// Complete completes a token: what waits for it goes on with the value, or what comes to wait for it. Whatever comes after that for the
// same token, and what the saga has not given out, is told of in [Flow.Refusals]. A text that is no token is [ErrToken]; whether the saga
// has given it out, and still waits, is not known here.
func Complete[T any](ctx context.Context, to bus.Publisher, token string, value T) error {
	is, err := parseToken(token)
	if err != nil {
		return resilience.Permanent(err)
	}
	raw, err := encoded(bus.JSON[T]().Encode(value))
	if err != nil {
		return resilience.Permanent(err)
	}
	info := request.From(ctx)
	info.Tenant = is.Tenant
	message := newCalls(is.Flow).signal.New(signalled{id: is.ID, Name: is.Signal, Value: raw, Proof: is.Proof})
	return to.Publish(request.With(ctx, info), message).Err()
}

// tokenMark is in the name of no other signal. What follows it is secret.
const tokenMark = ":"

// plain is a signal's name as it stands in journals and is told.
func plain(signal string) string {
	name, _, _ := strings.Cut(signal, tokenMark)
	return name
}

type tokenText struct {
	Flow   string         `json:"f"`
	Tenant request.Tenant `json:"t,omitempty"`
	ID     string         `json:"i"`
	Signal string         `json:"s"`
	Proof  string         `json:"p,omitempty"`
}

var (
	tokenPattern = regexp.MustCompile(`^[a-z][a-z0-9._-]{0,62}:[0-9a-f]{32}$`)
	proofPattern = regexp.MustCompile(`^([0-9a-f]{32})?$`)
)

func parseToken(token string) (is tokenText, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(raw, &is) != nil || !flowPattern.MatchString(is.Flow) || !tokenPattern.MatchString(is.Signal) ||
		!proofPattern.MatchString(is.Proof) {
		return is, ErrToken
	}
	if err := (request.Info{Tenant: is.Tenant}).Validate(); err != nil {
		return is, ErrToken
	}
	if err := (&core{name: is.Flow}).named(is.ID); err != nil {
		return is, ErrToken
	}
	return is, nil
}
