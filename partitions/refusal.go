package partitions

import (
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// misplaced is how the client's error of a record begins that is pinned to a partition which its topic does not have.
const misplaced = "invalid record partitioning choice"

// refusedForGood is the error of a record that can never be produced as it is, or nil.
func refusedForGood(r *kgo.Record, err error) *bus.PublishError {
	for code, kind := range map[*kerr.Error]error{
		kerr.InvalidTopicException: bus.ErrTopicName, kerr.UnknownTopicOrPartition: bus.ErrNoTopic,
		kerr.TopicAuthorizationFailed: bus.ErrDenied, kerr.InvalidRecord: nil, kerr.InvalidTimestamp: nil,
	} {
		if !errors.Is(err, code) {
			continue
		}
		if kind != nil {
			err = fmt.Errorf("%w: %w", kind, err)
		}
		return refusalOf(r, err)
	}
	if strings.HasPrefix(err.Error(), misplaced) {
		return refusalOf(r, err)
	}
	return nil
}

func refusalOf(r *kgo.Record, err error) *bus.PublishError {
	id := ""
	for _, h := range r.Headers {
		if h.Key == bus.HeaderID || id == "" && h.Key == "id" {
			id = string(h.Value)
		}
	}
	return &bus.PublishError{Topic: bus.Topic(r.Topic), ID: id, Err: resilience.Permanent(err)}
}
