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

// NewToken makes a token. The name is like those of [NewStep]: it is for the reader of the journal.
func NewToken[T any](s *Saga, name string) Token[T] {
	s.run.living()
	if !namePattern.MatchString(name) {
		s.abort("the name of a token must be like that of a step")
	}
	s.tokens++
	mac := hmac.New(sha256.New, []byte(s.run.input.Secret))
	_, _ = fmt.Fprint(mac, s.run.head.Run, "/", s.path, s.next, ".", s.tokens, "/", name)
	is := tokenText{
		Flow: s.run.runner.name, Tenant: s.Tenant(), ID: s.ID(), Signal: name + tokenMark + hex.EncodeToString(mac.Sum(nil)[:16]),
	}
	raw, err := json.Marshal(is)
	if err != nil {
		s.abort("a token cannot be made: " + err.Error())
	}
	return Token[T]{
		text: base64.RawURLEncoding.EncodeToString(raw), signal: &Signal[T]{name: is.Signal, value: bus.JSON[T]()},
	}
}

// String is what is given to who completes the token: letters, digits, - and _, that may stand in a URL. It must be kept from
// others.
func (t Token[T]) String() string { return t.text }

// Wait waits until the token is completed, like [Await].
func (t Token[T]) Wait(s *Saga, within time.Duration) (T, error) { return Await(s, t.signal, within) }

// Complete completes a token: what waits for it goes on with the value. Whatever comes after that for the same token is kept and met
// by nobody. A text that is no token is [ErrToken]; whether what it names still waits is not known here.
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
	message := newCalls(is.Flow).signal.New(signalled{id: is.ID, Name: is.Signal, Value: raw})
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
}

func parseToken(token string) (is tokenText, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(raw, &is) != nil || !flowPattern.MatchString(is.Flow) || !strings.Contains(is.Signal, tokenMark) {
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
