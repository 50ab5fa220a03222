package push

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/request"
)

// SSE serves the event stream: GET with one or more "channel" parameters, each a channel's name or "name/key".
//
// Each message is an event named after its channel, whose data is the payload. The header Last-Event-ID, or the
// parameter last_event_id, resumes behind that event; an event named "reset" says that this cannot be done. Errors are
// RFC 9457 problems. Mount it without a write timeout: each write has its own.
func (h *Hub) SSE() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		channels, problem := h.wanted(r)
		if problem != nil {
			problem.write(w)
			return
		}
		since := r.Header.Get("Last-Event-ID")
		if since == "" {
			since = r.URL.Query().Get("last_event_id")
		}
		c := newClient(h, string(request.From(r.Context()).Tenant), channels)
		first, how, err := h.subscribe(r.Context(), c, since)
		if err != nil {
			(&refusal{http.StatusServiceUnavailable, err.Error(), h.jitter()}).write(w)
			return
		}
		defer h.leave(c)
		h.meters.resumed(r.Context(), how)
		h.stream(w, r, c, first)
	})
}

// wanted returns the channels that the request may follow.
func (h *Hub) wanted(r *http.Request) ([]string, *refusal) {
	if r.Method != http.MethodGet {
		return nil, &refusal{status: http.StatusMethodNotAllowed, detail: "an event stream is read with GET"}
	}
	channels := r.URL.Query()["channel"]
	slices.Sort(channels)
	channels = slices.Compact(channels)
	if len(channels) == 0 || len(channels) > h.settings.channels {
		return nil, &refusal{status: http.StatusBadRequest, detail: "name 1 to 64 channels, as in ?channel=orders"}
	}
	names := make(map[string]struct{}, len(channels))
	for _, channel := range channels {
		if !validChannel(channel) {
			return nil, &refusal{status: http.StatusBadRequest, detail: "a channel is a name such as orders, or orders/42"}
		}
		name, _ := splitChannel(channel)
		if _, twice := names[name]; twice {
			return nil, &refusal{status: http.StatusBadRequest, detail: "name each channel once, whole or with one key"}
		}
		names[name] = struct{}{}
	}
	if err := h.allowed(r, channels); err != nil {
		return nil, &refusal{status: http.StatusForbidden, detail: err.Error()}
	}
	return channels, nil
}

var errOrigin = errors.New("requests of other origins may not follow; see push.Auth")

func (h *Hub) allowed(r *http.Request, channels []string) error {
	if h.settings.authorize != nil {
		return h.settings.authorize(r, channels)
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return errOrigin
	}
	if origin := r.Header.Get("Origin"); origin != "" && !strings.HasSuffix(origin, "://"+r.Host) {
		return errOrigin
	}
	return nil
}

const maxChannelLength = 256

func validChannel(text string) bool {
	name, subject := splitChannel(text)
	return name != "" && len(text) <= maxChannelLength && !strings.ContainsFunc(name+subject, func(r rune) bool {
		return r < ' ' || r == 0x7f
	}) && !(subject == "" && strings.Contains(text, "/"))
}

// stream writes until the client leaves, is too slow, or the hub ends it.
func (h *Hub) stream(w http.ResponseWriter, r *http.Request, c *client, first [][]byte) {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream; charset=utf-8")
	header.Set("Cache-Control", "no-cache, no-transform")
	header.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	out := &writer{response: w, control: http.NewResponseController(w), limit: h.settings.write, meters: h.meters}
	if !out.write(append([][]byte{appendRetry(nil, h.jitter())}, first...)) {
		return
	}
	beat := time.NewTicker(h.settings.heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-c.ending:
			out.write(append(c.take(), appendRetry(nil, h.jitter())))
			return
		case <-c.awake:
			if !out.write(c.take()) {
				return
			}
			beat.Reset(h.settings.heartbeat)
		case <-beat.C:
			if !out.write([][]byte{[]byte(keepAlive)}) {
				return
			}
		}
	}
}

// jitter spreads reconnects over the time between one and three reconnect waits.
func (h *Hub) jitter() time.Duration {
	return h.settings.reconnect + rand.N(2*h.settings.reconnect) //nolint:gosec // not a secret
}

// writer writes several frames with one flush, each write within its own limit.
type writer struct {
	response http.ResponseWriter
	control  *http.ResponseController
	limit    time.Duration
	meters   *meters
	buffer   []byte
}

const keptBuffer = 64 << 10

func (w *writer) write(frames [][]byte) bool {
	w.buffer = w.buffer[:0]
	for _, frame := range frames {
		w.buffer = append(w.buffer, frame...)
	}
	if err := w.control.SetWriteDeadline(time.Now().Add(w.limit)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return false
	}
	_, err := w.response.Write(w.buffer)
	if err == nil {
		err = w.control.Flush()
	}
	w.meters.wrote(len(frames), len(w.buffer))
	if cap(w.buffer) > keptBuffer {
		w.buffer = nil
	}
	return err == nil || (errors.Is(err, http.ErrNotSupported) && !errors.Is(err, net.ErrClosed))
}
