package push

import (
	"net/http"
	"strconv"
	"time"
)

// How long a poll waits for a message.
const (
	usualPoll = 25 * time.Second
	mostPoll  = 60 * time.Second
)

// Poll serves one batch of messages at a time, for clients behind something that lets no stream through: GET with the parameters of [Hub.SSE], and
// "wait", how many seconds to wait for the first message, 25 by default and 60 at most. The answer is the lines of an NDJSON stream, and ends once
// there are messages, or with the time. The last id in it is the "last_event_id" of the next poll. The first poll, without one, is answered at once.
func (h *Hub) Poll() http.Handler {
	return h.answering(h.poll, (*refusal).write)
}

func (h *Hub) poll(w http.ResponseWriter, r *http.Request) *refusal {
	if h.preflight(w, r, http.MethodGet) {
		return nil
	}
	if r.Method != http.MethodGet {
		return &refusal{status: http.StatusMethodNotAllowed, detail: "messages are polled with GET"}
	}
	wait, err := patience(r.URL.Query().Get("wait"))
	if err != nil {
		return &refusal{status: http.StatusBadRequest, detail: "wait is a number of seconds from 0 to 60"}
	}
	a, refused := h.audition(r, formatLines)
	if refused != nil {
		return refused
	}
	defer a.end()
	page, err := a.resuming.next(r.Context())
	if err != nil {
		return h.busy(err.Error())
	}
	if a.resuming.joined {
		h.meters.began(r.Context(), a.resuming.how, formatLines)
		page = a.client.take()
		if len(page) <= 1 && a.resuming.how == resumeMemory {
			a.hear(r, wait)
			page = append(page, a.client.take()...)
		}
	}
	w.Header().Set("Content-Type", lines{}.contentType())
	w.Header().Set("Cache-Control", "no-store")
	out := &writer{response: w, control: http.NewResponseController(w), limit: h.settings.write, hub: h}
	out.write(r.Context(), page)
	return nil
}

// patience reads how long to wait.
func patience(text string) (time.Duration, error) {
	if text == "" {
		return usualPoll, nil
	}
	seconds, err := strconv.ParseUint(text, 10, 8)
	if err == nil && time.Duration(seconds)*time.Second > mostPoll {
		err = strconv.ErrRange
	}
	return time.Duration(seconds) * time.Second, err
}

// hear waits for a message.
func (a *audition) hear(r *http.Request, wait time.Duration) {
	over := time.NewTimer(wait)
	defer over.Stop()
	for a.client.current() {
		select {
		case <-a.awake:
		case <-a.client.ending:
			return
		case <-r.Context().Done():
			return
		case <-over.C:
			return
		}
	}
}
