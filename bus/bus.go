package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Bus is a connection to one Kafka cluster. It is safe for concurrent use, and one is enough for a process.
type Bus struct {
	config  *config
	client  *kgo.Client
	admin   *kadm.Client
	atomics *transactors
	schemas *schemas
	ended   context.Context //nolint:containedctx // the bus's own life, not a caller's: it ends what Close must end
	end     context.CancelCauseFunc
	once    sync.Once
}

const openTimeout = 15 * time.Second

// Open connects to a cluster. The address is kafka://host:port, several hosts separated by commas; kafkas:// is TLS;
// a missing port is 9092. Open returns once a broker has answered, and tries for 15 seconds at most.
func Open(ctx context.Context, url string, opts ...Option) (*Bus, error) {
	c, err := newConfig(url, opts)
	if err != nil {
		return nil, err
	}
	client, err := c.client()
	if err != nil {
		return nil, err
	}
	b := &Bus{config: c, client: client, admin: kadm.NewClient(client)}
	b.ended, b.end = context.WithCancelCause(context.WithoutCancel(ctx))
	b.atomics = newTransactors(c)
	if c.registry == nil {
		c.registry = &topicRegistry{bus: b}
	}
	b.schemas = newSchemas(b.ended, c.registry) //nolint:contextcheck // the life of the bus, which outlasts the call
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := b.Ping(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Ping asks the cluster for its metadata, and not what is remembered of it, and says why that failed.
func (b *Bus) Ping(ctx context.Context) error {
	request := kmsg.NewPtrMetadataRequest()
	request.Topics = []kmsg.MetadataRequestTopic{} // none
	metadata, err := request.RequestWith(ctx, b.client)
	switch {
	case err == nil && len(metadata.Brokers) > 0:
		return nil
	case err == nil:
		return errors.New("bus: the cluster names no brokers; try again when it has started")
	case denied(err):
		return refusal(err)
	case errors.Is(err, kgo.ErrClientClosed):
		return ErrClosed
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %v closed the connection at once: check user and password, and whether it wants TLS (kafkas://): %w",
			ErrDenied, b.config.address.seeds, err)
	default:
		return fmt.Errorf("bus: no answer from %v: %w", b.config.address.seeds, b.config.reach.explain(err))
	}
}

// Close ends what runs on the bus and frees its connections. Publishes that have not been acknowledged end with
// [ErrClosed]; cancel their contexts and wait for them first if that matters.
func (b *Bus) Close() error {
	b.once.Do(func() {
		b.end(ErrClosed)
		b.atomics.close()
		b.client.Close()
	})
	return nil
}

// bound ends ctx with the bus.
func (b *Bus) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(b.ended, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// missing says whether err means that a topic does not exist.
func missing(err error) bool {
	return errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.UnknownTopicID)
}
