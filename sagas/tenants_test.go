//go:build synctests

package sagas_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/sagas"
)

// TestParkedTenants parks what cannot be read of one tenant's saga: another tenant's of the same id goes on.
func TestParkedTenants(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("apart", func(s *sagas.Saga, n int) (int, error) { return n, s.Sleep(time.Second) })
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		g := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "bank", flow.Part(), partitions.OnPoison(partitions.Park))
		})
		node := g.Start()
		acme := request.With(t.Context(), request.Info{Tenant: "acme"})
		w.Publish(bus.Record{Topic: "apart.calls", Key: []byte("1"), Value: []byte("{"), Headers: bus.Headers{
			{Key: "ce_type", Value: []byte("apart.start")}, {Key: bus.HeaderTenant, Value: []byte("acme")},
		}}.Message())
		if err := flow.Start(acme, w.Bus(), "1", 7).Err(); err != nil {
			t.Fatal(err)
		}
		w.Publish(flow.New("1", 8))
		w.Settle()
		w.Advance(2 * time.Second)
		expect(t, g, flow, "1", sagas.Completed)
		parked, err := node.Group().Parked(t.Context())
		if err != nil || len(parked) != 1 || parked[0].Tenant != "acme" || parked[0].Key != "1" || parked[0].Records != 2 {
			t.Errorf("%+v, %v", parked, err)
		}
		if n, err := node.Group().Redrive(t.Context(), "1"); n != 0 || err != nil {
			t.Errorf("of no tenant %d were handled, %v", n, err)
		}
		if n, err := node.Group().Redrive(acme, "1", partitions.SkipFirst()); n != 2 || err != nil {
			t.Errorf("%d were handled, %v", n, err)
		}
		if out, err := flow.Handle(node.Group(), "1").Result(acme); out != 7 || err != nil {
			t.Errorf("%d, %v", out, err)
		}
	}, flow.Contracts()...)
}
