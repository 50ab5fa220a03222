//go:build synctests

package machines_test

import (
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
)

// TestParkedTenants parks what cannot be read of one tenant's instance: another tenant's of the same id goes on.
func TestParkedTenants(t *testing.T) {
	t.Parallel()
	s := orderSpec()
	s.Name = "apart"
	m := machines.Define(s)
	partitionstest.Run(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(func(b *bus.Bus) (*partitions.Group, error) {
			return partitions.New(b, "shop", m.Part(), partitions.OnPoison(partitions.Park))
		})
		node := shop.Start()
		w.Publish(bus.Record{Topic: "apart.events", Key: []byte("1"), Value: []byte("{"), Headers: bus.Headers{
			{Key: "ce_type", Value: []byte("apart.add")}, {Key: bus.HeaderTenant, Value: []byte("acme")},
		}}.Message())
		acme := request.With(t.Context(), request.Info{Tenant: "acme"})
		if err := m.Send(acme, w.Bus(), "1", adding{2}).Err(); err != nil {
			t.Fatal(err)
		}
		w.Publish(m.New("1", adding{1}))
		w.Settle()
		if told := partitionstest.Events(w, m.Transitions()); len(told) != 1 {
			t.Errorf("%+v", told)
		}
		parked, err := node.Group().Parked(t.Context())
		if err != nil || len(parked) != 1 || parked[0].Tenant != "acme" || parked[0].Records != 2 {
			t.Errorf("%+v, %v", parked, err)
		}
		if n, err := node.Group().Redrive(acme, "1", partitions.SkipFirst()); n != 2 || err != nil {
			t.Errorf("%d were handled, %v", n, err)
		}
		if told := partitionstest.Events(w, m.Transitions()); len(told) != 2 {
			t.Errorf("%+v", told)
		}
	}, append(m.Contracts(), parcelSent)...)
}
