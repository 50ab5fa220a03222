package push

import (
	"net/http"
	"slices"
	"time"
)

// audition is a request that has one of the hub's places, and is to be brought to where it is live.
type audition struct {
	client   client
	resuming *resumption
	awake    chan struct{} // something is queued, or the client is ended
	expiry   *time.Timer
}

// audition gives a request its place, or says why not. Who gets one ends it.
func (h *Hub) audition(r *http.Request, f format) (*audition, *refusal) {
	grant, refused := h.authenticate(r)
	if refused != nil {
		return nil, refused
	}
	channels, refused := h.wanted(r, grant)
	if refused != nil {
		return nil, refused
	}
	a := &audition{awake: make(chan struct{}, 1)}
	a.client = newClient(h, grant, f, func() {
		select {
		case a.awake <- struct{}{}:
		default:
		}
	})
	if refused := h.admit(&a.client); refused != nil {
		return nil, refused
	}
	if !grant.Expires.IsZero() {
		a.expiry = time.AfterFunc(time.Until(grant.Expires), func() { a.client.end(whyExpired) })
	}
	since := r.Header.Get("Last-Event-ID")
	if since == "" {
		since = r.URL.Query().Get("last_event_id")
	}
	framing := f.streaming()
	a.resuming = &resumption{hub: h, client: &a.client, channels: channels, since: since, result: func(id string, how outcome) []byte {
		if how == resumeReset {
			return slices.Concat(framing.reset(id), framing.position(id))
		}
		return framing.position(id)
	}}
	return a, nil
}

// end gives the place back.
func (a *audition) end() {
	if a.expiry != nil {
		a.expiry.Stop()
	}
	a.resuming.release()
	a.client.hub.leave(&a.client)
}
