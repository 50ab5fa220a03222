package bus

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Topic is the name of a Kafka topic.
type Topic string

// valid says whether Kafka takes the name. It is asked for each message.
func (t Topic) valid() bool {
	for i := range len(t) {
		c := t[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return len(t) >= 1 && len(t) <= 249
}

// TopicPrefix is put before an aggregate's name to make its default topic, as Debezium's outbox event router does.
const TopicPrefix = "outbox.event."

// Definition is anything that stands on a contract. [Event] is the usual one.
type Definition interface {
	Contract() *Contract
}

// Contract says what a kind of event is called, where it is kept and what its payload looks like.
// It is immutable data: nothing is contacted before [Bus.Verify] or [Bus.Publish] meets it.
type Contract struct {
	name        string
	version     int
	aggregate   string
	source      string
	topic       Topic
	partitions  int
	replicas    int
	retention   time.Duration
	compacted   bool
	sensitive   []string
	contentType string
	payload     reflect.Type
	compatible  Compatibility
	encoding    any
	attributes  Headers
	schema      func() (Schema, error)
	compare     func(older, newer Schema) ([]Change, error)
	resolves    bool
	err         error
}

// ContractOption changes a contract's defaults. See [Define].
type ContractOption interface{ applyContract(*Contract) }

type contractOption func(*Contract)

func (f contractOption) applyContract(c *Contract) { f(c) }

// Aggregate names the aggregate that the event belongs to. The default is the last but one segment of the contract's
// name: "order" for "shop.order.placed".
func Aggregate(name string) ContractOption {
	return contractOption(func(c *Contract) { c.aggregate = name })
}

// InTopic places the event in a topic of its own choice instead of "outbox.event.<aggregate>". From an outbox, such an
// event gets there by the connector configuration that package outbox recommends.
func InTopic(topic Topic) ContractOption {
	return contractOption(func(c *Contract) { c.topic = topic })
}

// Version is the schema's version, 1 by default. [Bus.Verify] refuses a changed schema under an unchanged version.
func Version(n int) ContractOption { return contractOption(func(c *Contract) { c.version = n }) }

// Source is the CloudEvents source, a URI reference. The default is "/" and the name's segments before the last.
func Source(uri string) ContractOption { return contractOption(func(c *Contract) { c.source = uri }) }

// Partitions is the partition count that the topic must have. Without it a missing topic is created with six, and an
// existing one is taken as it is.
func Partitions(n int) ContractOption { return contractOption(func(c *Contract) { c.partitions = n }) }

// Replicas is the replication factor of a topic that has to be created. The default is the cluster's own.
func Replicas(n int) ContractOption { return contractOption(func(c *Contract) { c.replicas = n }) }

// Retention is how long records are kept. The default is the cluster's own; a negative value keeps them for ever.
func Retention(d time.Duration) ContractOption {
	return contractOption(func(c *Contract) { c.retention = d })
}

// Compacted keeps the newest record of each key instead of deleting by age.
func Compacted() ContractOption { return contractOption(func(c *Contract) { c.compacted = true }) }

// Sensitive names the payload's fields, by their JSON names, that must not be stored in the clear.
func Sensitive(fields ...string) ContractOption {
	return contractOption(func(c *Contract) { c.sensitive = append(slices.Clone(c.sensitive), fields...) })
}

// Encoding chooses the payload's codec, which must be for the event's type. The default is [JSON].
func Encoding[T any](codec Codec[T]) ContractOption {
	return contractOption(func(c *Contract) { c.encoding = codec })
}

// Contract returns c itself, so that a contract is a [Definition].
func (c *Contract) Contract() *Contract { return c }

// Name is the event's type, "shop.order.placed".
func (c *Contract) Name() string { return c.name }

// Version is the schema's version.
func (c *Contract) Version() int { return c.version }

// Aggregate is the name that an outbox routes by.
func (c *Contract) Aggregate() string { return c.aggregate }

// Source is the CloudEvents source.
func (c *Contract) Source() string { return c.source }

// Topic is where the event is kept.
func (c *Contract) Topic() Topic { return c.topic }

// Partitions is the stated partition count, 0 where none was stated.
func (c *Contract) Partitions() int { return c.partitions }

// Replicas is the stated replication factor, 0 where none was stated.
func (c *Contract) Replicas() int { return c.replicas }

// Retention is the stated retention, 0 where none was stated.
func (c *Contract) Retention() time.Duration { return c.retention }

// Compacted says whether only the newest record of each key is kept.
func (c *Contract) Compacted() bool { return c.compacted }

// Sensitive lists the fields that must not be stored in the clear.
func (c *Contract) Sensitive() []string { return slices.Clone(c.sensitive) }

// ContentType is the media type of the payload.
func (c *Contract) ContentType() string { return c.contentType }

// Payload is the Go type of the payload.
func (c *Contract) Payload() reflect.Type { return c.payload }

// Schema describes the payload.
func (c *Contract) Schema() (Schema, error) {
	if c.err != nil {
		return Schema{}, c.err
	}
	return c.schema()
}

// Compare lists the differences between two schemas of the contract's language, as its codec does.
func (c *Contract) Compare(older, newer Schema) ([]Change, error) {
	if c.err != nil {
		return nil, c.err
	}
	if older.Type != newer.Type {
		return []Change{{What: fmt.Sprintf("the schema language changed from %s to %s", older.Type, newer.Type), Breaks: Full}}, nil
	}
	return c.compare(older, newer)
}

// urn is how a record names the contract's version.
func (c *Contract) urn() string { return schemaURN + c.name + ":" + strconv.Itoa(c.version) }

// Err says what is wrong with the contract, or nil.
func (c *Contract) Err() error { return c.err }

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$`)

func newContract(name string, payload reflect.Type, opts []ContractOption) *Contract {
	c := &Contract{name: name, version: 1, payload: payload, compatible: Full}
	segments := strings.Split(name, ".")
	if len(segments) > 1 {
		c.aggregate = segments[len(segments)-2]
		c.source = "/" + strings.Join(segments[:len(segments)-1], "/")
	}
	for _, opt := range opts {
		opt.applyContract(c)
	}
	if c.topic == "" {
		c.topic = TopicPrefix + Topic(c.aggregate)
	}
	if err := c.check(); err != nil {
		c.err = fmt.Errorf("%w: %q: %w", ErrContract, name, err)
	}
	return c
}

func (c *Contract) check() error {
	var errs []error
	fail := func(text string, args ...any) { errs = append(errs, fmt.Errorf(text, args...)) }
	if !namePattern.MatchString(c.name) {
		fail("the name must be dotted lower-case segments such as shop.order.placed")
	}
	if !c.topic.valid() {
		fail("topic %q must be 1 to 249 of the characters a-z A-Z 0-9 . _ -", c.topic)
	}
	if c.version < 1 {
		fail("version %d must be at least 1", c.version)
	}
	if c.partitions < 0 || c.replicas < 0 {
		fail("partitions and replicas must be positive")
	}
	if c.compatible&^Full != 0 {
		fail("compatible %s must be Backward, Forward, Full or Unchecked", c.compatible)
	}
	if c.source == "" {
		fail("source must not be empty")
	}
	return errors.Join(errs...)
}
