package push

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"
)

// stream writes until the client leaves, is too slow, or the hub ends it.
func (h *Hub) stream(w http.ResponseWriter, r *http.Request, a *audition, page []*frame) {
	c, resuming := &a.client, a.resuming
	framing := c.format.streaming()
	header := w.Header()
	header.Set("Content-Type", framing.contentType())
	header.Set("Cache-Control", "no-cache, no-transform")
	header.Add("Vary", "Accept")
	header.Set("X-Accel-Buffering", "no")
	header.Set("X-Content-Type-Options", "nosniff")
	if r.ProtoMajor == 1 {
		header.Set("Connection", "close") // the connection keeps the last write's deadline
	}
	w.WriteHeader(http.StatusOK)
	out := &writer{response: w, control: http.NewResponseController(w), limit: h.settings.write, hub: h}
	_ = out.control.SetReadDeadline(time.Time{})
	page = append([]*frame{frameOf(framing.retry(h.jitter()))}, page...)
	if !out.write(r.Context(), page) {
		return
	}
	for !resuming.joined {
		var err error
		if page, err = resuming.next(r.Context()); err != nil {
			out.write(r.Context(), []*frame{frameOf(framing.retry(h.jitter()))})
			return
		}
		if !out.write(r.Context(), page) {
			return
		}
	}
	h.meters.began(r.Context(), resuming.how, c.format)
	h.deliver(r, c, out, a.awake)
}

// deliver writes what is queued for a live client.
func (h *Hub) deliver(r *http.Request, c *client, out *writer, awake <-chan struct{}) {
	beat := time.NewTicker(h.settings.heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-c.ending:
			out.write(r.Context(), append(c.take(), frameOf(c.format.streaming().retry(h.jitter()))))
			return
		case <-awake:
			if !out.write(r.Context(), c.take()) {
				return
			}
			beat.Reset(h.settings.heartbeat)
		case <-beat.C:
			if !out.write(r.Context(), []*frame{h.heartbeat(c)}) {
				return
			}
		}
	}
}

// jitter spreads reconnects over the time between one and three reconnect waits.
func (h *Hub) jitter() time.Duration {
	return h.settings.reconnect + rand.N(2*h.settings.reconnect) //nolint:gosec // not a secret
}

// flushes says whether what is written can be sent at once.
func flushes(w http.ResponseWriter) bool {
	for {
		switch each := w.(type) {
		case http.Flusher, interface{ FlushError() error }:
			return true
		case interface{ Unwrap() http.ResponseWriter }:
			w = each.Unwrap()
		default:
			return false
		}
	}
}

// writer joins frames to few writes, each within its own limit.
type writer struct {
	response http.ResponseWriter
	control  *http.ResponseController
	limit    time.Duration
	hub      *Hub
}

// maxWrite is how much is joined to one write, in bytes. A larger frame is written by itself.
const maxWrite = 64 << 10

func (w *writer) write(ctx context.Context, frames []*frame) bool {
	buffer, _ := w.hub.buffers.Get().(*[]byte)
	defer w.hub.buffers.Put(buffer)
	for len(frames) > 0 {
		chunk, n := join(frames, buffer)
		if !w.send(chunk) {
			return false
		}
		w.hub.meters.wrote(ctx, n, len(chunk))
		frames = frames[n:]
	}
	return true
}

func (w *writer) send(chunk []byte) bool {
	if err := w.control.SetWriteDeadline(time.Now().Add(w.limit)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return false
	}
	if _, err := w.response.Write(chunk); err != nil { //nolint:gosec // no answer is HTML
		return false
	}
	return w.control.Flush() == nil
}

// join copies as many frames as fit one write, and says how many. A larger one stays where it is.
func join(frames []*frame, into *[]byte) (chunk []byte, n int) {
	chunk, n = frames[0].bytes, 1
	if len(chunk) >= maxWrite {
		return chunk, n
	}
	chunk = append((*into)[:0], chunk...)
	for n < len(frames) && len(chunk)+len(frames[n].bytes) <= maxWrite {
		chunk = append(chunk, frames[n].bytes...)
		n++
	}
	*into = chunk
	return chunk, n
}
