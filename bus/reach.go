package bus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// UnreachableError says of one broker that it cannot be connected to although others answer: a seed of the address
// told the client to go there. It matches [ErrUnreachable].
type UnreachableError struct {
	// Broker is the broker's number, and Address where it is said to listen.
	Broker  int32
	Address string
	// Advertiser is the address of the broker that said so, as far as that is known.
	Advertiser string
	// Err is why the connection failed.
	Err error
}

func (e *UnreachableError) Error() string {
	check := "advertised.listeners of that broker, and routes, firewalls and port mappings to it"
	if dns, ok := errors.AsType[*net.DNSError](e.Err); ok {
		check = "that the name " + dns.Name + " resolves here, or advertised.listeners of that broker"
	}
	return fmt.Sprintf("broker %d cannot be reached at %s, which %s advertises: check %s: %v", e.Broker, e.Address, e.Advertiser, check, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// Is matches [ErrUnreachable].
func (e *UnreachableError) Is(target error) bool { return target == ErrUnreachable }

// reach notes which brokers the clients of a bus cannot connect to, and which refuse the credentials. It is a hook of
// all of them.
type reach struct {
	logger *slog.Logger
	seeds  []string
	login  bool // whether clients have to say who they are

	mu         sync.Mutex
	advertiser string
	failed     map[int32]error
}

func newReach(logger *slog.Logger, seeds []string) *reach {
	return &reach{logger: logger, seeds: seeds, failed: make(map[int32]error)}
}

// OnBrokerRead notes who said last which brokers there are.
func (r *reach) OnBrokerRead(meta kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if err == nil && key == kmsg.Metadata.Int16() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.advertiser = addressOf(meta)
	}
}

// OnBrokerConnect notes what became of a connection. Seeds have numbers below zero.
func (r *reach) OnBrokerConnect(meta kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if meta.NodeID < 0 || errors.Is(err, context.Canceled) || errors.Is(err, kgo.ErrClientClosed) {
		return
	}
	r.mu.Lock()
	_, before := r.failed[meta.NodeID]
	switch {
	case err == nil:
		delete(r.failed, meta.NodeID)
	case denied(err):
		r.failed[meta.NodeID] = refusal(err)
	case r.login && errors.Is(err, io.EOF):
		r.failed[meta.NodeID] = fmt.Errorf("%w: broker %d ended the connection during the login; user or password may be wrong or have "+
			"expired, and bus.Credentials is asked for new ones at each connection: %w", ErrDenied, meta.NodeID, err)
	default:
		advertiser := r.advertiser
		if advertiser == "" {
			advertiser = strings.Join(r.seeds, " or ")
		}
		r.failed[meta.NodeID] = &UnreachableError{Broker: meta.NodeID, Address: addressOf(meta), Advertiser: advertiser, Err: err}
	}
	now := r.failed[meta.NodeID]
	r.mu.Unlock()
	switch {
	case now != nil && !before:
		r.logger.Warn("broker cannot be used; trying again", "broker", meta.NodeID, "error", now)
	case now == nil && before:
		r.logger.Info("broker can be used again", "broker", meta.NodeID)
	}
}

func addressOf(meta kgo.BrokerMetadata) string {
	return net.JoinHostPort(meta.Host, strconv.Itoa(int(meta.Port)))
}

// explain adds to an error that may come from unreachable brokers which those are at present.
func (r *reach) explain(err error) error {
	if err == nil || !unanswered(err) || errors.Is(err, ErrUnreachable) || errors.Is(err, ErrDenied) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	numbers := make([]int32, 0, len(r.failed))
	for number := range r.failed {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	causes := make([]error, len(numbers))
	for i, number := range numbers {
		causes[i] = r.failed[number]
	}
	if len(causes) == 0 {
		return err
	}
	return fmt.Errorf("%w (%w)", err, errors.Join(causes...))
}

// unanswered says whether err is what the client gives up with when brokers do not answer.
func unanswered(err error) bool {
	if _, dialled := errors.AsType[*net.OpError](err); dialled {
		return true
	}
	for _, give := range []error{context.DeadlineExceeded, io.EOF, kgo.ErrRecordTimeout, kgo.ErrRecordRetries} {
		if errors.Is(err, give) {
			return true
		}
	}
	_, network := errors.AsType[net.Error](err)
	return network
}
