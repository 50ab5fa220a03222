package bus

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/resilience"
)

// What errors.Is finds in the errors of this package.
var (
	// ErrContract: a definition is wrong, or a message does not keep it. Nothing was sent.
	ErrContract = errors.New("bus: contract")
	// ErrEncode: the payload could not be encoded. Nothing was sent.
	ErrEncode = errors.New("bus: payload cannot be encoded")
	// ErrDecode: a record's value is not what its contract says.
	ErrDecode = errors.New("bus: payload cannot be decoded")
	// ErrTooLarge: the record is larger than the topic's max.message.bytes or the client's limit. Nothing was sent.
	ErrTooLarge = errors.New("bus: message too large; raise the topic's max.message.bytes, or store the payload and publish a reference")
	// ErrNoTopic: the topic does not exist.
	ErrNoTopic = errors.New("bus: topic does not exist; create it with Bus.Verify")
	// ErrTopicName: the topic's name is not one that Kafka takes.
	ErrTopicName = errors.New("bus: topic name must be 1 to 249 of the characters a-z A-Z 0-9 . _ -")
	// ErrEmpty: an atomic message holds nothing.
	ErrEmpty = errors.New("bus: atomic message is empty")
	// ErrOffset: the position asked for is no longer kept, or not yet written.
	ErrOffset = errors.New("bus: offset out of range")
	// ErrDenied: the credentials are wrong, expired, or lack a permission.
	ErrDenied = errors.New("bus: access denied")
	// ErrIndefinite: the record may or may not have been written.
	ErrIndefinite = errors.New("bus: outcome unknown")
	// ErrDrained is the cause of a handler's context that ended because its subscription stopped, or lost the partition,
	// and the handler did not finish in time. The event is delivered again, here or elsewhere.
	ErrDrained = errors.New("bus: subscription stopped before the handler finished")
	// ErrUnreachable: a broker that others name cannot be connected to. See [UnreachableError].
	ErrUnreachable = errors.New("bus: broker unreachable")
	// ErrNoShareGroups: the broker cannot do what [Shared] needs.
	ErrNoShareGroups = errors.New("bus: no share groups; bus.Shared needs Kafka 4.2 or later with the feature share.version=1")
	// ErrGroupKind: a group of that name is of another kind, with [Shared] or without.
	ErrGroupKind = errors.New("bus: group of another kind")
	// ErrClosed: the bus was closed.
	ErrClosed = errors.New("bus: closed")
)

// PublishError is what became of one message that was not acknowledged. Its class says whether publishing it again is
// of use; with [resilience.ClassIndefinite] the record may be there already, and publishing the same message again
// may repeat it under the same id.
type PublishError struct {
	Topic Topic
	ID    string
	Err   error
}

func (e *PublishError) Error() string {
	return fmt.Sprintf("bus: publish %s to %s (%s): %v", e.ID, e.Topic, e.Class(), e.Err)
}

func (e *PublishError) Unwrap() error { return e.Err }

// Is matches [ErrIndefinite] by class, and the sentinels that Kafka's own errors stand for.
func (e *PublishError) Is(target error) bool {
	switch target {
	case ErrIndefinite:
		return e.Class() == resilience.ClassIndefinite
	case ErrTooLarge:
		return errors.Is(e.Err, kerr.MessageTooLarge) || errors.Is(e.Err, kerr.RecordListTooLarge)
	case ErrNoTopic:
		return errors.Is(e.Err, kerr.UnknownTopicOrPartition) || errors.Is(e.Err, kerr.UnknownTopicID)
	case ErrDenied:
		return denied(e.Err)
	case ErrClosed:
		return errors.Is(e.Err, kgo.ErrClientClosed)
	}
	return false
}

// Class says whether the message may be published again.
func (e *PublishError) Class() resilience.Class {
	if marked, ok := errors.AsType[interface {
		error
		Class() resilience.Class
	}](e.Err); ok {
		return marked.Class()
	}
	for _, sentinel := range []error{ErrContract, ErrEncode, ErrTopicName, ErrEmpty, ErrClosed, kgo.ErrClientClosed} {
		if errors.Is(e.Err, sentinel) {
			return resilience.ClassPermanent
		}
	}
	if unanswered(e.Err) || errors.Is(e.Err, context.Canceled) {
		return resilience.ClassIndefinite
	}
	if broker, ok := errors.AsType[*kerr.Error](e.Err); ok {
		switch {
		case errors.Is(broker, kerr.RequestTimedOut), errors.Is(broker, kerr.NotEnoughReplicasAfterAppend):
			return resilience.ClassIndefinite
		case broker.Retriable:
			return resilience.ClassTransient
		}
		return resilience.ClassPermanent
	}
	if errors.Is(e.Err, kgo.ErrMaxBuffered) || errors.Is(e.Err, kgo.ErrAborting) {
		return resilience.ClassTransient
	}
	return resilience.ClassOf(e.Err)
}

// DecodeError says which record could not be read. It never holds payload bytes.
type DecodeError struct {
	Topic     Topic
	Partition Partition
	Offset    int64
	Type      string
	Err       error
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("bus: record %s/%d@%d is not a %s: %v", e.Topic, e.Partition, e.Offset, e.Type, e.Err)
}

func (e *DecodeError) Unwrap() error { return e.Err }

// Is matches [ErrDecode].
func (e *DecodeError) Is(target error) bool { return target == ErrDecode }

// Class is permanent: the bytes stay what they are.
func (e *DecodeError) Class() resilience.Class { return resilience.ClassPermanent }

// refusal says what may be wrong when access is denied.
func refusal(err error) error {
	advice := "check the rights of the user"
	switch {
	case alerted(err):
		advice = "the broker refused the connection's encryption; it may want a client certificate that it knows: cert= and key= in the address"
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		advice = "the broker does not take this kind of authentication; choose another one with sasl= in the address"
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		advice = "user, password or token are wrong or have expired; " +
			"bus.Credentials, bus.OAuth and token_file are asked for new ones at each connection"
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		advice = "let the user describe, read or write the topic, or create it"
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		advice = "let the user read the consumer group"
	case errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		advice = "let the user write and describe transactional ids that begin with millrace-"
	case errors.Is(err, kerr.ClusterAuthorizationFailed):
		advice = "let the user do this on the cluster; creating topics and publishing idempotently may need it"
	}
	return fmt.Errorf("%w: %s: %w", ErrDenied, advice, err)
}

// alerted says whether the other side of a TLS connection ended it for a reason of its own.
func alerted(err error) bool {
	failed, ok := errors.AsType[*net.OpError](err)
	return ok && failed.Op == "remote error"
}

func denied(err error) bool {
	if alerted(err) {
		return true
	}
	for _, code := range []error{
		kerr.SaslAuthenticationFailed, kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed,
		kerr.ClusterAuthorizationFailed, kerr.TransactionalIDAuthorizationFailed, kerr.UnsupportedSaslMechanism,
	} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}
