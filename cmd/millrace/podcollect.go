package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
)

// collecting says which topics' unused payloads pods delete from the bucket: of none without topics.
type collecting struct {
	topics []string
	also   []string // that hold references too
	groups []string // whose topics must be seen
	grace  time.Duration
}

// check refuses topics without a bucket.
func (c collecting) check(bucket string) error {
	if len(c.topics) > 0 && bucket == "" {
		return &usageError{errors.New("set S3_URL, the bucket of the payloads of --collect; or leave --collect out")}
	}
	return nil
}

// part has one pod of the group collect: the next one as soon as the first is away. What waits in the outbox of the database, if one is
// named, stays.
func (c collecting) part(
	b *bus.Bus, store claimcheck.Store, database string, log *slog.Logger, meters metric.MeterProvider,
) (partitions.Option, error) {
	if len(c.topics) == 0 {
		return partitions.Options(), nil
	}
	own := waits{outboxNames{outbox.Publication, "outboxevent", relayGroup}, database, b, catchUpLimit}
	opts := append(own.options(), claimcheck.Also(topicsOf(c.also)...), claimcheck.Groups(c.groups...),
		claimcheck.Grace(c.grace), claimcheck.Logger(log), claimcheck.Metrics(meters))
	collector, err := claimcheck.NewCollector(b, store, topicsOf(c.topics), opts...)
	if err != nil {
		return nil, &usageError{err}
	}
	return partitions.Singleton("claimcheck", func(ctx context.Context, _ *partitions.Lease) error { return collector.Run(ctx) }), nil
}
