package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// Then enqueues jobs in the transaction in which this one is done: each once, and none where it dies or is cancelled. They may be of any kind and
// queue, have their own Then, and read what this one's handler has returned by [Given]. What [After] says of them counts from when
// they are enqueued. A job that is dead keeps what comes after it, which goes on once it is redriven and done. All that comes after
// a job has 192 KiB at most.
func Then(jobs ...Job) JobOption {
	return jobOption(func(w *wish) {
		links, err := linked(jobs)
		if w.then = append(w.then, links...); err != nil {
			w.errs = append(w.errs, err)
		}
		w.require(len(w.then) <= maxThen, "what comes after it has %d bytes of at most %d", len(w.then), maxThen)
	})
}

// Then enqueues jobs as the option [Then] does, beside those that the job was enqueued with: in the transaction in which this attempt ends as done,
// and not at all where it does not. Where the job is a member of a [Batch], so are they.
func (a *Attempt) Then(jobs ...Job) error {
	links, err := linked(jobs)
	if err != nil {
		return err
	}
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	if size := len(a.of.then) + len(a.of.row.then) + len(links); size > maxThen {
		return resilience.Permanent(fmt.Errorf("%w: what comes after it has %d bytes of at most %d", ErrJob, size, maxThen))
	}
	a.of.then = append(a.of.then, links...)
	return nil
}

// Given is what the handler of the job before this one has returned, where this one was enqueued by its [Then]. It is the zero value where
// there was none, or it has returned [None].
func Given[T any](a *Attempt) (T, error) {
	var given T
	if len(a.of.row.given) == 0 {
		return given, nil
	}
	if err := json.Unmarshal(a.of.row.given, &given); err != nil {
		return given, resilience.Permanent(fmt.Errorf("%w: what the job before it has returned is no %T: %w", ErrJob, given, err))
	}
	return given, nil
}

// follows is what is enqueued once the attempt is done.
func (a *attempt) follows() []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.then) == 0 {
		return a.row.then
	}
	return slices.Concat(a.row.then, a.then)
}

// maxThen bounds in bytes what comes after a job.
const maxThen = 192 << 10

// Headers of the record of a job, that a job before it gave.
const (
	headerThen  = "millrace-job-then"
	headerGiven = "millrace-job-given"
)

// Fields of a link: the record that a job is enqueued as.
const (
	linkTopic byte = iota + 1
	linkKey
	linkValue
	linkHeader // its name
	linkText   // of the header before
	linkAfter
	linkWhole // a link, in a list of them
)

// linked is jobs as they are kept until they are enqueued: lists of them can be joined.
func linked(jobs []Job) ([]byte, error) {
	var links []byte
	for _, j := range jobs {
		if j.err != nil {
			return nil, j.err
		}
		records, err := bus.Encode(context.Background(), j.message)
		if err != nil {
			return nil, fmt.Errorf("%w: what comes after it: %w", ErrJob, err)
		}
		for _, r := range records {
			link := appendText(nil, linkTopic, string(r.Topic))
			link = appendText(link, linkKey, string(r.Key))
			link = appendText(link, linkValue, string(r.Value))
			for _, h := range r.Headers {
				link = appendText(appendText(link, linkHeader, h.Key), linkText, string(h.Value))
			}
			link = appendNumber(link, linkAfter, uint64(max(j.after, 0)))
			links = appendText(links, linkWhole, string(link))
		}
	}
	return links, nil
}

// link is a job that is enqueued after another one.
type link struct {
	bus.Record

	after time.Duration
}

func readLinks(list []byte) ([]link, error) {
	var links []link
	var failed error
	err := fields(list, func(_ byte, whole []byte) {
		var l link
		if err := fields(whole, l.set); err != nil {
			failed = err
		}
		links = append(links, l)
	})
	if err == nil {
		err = failed
	}
	return links, err
}

func (l *link) set(tag byte, field []byte) {
	switch tag {
	case linkTopic:
		l.Topic = bus.Topic(field)
	case linkKey:
		l.Key = field
	case linkValue:
		l.Value = field
	case linkHeader:
		l.Headers = append(l.Headers, bus.Header{Key: string(field)})
	case linkText:
		if last := len(l.Headers) - 1; last >= 0 {
			l.Headers[last].Value = field
		}
	case linkAfter:
		l.after = time.Duration(number(field)) //nolint:gosec // as it was written
	}
}

// follow enqueues what comes after a job that is done, and tells its batch of any that has ended.
func (n *Runner) follow(tx *partitions.Tx, r *row) error {
	if r.state != Done || len(r.then) == 0 {
		return n.report(tx, r, nil)
	}
	links, err := readLinks(r.then)
	if err != nil {
		return err
	}
	var next []string
	tenant, _ := parseKey(r.key)
	names := request.Kafka()
	for _, l := range links {
		if r.batch != "" && !r.counted && l.joins() {
			l.Headers = append(l.Headers, bus.Header{Key: headerBatch, Value: []byte(r.batch)})
			next = append(next, l.queue()+"/"+l.ID())
		}
		for i, h := range l.Headers {
			if h.Key == bus.HeaderTime {
				l.Headers[i].Value = []byte(tx.Now().UTC().Format(time.RFC3339Nano))
			}
		}
		for name, text := range map[string]string{
			names.Tenant: string(tenant), names.Principal: r.principal, names.ID: r.request, names.Locale: r.locale,
			"traceparent": r.trace, "tracestate": r.vendors, headerGiven: string(r.result),
		} {
			if text != "" {
				l.Headers = append(l.Headers, bus.Header{Key: name, Value: []byte(text)})
			}
		}
		if l.after > 0 {
			l.Headers = append(l.Headers, bus.Header{Key: headerAt, Value: []byte(tx.Now().Add(l.after).UTC().Format(time.RFC3339Nano))})
		}
		tx.Emit(l.Message())
	}
	r.then = nil
	if err := n.report(tx, r, next); err != nil {
		return err
	}
	return tx.Err()
}

// joins says whether a job is a member of the batch of the one before: not where it is one of another.
func (l *link) joins() bool {
	_, member := l.Headers.Get(headerBatch)
	return !member && strings.HasPrefix(l.Type(), typePrefix)
}

func (l *link) queue() string { return strings.TrimSuffix(string(l.Topic), inputSuffix) }

// Link is a job that is enqueued once another one is done: see [Then].
type Link struct {
	Queue string `json:"queue"`
	Kind  string `json:"kind"`
	ID    string `json:"id"`
}

// next are the jobs that come after a job.
func (r *row) next() []Link {
	links, _ := readLinks(r.then) // what cannot be read is met when it is to be enqueued
	var next []Link
	for _, l := range links {
		if kind, is := strings.CutPrefix(l.Type(), typePrefix); is {
			next = append(next, Link{Queue: l.queue(), Kind: kind, ID: l.ID()})
		}
	}
	return next
}
