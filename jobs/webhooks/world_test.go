//go:build synctests

package webhooks_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"slices"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
)

// shop is hooks on receivers in memory.
type shop struct {
	t     *testing.T
	world *partitionstest.World
	net   *internet
	hooks *webhooks.Hooks
	group *partitionstest.Group
	node  *partitionstest.Node
	ctx   context.Context //nolint:containedctx // of the tenant
}

// selling calls f with a shop whose group runs on one node.
func selling(t *testing.T, f func(*shop), opts ...webhooks.Option) {
	t.Helper()
	definition := webhooks.Define("shop", webhooks.Shards(4))
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		f(newShop(t, w, opts...))
	}, definition.Contracts()...)
}

func newShop(t *testing.T, w *partitionstest.World, opts ...webhooks.Option) *shop {
	t.Helper()
	s := &shop{t: t, world: w, net: newInternet()}
	t.Cleanup(s.net.close)
	s.hooks = s.define(opts...)
	s.group = w.Group(func(b *bus.Bus) (*partitions.Group, error) { return partitions.New(b, "shop", s.hooks.Part()) })
	s.node = s.group.Start()
	s.ctx = request.With(t.Context(), request.Info{Tenant: "acme"})
	w.Settle()
	return s
}

func (s *shop) define(opts ...webhooks.Option) *webhooks.Hooks {
	s.t.Helper()
	g := guard(s.t, webhooks.AllowHTTP(), webhooks.LookUp(s.net), webhooks.Dial(s.net.dial))
	return webhooks.Define("shop", append([]webhooks.Option{
		webhooks.Shards(4), webhooks.Through(g), webhooks.Logger(slog.New(slog.DiscardHandler)), webhooks.Jitter(0),
	}, opts...)...)
}

// create makes an endpoint at a host.
func (s *shop) create(host string, change ...func(*webhooks.Settings)) webhooks.Key {
	s.t.Helper()
	settings := webhooks.Settings{URL: "http://" + host + "/hooks"}
	for _, c := range change {
		c(&settings)
	}
	_, k, err := s.hooks.Create(s.ctx, s.node.Group(), id(host), settings)
	if err != nil {
		s.t.Fatal(err)
	}
	return k
}

// id is the endpoint's at a host.
func id(host string) string {
	name, _, _ := net.SplitHostPort(host + ":")
	return "at-" + name[:1]
}

func (s *shop) send(ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		e := webhooks.Event{ID: id, Type: "order.placed", Data: json.RawMessage(`{"id":"` + id + `"}`)}
		if err := s.hooks.Send(s.ctx, s.world.Bus(), e).Err(); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *shop) describe(id string) webhooks.Description {
	s.t.Helper()
	d, err := s.hooks.Describe(s.ctx, s.node.Group(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// notices are the kinds that were told.
func (s *shop) notices() (kinds []string) {
	for _, n := range partitionstest.Events(s.world, s.hooks.Notices()) {
		kinds = append(kinds, n.Kind)
	}
	return kinds
}

// log are the outcomes of an endpoint's attempts, the oldest first.
func (s *shop) log(id string) (all []webhooks.Attempt) {
	s.t.Helper()
	all, err := s.hooks.Log(s.ctx, s.node.Group(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	slices.Reverse(all)
	return all
}

func ids(got []arrival) (all []string) {
	for _, r := range got {
		all = append(all, r.id)
	}
	return all
}
