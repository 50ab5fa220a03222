package soak_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
)

const (
	hooksName                   = group + "-hooks"
	hooksGroup                  = group + "-webhooks"
	hookEvents        bus.Topic = hooksName + ".events"
	hookDeliveries    bus.Topic = hooksName + ".deliveries"
	hookTold          bus.Topic = hooksName + ".told"
	hookTypeHappened            = hooksName + ".happened"
	hookTypeAttempted           = hooksName + ".attempted"
	hookType                    = "step.taken"
	hookTimeout                 = 3 * time.Second
	hookRetry                   = 300 * time.Millisecond
	hookRetries                 = 30 // so that none is given up
	hookBreaker                 = 5
	hookCooldown                = time.Second
	hookEvery                   = 500 * time.Millisecond // so that those with an order, one transaction each, keep up on a busy machine
	createLimit                 = 10 * time.Second

	receiverVariable = "MILLRACE_SOAK_RECEIVER" // the address of whoever gets webhooks
)

// newHooks defines webhooks that go to one receiver.
func newHooks(receiver string) (*webhooks.Hooks, error) {
	at, err := netip.ParseAddrPort(receiver)
	if err != nil {
		return nil, err
	}
	guard, err := webhooks.NewGuard(webhooks.AllowHTTP(), webhooks.Ports(at.Port()),
		webhooks.AllowNets(netip.PrefixFrom(at.Addr(), at.Addr().BitLen())))
	if err != nil {
		return nil, err
	}
	delays := make([]time.Duration, hookRetries)
	for i := range delays {
		delays[i] = hookRetry
	}
	return webhooks.Define(hooksName, webhooks.Through(guard), webhooks.Shards(shards), webhooks.Timeout(hookTimeout),
		webhooks.Schedule(delays...), webhooks.Breaker(hookBreaker, hookCooldown)), nil
}

// hookProgram is the group that delivers.
func hookProgram(b *bus.Bus, receiver string, opts ...partitions.Option) (*partitions.Group, *webhooks.Hooks, error) {
	h, err := newHooks(receiver)
	if err != nil {
		return nil, nil, err
	}
	g, err := partitions.New(b, hooksGroup, append(opts, h.Part(), partitions.SessionTimeout(session), partitions.Lanes(2))...)
	return g, h, err
}

// hookFeed makes endpoints, and lets things happen that they are told of.
type hookFeed struct {
	feed     *feed
	hooks    *webhooks.Hooks
	client   *partitions.Group
	receiver *hookReceiver
	chance   *rand.Rand
	sent     uint64
}

func newHookFeed(f *feed, r *hookReceiver, seed uint64) (*hookFeed, error) {
	client, hooks, err := hookProgram(f.bus, r.address(), partitions.Weight(0))
	return &hookFeed{feed: f, hooks: hooks, client: client, receiver: r, chance: rand.New(rand.NewPCG(seed, 13))}, err
}

// run lets things happen until ctx ends.
func (f *hookFeed) run(ctx context.Context) {
	for rest(ctx, hookEvery) {
		f.sent++
		id := "e" + strconv.FormatUint(f.sent, 10)
		whose := tenant(context.WithoutCancel(ctx), f.chance.Uint64N(choreTenants)*choreBurst)
		err := f.hooks.Send(whose, f.feed.bus, webhooks.Event{ID: id, Type: hookType, Data: json.RawMessage(strconv.Quote(id))}).Err()
		if err != nil {
			f.feed.timeline.say("%s was not published for certain: %v", id, err)
		}
	}
}

// endpoints makes an endpoint with an order and one without for each tenant.
func (f *hookFeed) endpoints(ctx context.Context) error {
	making, ctx := errgroup.WithContext(ctx)
	for n := range uint64(choreTenants) {
		for _, ordered := range []bool{false, true} {
			making.Go(func() error { return f.endpoint(tenant(ctx, n*choreBurst), fmt.Sprintf("t%d-%t", n, ordered), ordered) })
		}
	}
	return making.Wait()
}

// endpoint makes an endpoint. One of which nobody knows whether it is there is left to itself, since nobody knows its key.
func (f *hookFeed) endpoint(ctx context.Context, name string, ordered bool) error {
	for try := 1; ctx.Err() == nil; try++ {
		id := fmt.Sprintf("%s-%d", name, try)
		asking, cancel := context.WithTimeout(ctx, createLimit)
		_, key, err := f.hooks.Create(asking, f.client, id, webhooks.Settings{URL: "http://" + f.receiver.address() + "/" + id, Ordered: ordered})
		cancel()
		if err == nil {
			return f.receiver.admit(id, ordered, key)
		}
		if !errors.Is(err, partitions.ErrNotRunning) {
			f.feed.timeline.say("the endpoint %s was not made for certain: %v", id, err)
		}
		rest(ctx, time.Second)
	}
	return ctx.Err()
}
