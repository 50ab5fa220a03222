package partitions

import (
	"context"
	"errors"
	"net"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
)

// begin makes the engine of a run, and waits for brokers that cannot be reached. There is none when ctx ends first.
func (g *Group) begin(ctx context.Context) (*engine, error) {
	for attempt := 1; ; attempt++ {
		e, err := newEngine(ctx, g)
		switch {
		case err == nil:
			return e, nil
		case ctx.Err() != nil:
			return nil, nil //nolint:nilerr,nilnil // a run that ends before it has begun has no engine and no error
		case !passes(err):
			return nil, err
		}
		g.bus.Logger().WarnContext(ctx, "partitions: the group cannot begin; trying again", "group", g.config.name, "error", err)
		wait(ctx, again(attempt))
	}
}

// passes says whether an error is of a broker that fails or starts, and will answer later. Topics are made with the cluster's
// own replication, which is too much only while brokers are away.
func passes(err error) bool {
	for _, final := range []error{ErrTopics, bus.ErrNoTopic, bus.ErrDenied, bus.ErrClosed, kerr.UnknownTopicOrPartition} {
		if errors.Is(err, final) {
			return false
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network || errors.Is(err, bus.ErrUnreachable) || errors.Is(err, kerr.InvalidReplicationFactor) ||
		errors.Is(err, context.DeadlineExceeded) ||
		kerr.IsRetriable(err) || kgo.IsRetryableBrokerErr(err)
}
