package push

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Once says whether a key is claimed for the first time within a while, as *cache.Dedupe does, for all processes that share its Redis.
type Once interface {
	Claim(ctx context.Context, key, owner string, lease time.Duration) (won, done bool, err error)
}

// ticketLife is how long a ticket may be used.
const ticketLife = 30 * time.Second

// ticketKey is of AES-256, and secretLength what it is made of at least.
const (
	ticketKey    = 32
	secretLength = 16
)

// Tickets lets pages of browsers connect, whose EventSource and WebSocket have no headers of their own: [Hub.Ticket] gives a ticket to a
// request that [Tokens] or [Auth] allow, and a connection with the query parameter "ticket" has what that was granted, once and within
// 30 seconds. The secret, 16 bytes or more, is the same for all hubs. A ticket is sealed by it (AES-256-GCM), and tells nobody what it grants.
// Where once cannot be asked, tickets are refused.
func Tickets(secret []byte, once Once) Option {
	return option(func(s *settings) {
		if len(secret) < secretLength || once == nil {
			s.errs = append(s.errs, fmt.Errorf("Tickets: the secret must have %d bytes or more, and once must not be nil", secretLength))
			return
		}
		key, err := hkdf.Key(sha256.New, secret, nil, "millrace push tickets", ticketKey)
		if err != nil {
			s.errs = append(s.errs, fmt.Errorf("Tickets: %w", err))
			return
		}
		block, _ := aes.NewCipher(key)                 // the key is as long as it takes
		aead, _ := cipher.NewGCMWithRandomNonce(block) // of the usual sizes
		s.tickets = &tickets{aead, once}
	})
}

type tickets struct {
	aead cipher.AEAD
	once Once
}

// ticket is what is sealed.
type ticket struct {
	Nonce string    `json:"nonce"`
	Until time.Time `json:"until"`
	Grant Grant     `json:"grant"`
}

// Ticket answers a POST with a ticket as JSON: "ticket", and "expires_in" in seconds.
func (h *Hub) Ticket() http.Handler {
	return h.answering(h.issue, (*refusal).write)
}

func (h *Hub) issue(w http.ResponseWriter, r *http.Request) *refusal {
	if h.preflight(w, r, http.MethodPost) {
		return nil
	}
	switch {
	case r.Method != http.MethodPost:
		return &refusal{status: http.StatusMethodNotAllowed, detail: "a ticket is asked for with POST"}
	case h.settings.tickets == nil:
		return &refusal{status: http.StatusNotFound, detail: "this server has no tickets"}
	case r.URL.Query().Has("ticket"):
		return &refusal{status: http.StatusBadRequest, detail: "a ticket gives no other: authenticate by a token"}
	}
	grant, refused := h.authenticate(r)
	if refused != nil {
		return refused
	}
	text, err := h.settings.tickets.issue(grant)
	if err != nil {
		return &refusal{status: http.StatusInternalServerError, detail: "no ticket could be made"}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(struct {
		Ticket  string `json:"ticket"`
		Expires int    `json:"expires_in"`
	}{text, int(ticketLife.Seconds())})
	return nil
}

func (t *tickets) issue(grant Grant) (string, error) {
	plain, err := json.Marshal(ticket{Nonce: rand.Text(), Until: time.Now().Add(ticketLife), Grant: grant})
	if err != nil {
		return "", err //nolint:wrapcheck // it is not told
	}
	return base64.RawURLEncoding.EncodeToString(t.aead.Seal(nil, nil, plain, nil)), nil //nolint:gosec // the nonce is random
}

// redeem opens a ticket, which cannot be used again.
func (t *tickets) redeem(ctx context.Context, text string) (Grant, error) {
	used := &Problem{Status: http.StatusUnauthorized, Detail: "the ticket is not valid: it is used up, too old, or none"}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return Grant{}, used
	}
	plain, err := t.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return Grant{}, used
	}
	var opened ticket
	if json.Unmarshal(plain, &opened) != nil || !opened.Until.After(time.Now()) {
		return Grant{}, used
	}
	won, _, err := t.once.Claim(ctx, "push.ticket:"+opened.Nonce, opened.Nonce, 2*ticketLife) //nolint:mnd // longer than it lives
	switch {
	case err != nil:
		return Grant{}, errors.Join(&Problem{Status: http.StatusServiceUnavailable, Detail: "tickets cannot be checked now"}, err)
	case !won:
		return Grant{}, used
	}
	return opened.Grant, nil
}
