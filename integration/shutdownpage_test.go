package integration_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// page is one that follows the shop's event stream as browsers do, and keeps all that it was told.
type page struct {
	mu     sync.Mutex
	seen   map[string][]string // data, by event
	id     string
	last   string // what the stream has said last: an event, or a field
	retry  time.Duration
	resets int
}

func newPage() *page { return &page{seen: make(map[string][]string)} }

// follow follows the stream behind what is known, until its end, which is an error where it is no end in order.
func (p *page) follow(ctx context.Context, client *http.Client, at string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/events?channel=orders&channel=checkouts", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Accept", "text/event-stream")
	if p.id != "" {
		r.Header.Set("Last-Event-ID", p.id)
	}
	response, err := client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET /events: %s", response.Status)
	}
	var event, data string
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		switch value = strings.TrimPrefix(value, " "); {
		case lines.Text() == "":
			p.take(event, data)
			event, data = "", ""
		case name == "event":
			event = value
		case name == "data":
			data += value
		default:
			p.note(name, value)
		}
	}
	return lines.Err()
}

// take takes an event: see the [WHATWG HTML standard].
//
// [WHATWG HTML standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html
func (p *page) take(event, data string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case event == "reset":
		p.resets++
	case data != "":
		p.seen[event] = append(p.seen[event], data)
	}
	p.last = cmp.Or(event, p.last)
}

// note takes what is said beside events.
func (p *page) note(name, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch name {
	case "id":
		p.id = value
	case "retry":
		if ms, err := strconv.Atoi(value); err == nil {
			p.retry = time.Duration(ms) * time.Millisecond
		}
	}
	p.last = cmp.Or(name, p.last)
}

// told says whether the page was told of anything of a channel.
func (p *page) told(channel string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.seen[channel]) > 0
}

// advised says whether the last that the page was told is when to come back.
func (p *page) advised() bool { return p.last == "retry" && p.retry > 0 }

// gaps is how often the page was told that something is missing.
func (p *page) gaps() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.resets
}

// rest waits for as long as the page was told to.
func (p *page) rest(ctx context.Context) {
	select {
	case <-time.After(p.retry):
	case <-ctx.Done():
	}
}

// resumed says whether the page was told of all that a witness was told of since the page's first message, in the same order.
func (p *page) resumed(witness *page) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	witness.mu.Lock()
	defer witness.mu.Unlock()
	for channel, got := range p.seen {
		all := witness.seen[channel]
		if len(got) > len(all) || !slices.Equal(all[len(all)-len(got):], got) {
			return false
		}
	}
	return true
}
