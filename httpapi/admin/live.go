package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/request"
)

const (
	heartbeat = 15 * time.Second
	// lifetime is how long a stream goes on; the browser comes back then, and its credentials are looked at again.
	lifetime = 15 * time.Minute
	// writeLimit is how long a viewer may take to read what it is told.
	writeLimit = 10 * time.Second
)

// news is what a viewer is told of a section: that it looks otherwise than before, and its facts.
type news struct {
	Section string `json:"section"`
	Version string `json:"version"`
	Total   int    `json:"total"`
	Facts   []Fact `json:"facts"`
	Error   string `json:"error,omitempty"`
}

// live tells a viewer of changes, as Server-Sent Events.
func (c *Console) live(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	sections, err := c.wanted(r)
	if err != nil {
		return err
	}
	watch := newWatcher()
	leave, err := c.floor.enter(ctx, watch, sections)
	if err != nil {
		return &httpapi.Problem{
			Status: http.StatusServiceUnavailable, Detail: "too many look at the console now; come back later",
			Header: http.Header{"Retry-After": {"30"}},
		}
	}
	defer leave()
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no")
	stream := &stream{w: w, control: http.NewResponseController(w), sent: map[string][]byte{}}
	defer stream.end()
	beat, end := time.NewTicker(heartbeat), time.NewTimer(lifetime)
	defer beat.Stop()
	defer end.Stop()
	for text := []byte("retry: 2000\n\n"); ; {
		if err := stream.write(text); err != nil {
			return nil // the viewer has gone, or does not read
		}
		select {
		case <-watch.bell:
			text = stream.news(ctx, watch.take())
		case <-beat.C:
			text = []byte(":\n\n")
		case <-end.C:
			return nil
		case <-c.floor.closed:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// wanted are the sections that a viewer asks for, or all that it may see.
func (c *Console) wanted(r *http.Request) ([]*source, error) {
	if err := c.reads(r.Context()); err != nil {
		return nil, err
	}
	var sections []*source
	for _, name := range r.URL.Query()["section"] {
		s, err := c.named(name)
		if err != nil {
			return nil, err
		}
		if err := c.readable(r.Context(), s); err != nil {
			return nil, err
		}
		if !slices.Contains(sections, s) {
			sections = append(sections, s)
		}
	}
	if len(sections) > 0 {
		return sections, nil
	}
	for _, s := range c.sections {
		if c.readable(r.Context(), s) == nil {
			sections = append(sections, s)
		}
	}
	return sections, nil
}

// stream is what a viewer was told.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	sent    map[string][]byte
}

// news are events of what the viewer does not know yet.
func (s *stream) news(ctx context.Context, fresh map[string]*snapshot) []byte {
	var text bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(fresh)) {
		said, err := json.Marshal(fresh[name].news(ctx, name))
		if err != nil || bytes.Equal(said, s.sent[name]) {
			continue
		}
		s.sent[name] = said
		fmt.Fprintf(&text, "event: section\ndata: %s\n\n", said)
	}
	return text.Bytes()
}

func (s *stream) write(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	_ = s.control.SetWriteDeadline(time.Now().Add(writeLimit)) // not every writer has one
	if _, err := s.w.Write(text); err != nil {
		return err //nolint:wrapcheck // looked at by the caller alone
	}
	return s.control.Flush() //nolint:wrapcheck // looked at by the caller alone
}

// end lets the connection serve other requests.
func (s *stream) end() { _ = s.control.SetWriteDeadline(time.Time{}) }

// news is what a viewer is told of a snapshot.
func (s *snapshot) news(ctx context.Context, name string) news {
	tenant := httpapi.IdentityOf(ctx).Tenant
	said := news{Section: name, Version: s.version(tenant), Facts: []Fact{}}
	if s.err != nil {
		said.Error = told(ctx, s.err)
	}
	if s.err == nil || len(s.entries) > 0 {
		said.Total, said.Facts = len(s.of(tenant)), s.facts(tenant)
	}
	return said
}

// version is the same for snapshots in which a viewer sees the same.
func (s *snapshot) version(tenant request.Tenant) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, is := s.versions[tenant]; is {
		return known
	}
	if s.versions == nil {
		s.versions = map[request.Tenant]string{}
	}
	s.versions[tenant] = digest(s.of(tenant))
	return s.versions[tenant]
}
