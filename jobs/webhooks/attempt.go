package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/millrace/millrace/partitions"
)

// attempting is an attempt that is under way.
type attempting struct {
	line *line
	waiting
	row   endpointRow // as it was when the attempt began
	place place
	at    time.Time
	took  time.Duration
	answer
}

// patience is after what time an attempt counts as one that takes long.
const patience = time.Second

// attempt makes an attempt, and returns what it comes to. What is interrupted since the shard moves is made again by its next owner.
func (n *node) attempt(ctx context.Context, job *attempting) func(*partitions.Tx) error {
	begins := false
	n.do(func(*begun) {
		begins = job.line.desk.idle[job]
		delete(job.line.desk.idle, job)
	})
	if !begins { // the shard has left
		return nil
	}
	late := time.AfterFunc(patience, func() { n.do(func(a *begun) { n.outlast(job.line, &job.place, a) }) })
	job.at = job.line.now()
	began := time.Now()
	job.answer = n.post(ctx, job.line.key, job.row, job.Event, job.Body, job.at)
	job.took = time.Since(began)
	late.Stop()
	n.do(func(a *begun) {
		if job.took < patience {
			job.line.late = false
		}
		n.leave(&job.place, a)
	})
	if ctx.Err() != nil {
		return nil
	}
	return func(tx *partitions.Tx) error { return n.settle(tx, job) } //nolint:contextcheck // a transaction has its own
}

// post sends one request to an endpoint, signed as of a time.
func (n *node) post(ctx context.Context, key string, row endpointRow, id string, body []byte, at time.Time) answer {
	ctx, cancel := context.WithTimeout(ctx, n.timeout)
	defer cancel()
	header, err := n.header(key, row, id, body, at)
	if err != nil {
		n.logger().ErrorContext(ctx, "webhooks: a delivery cannot be signed", "hooks", n.name, "endpoint", row.ID, "error", err)
		return answer{failed: failedSecret}
	}
	if n.guard.CheckURL(row.URL) != nil { // which may have been stored under another guard
		return answer{failed: failedTarget}
	}
	return exchange(ctx, n.transport, row.URL, header, body, n.excerpt)
}

// header is what is sent with a body: what the endpoint has chosen, and what it has not. The keys are those of now.
func (n *node) header(key string, row endpointRow, id string, body []byte, now time.Time) (http.Header, error) {
	header := make(http.Header)
	if len(row.Headers.Data) > 0 {
		text, err := n.open(key, row.Headers)
		if err != nil {
			return nil, err
		}
		var chosen map[string]string
		if err := json.Unmarshal(text, &chosen); err != nil {
			return nil, errors.New("webhooks: the headers of an endpoint cannot be read")
		}
		for name, value := range chosen {
			header.Set(name, value)
		}
	}
	var keys []Key
	for _, s := range row.Secrets {
		if !s.Until.IsZero() && !s.Until.After(now) {
			continue
		}
		text, err := n.open(key, s.Sealed)
		if err != nil {
			return nil, err
		}
		k, err := ParseKey(string(text))
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", agent)
	return header, Sign(header, id, now, body, keys...)
}

// unsettled tries again later what could not be stored: the attempt was made, and nobody knows of it.
func (n *node) unsettled(job *attempting, err error) error {
	n.logger().Error("webhooks: what came of an attempt cannot be stored; it is made again", "hooks", n.name, "endpoint", job.row.ID, "error", err)
	time.AfterFunc(again, func() {
		n.do(func(a *begun) {
			l := job.line
			l.running--
			n.release(l, job.waiting.row)
			l.more = true
			n.pump(l, a)
		})
	})
	return nil
}
