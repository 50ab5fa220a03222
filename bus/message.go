package bus

import (
	"slices"
	"time"
)

// Message is one event on its way: a contract, a key and a payload that is encoded when it is published.
// It is immutable and may be published again; the id stays the same.
type Message struct {
	contract *Contract
	id       string
	time     time.Time
	key      string
	headers  Headers
	encode   func(Headers) ([]byte, error)
	verbatim *Record
	atomic   []Message
	err      error
}

// MessageOption changes one message. See [Event.New].
type MessageOption interface{ applyMessage(*Message) }

type messageOption func(*Message)

func (f messageOption) applyMessage(m *Message) { f(m) }

// ID sets the event's id, which consumers deduplicate by. It must be unique within the contract's source.
func ID(id string) MessageOption { return messageOption(func(m *Message) { m.id = id }) }

// Time sets when the event happened. It does not delay anything.
func Time(t time.Time) MessageOption { return messageOption(func(m *Message) { m.time = t }) }

// Subject is the CloudEvents subject: what the event is about, within its source.
func Subject(text string) MessageOption { return WithHeader(HeaderSubject, text) }

// WithHeader adds a header beside those of CloudEvents. Names that begin with "ce_" belong to CloudEvents.
func WithHeader(key, value string) MessageOption {
	return messageOption(func(m *Message) {
		m.headers = append(slices.Clip(m.headers), Header{Key: key, Value: []byte(value)})
	})
}

// with is apart from [Event.New] so that a message without options stays off the heap.
func (m Message) with(opts []MessageOption) Message {
	for _, opt := range opts {
		opt.applyMessage(&m)
	}
	return m
}

// Atomic joins messages into one that is published by one Kafka transaction: a read_committed consumer sees all of
// them or none. An atomic message may hold others. The other messages of the same Publish are not part of it.
func Atomic(msgs ...Message) Message {
	m := Message{atomic: slices.Clone(msgs)}
	if len(msgs) == 0 {
		m.err = ErrEmpty
	}
	return m
}

// Invalid is a message that is refused with err: what returns messages says so what is wrong with one.
func Invalid(err error) Message { return Message{err: err} }

// ID is the event's id, empty for an [Atomic] message.
func (m Message) ID() string {
	if m.verbatim != nil {
		return m.verbatim.ID()
	}
	return m.id
}

// Key is what the event is ordered by.
func (m Message) Key() string {
	if m.verbatim != nil {
		return string(m.verbatim.Key)
	}
	return m.key
}

// Contract is the contract that the message was made by, nil for an [Atomic] one, for [Record.Message] and for [Invalid].
func (m Message) Contract() *Contract { return m.contract }

// Record is what a message of [Record.Message] is published as, false for every other one.
func (m Message) Record() (Record, bool) {
	if m.verbatim == nil || m.err != nil {
		return Record{}, false
	}
	return *m.verbatim, true
}

// Err says why the message cannot be published, or nil.
func (m Message) Err() error { return m.err }

func (m Message) topic() Topic {
	switch {
	case m.verbatim != nil:
		return m.verbatim.Topic
	case m.contract != nil:
		return m.contract.topic
	default:
		return ""
	}
}

// leaves appends the messages that m stands for: itself, or what an atomic message holds.
func (m Message) leaves(into []Message) []Message {
	if m.atomic == nil {
		return append(into, m)
	}
	for _, inner := range m.atomic {
		into = inner.leaves(into)
	}
	return into
}
