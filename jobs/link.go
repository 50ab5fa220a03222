package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

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

// named is what of links says which jobs they are.
func named(list []byte) []byte {
	links, err := readLinks(list)
	if err != nil {
		return list
	}
	var all []byte
	for _, l := range links {
		one := appendText(nil, linkTopic, string(l.Topic))
		for _, h := range l.Headers {
			if h.Key == bus.HeaderID || h.Key == bus.HeaderType {
				one = appendText(appendText(one, linkHeader, h.Key), linkText, string(h.Value))
			}
		}
		all = appendText(all, linkWhole, string(one))
	}
	return all
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

// follows gives the record of a job what it has of the one before, which is done.
func (l *link) follows(r *row, now time.Time) {
	tenant, _ := parseKey(r.key)
	names := request.Kafka()
	for i, h := range l.Headers {
		if h.Key == bus.HeaderTime {
			l.Headers[i].Value = []byte(now.UTC().Format(time.RFC3339Nano))
		}
	}
	for name, text := range map[string]string{
		names.Tenant: string(tenant), names.Principal: r.principal, names.Roles: r.roles, names.Session: r.session, names.ID: r.request,
		names.Locale:  r.locale,
		"traceparent": r.trace, "tracestate": r.vendors, headerGiven: string(r.result),
	} {
		if text != "" {
			l.Headers = append(l.Headers, bus.Header{Key: name, Value: []byte(text)})
		}
	}
	if l.after > 0 {
		l.Headers = append(l.Headers, bus.Header{Key: headerAt, Value: []byte(now.Add(l.after).UTC().Format(time.RFC3339Nano))})
	}
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
