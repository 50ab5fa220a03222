package hooks

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/jobs/webhooks"
)

// Receiver is what a partner would have: it verifies webhooks, and handles each event once. With ?fail=2 it refuses each event twice before that, to
// show what becomes of deliveries that fail; 9 times at most.
func (h *Hooks) Receiver() http.Handler {
	handler := http.HandlerFunc(h.receive)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rows, _ := h.pool.Query(r.Context(), `SELECT secret FROM shop.receiver_secrets`) // CollectRows says what is wrong
		secrets, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			http.Error(w, "try again later", http.StatusServiceUnavailable)
			return
		}
		verifier, err := webhooks.NewVerifier(secrets)
		if err != nil {
			http.Error(w, "no endpoint leads here", http.StatusUnauthorized)
			return
		}
		verifier.Handler(handler).ServeHTTP(w, r)
	})
}

const mostRefusals = 9

// receive is called with webhooks that are verified.
func (h *Hooks) receive(w http.ResponseWriter, r *http.Request) {
	received, _ := webhooks.ReceivedFrom(r.Context())
	var event struct {
		Type string `json:"type"`
	}
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		http.Error(w, "the body is no event", http.StatusBadRequest)
		return
	}
	refusals, _ := strconv.Atoi(r.URL.Query().Get("fail")) // 0 where it is no number
	switch refused, err := h.take(r.Context(), received.ID, event.Type, min(refusals, mostRefusals)); {
	case err != nil:
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	case refused:
		http.Error(w, "not now, as it was asked for", http.StatusServiceUnavailable)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// take handles an event, which here is to note it. What comes again is known by its id, and answered like the first.
func (h *Hooks) take(ctx context.Context, id, kind string, refusals int) (refused bool, err error) {
	err = h.pool.QueryRow(ctx, `
		INSERT INTO shop.received AS r (id, type, refused, taken)
		VALUES ($1, $2, CASE WHEN $3 > 0 THEN 1 ELSE 0 END, CASE WHEN $3 > 0 THEN 0 ELSE 1 END)
		ON CONFLICT (id) DO UPDATE SET
			refused = r.refused + CASE WHEN r.taken = 0 AND r.refused < $3 THEN 1 ELSE 0 END,
			taken = r.taken + CASE WHEN r.taken = 0 AND r.refused < $3 THEN 0 ELSE 1 END
		RETURNING taken = 0`, id, kind, refusals).Scan(&refused)
	if err != nil {
		return false, fmt.Errorf("hooks: receive: %w", err)
	}
	return refused, nil
}

// Received is what the receiver has seen.
type Received struct {
	Events  int `json:"events"`  // handled, each once
	Repeats int `json:"repeats"` // that came again after that
	Refused int `json:"refused"` // attempts that were refused on purpose
}

func (h *Hooks) received(ctx context.Context) (r Received, err error) {
	err = h.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE taken > 0), coalesce(sum(greatest(taken - 1, 0)), 0), coalesce(sum(refused), 0) FROM shop.received`,
	).Scan(&r.Events, &r.Repeats, &r.Refused)
	if err != nil {
		return r, fmt.Errorf("hooks: report: %w", err)
	}
	return r, nil
}
