package bus

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/resilience"
)

// The headers that a record carries on a group's own topics, beside those that it came with.
const (
	headerOwn       = "millrace-failed-"
	headerTopic     = headerOwn + "topic"
	headerPartition = headerOwn + "partition"
	headerOffset    = headerOwn + "offset"
	headerAttempts  = headerOwn + "attempts"
	headerRound     = headerOwn + "round"
	headerDue       = headerOwn + "due"
	headerAt        = headerOwn + "at"
	headerReason    = headerOwn + "reason"
	headerError     = headerOwn + "error"
)

const errorLimit = 1024

// Reason is why an event became a dead letter.
type Reason string

// The reasons.
const (
	// ReasonUndecodable: the bytes are not what the contract says.
	ReasonUndecodable Reason = "undecodable"
	// ReasonPermanent: the handler said that trying again is of no use.
	ReasonPermanent Reason = "permanent"
	// ReasonUnhandled: it stood in the retry topic, and the group no longer handles its type.
	ReasonUnhandled Reason = "unhandled"
	// ReasonExhausted: every attempt failed.
	ReasonExhausted Reason = "exhausted"
)

// history is what a record went through before it came here: where it stood first, and how often it was tried.
type history struct {
	topic     Topic
	partition Partition
	offset    int64
	attempts  int
	round     int
	due       time.Time
}

func placeOf(r Record) history {
	return history{topic: r.Topic, partition: r.Partition, offset: r.Offset}
}

// history is what became of the delivery before, as far as the group itself has written it down.
func (d *delivery) history() history {
	if d.moved {
		return historyOf(d.record)
	}
	return placeOf(d.record)
}

// historyOf reads what stands in one of a group's own topics.
func historyOf(r Record) history {
	h := placeOf(r)
	first, ok := r.Headers.Get(headerTopic)
	if !ok {
		return h
	}
	number := func(key string, bits int) int64 {
		text, _ := r.Headers.Get(key)
		n, _ := strconv.ParseInt(text, 10, bits)
		return max(n, 0)
	}
	h.topic, h.offset = Topic(first), number(headerOffset, 64)
	h.partition = Partition(number(headerPartition, 32)) //nolint:gosec // no larger number is read
	h.attempts, h.round = int(number(headerAttempts, 32)), int(number(headerRound, 32))
	if due, ok := r.Headers.Get(headerDue); ok {
		h.due, _ = time.Parse(time.RFC3339Nano, due)
	}
	return h
}

// original are the headers that the record came with.
func original(headers Headers) Headers {
	return slices.DeleteFunc(slices.Clone(headers), func(h Header) bool { return strings.HasPrefix(h.Key, headerOwn) })
}

// failed is the record as it goes on to one of the group's topics: key, value and headers as they came, and its history.
func failed(topic Topic, d *delivery, h history, err error) Record {
	text := err.Error()
	if len(text) > errorLimit {
		text = strings.ToValidUTF8(text[:errorLimit], "")
	}
	record := Record{Topic: topic, Key: d.record.Key, Value: d.record.Value, Headers: original(d.record.Headers)}
	record.Headers = append(record.Headers,
		Header{headerTopic, []byte(h.topic)},
		Header{headerPartition, strconv.AppendInt(nil, int64(h.partition), 10)},
		Header{headerOffset, strconv.AppendInt(nil, h.offset, 10)},
		Header{headerAttempts, strconv.AppendInt(nil, int64(h.attempts+d.attempt), 10)},
		Header{headerAt, time.Now().UTC().AppendFormat(nil, time.RFC3339Nano)},
		Header{headerError, []byte(text)},
	)
	return record
}

func laterRecord(group string, d *delivery, h history, delay time.Duration, err error) Record {
	record := failed(retryTopic(group), d, h, err)
	record.Headers = append(record.Headers,
		Header{headerRound, strconv.AppendInt(nil, int64(h.round+1), 10)},
		Header{headerDue, time.Now().Add(delay).UTC().AppendFormat(nil, time.RFC3339Nano)},
	)
	return record
}

func deadLetter(group string, d *delivery, h history, reason Reason, err error) Record {
	record := failed(deadTopic(group), d, h, err)
	record.Headers = append(record.Headers, Header{headerReason, []byte(reason)})
	return record
}

func reasonOf(err error) Reason {
	if resilience.ClassOf(err) == resilience.ClassPermanent {
		return ReasonPermanent
	}
	return ReasonExhausted
}
