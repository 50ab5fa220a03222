package push

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refusal is a [Problem] that is the answer to a request.
type refusal struct {
	status int
	detail string
	after  time.Duration
}

func (p *refusal) write(w http.ResponseWriter, r *http.Request) {
	problem := Problem{Status: p.status, Detail: p.detail, Header: http.Header{}}
	if p.status == http.StatusMethodNotAllowed {
		problem.Header.Set("Allow", http.MethodGet)
	}
	if p.after > 0 {
		problem.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.after.Seconds()))))
	}
	problem.Write(w, r)
}

// answering serves by a function that says why it does not, if so, which refuse tells.
func (h *Hub) answering(
	serve func(http.ResponseWriter, *http.Request) *refusal, refuse func(*refusal, http.ResponseWriter, *http.Request),
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused := serve(w, r); refused != nil {
			h.meters.refused(r.Context(), refused.status)
			refuse(refused, w, r)
		}
	})
}

// stream is the answer to who reads an event stream. An EventSource gives up for good after any status but 200.
func (p *refusal) stream(w http.ResponseWriter, r *http.Request) {
	if p.after <= 0 || !strings.Contains(r.Header.Get("Accept"), formatEvents.medium()) {
		p.write(w, r)
		return
	}
	w.Header().Set("Content-Type", eventStream{}.contentType())
	w.Header().Set("Cache-Control", "no-cache, no-transform")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(eventStream{}.retry(p.after))
}
