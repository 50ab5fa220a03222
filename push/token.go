package push

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Verifier says what a token grants. An error that is a [Problem] is told to the client; any other is logged, and the client is told that its
// token is not accepted. Package tokens has one for JSON Web Tokens.
type Verifier interface {
	Verify(ctx context.Context, token string) (Grant, error)
}

// Tokens lets requests present a token in the header "Authorization: Bearer …" (RFC 6750), and WebSockets present a newer one by push.refresh,
// before their grant expires. Requests without one are for [Auth], where that is given, and are refused otherwise.
func Tokens(v Verifier) Option { return option(func(s *settings) { s.verifier = v }) }

// bearer is the token that a request has.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// decided is what a request may do by its ticket, its token, or what Auth says of it.
func (h *Hub) decided(r *http.Request) (Grant, error) {
	s := &h.settings
	ticket, token := r.URL.Query().Get("ticket"), bearer(r)
	switch {
	case s.tickets != nil && ticket != "":
		return s.tickets.redeem(r.Context(), ticket)
	case s.verifier != nil && token != "":
		return s.verifier.Verify(r.Context(), token)
	case s.auth != nil:
		return s.auth(r)
	}
	return Grant{}, &Problem{Status: http.StatusUnauthorized, Detail: "authenticate by a token or a ticket"}
}

// valid says what is wrong with a grant as of now, or nil.
func (h *Hub) valid(g Grant) error {
	switch {
	case !g.Expires.IsZero() && !g.Expires.After(time.Now()):
		return &Problem{Status: http.StatusUnauthorized, Detail: "what allows it has expired"}
	case g.ID != "" && h.isRevoked(g.ID):
		return &Problem{Status: http.StatusUnauthorized, Detail: "what allows it was revoked"}
	}
	return nil
}
