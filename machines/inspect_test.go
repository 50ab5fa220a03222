//go:build synctests

package machines_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
)

// TestInspect looks at machines as a command does, which knows neither their types nor their nodes.
func TestInspect(t *testing.T) {
	t.Parallel()
	ordersRun(t, func(t *testing.T, w *partitionstest.World) { //nolint:thelper // it is the test
		shop := w.Group(orderGroup)
		node := shop.Start()
		shop.Start()
		w.Publish(orders.New("1", adding{5}), orders.New("1", paying{1}), orders.New("2", adding{1}))
		ctx := request.With(t.Context(), request.Info{Tenant: "acme"})
		w.Settle()
		if _, err := orders.Ask(ctx, node.Group(), "1", adding{3}); err != nil {
			t.Fatal(err)
		}
		inspect := func(names ...string) []machines.Inspection {
			found, err := machines.Inspect(t.Context(), w.Bus(), "orders", names...)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		if found := inspect("other"); len(found) != 0 {
			t.Errorf("a machine that is not there: %+v", found)
		}
		found := inspect()
		if len(found) != 1 || found[0].Chart.Mermaid() != orders.Chart().Mermaid() || len(found[0].Instances) != 3 {
			t.Fatalf("%+v", found)
		}
		chart, first := found[0].Chart, found[0].Instances[0]
		if first.ID != "1" || first.State != "new" || first.Version != 1 || string(first.Data) != `{"total":5,"paid":0,"items":1}` {
			t.Errorf("%+v", first)
		}
		if last := found[0].Instances[2]; last.Tenant != "acme" || last.ID != "1" {
			t.Errorf("%+v", last)
		}
		for _, wrong := range []bus.Message{
			chart.New("", "pay", json.RawMessage(`{}`)), chart.New("1", "fly", json.RawMessage(`{}`)), chart.New("1", "pay", json.RawMessage(`{`)),
		} {
			if w.Bus().Publish(t.Context(), wrong).Err() == nil {
				t.Error("a wrong event was sent")
			}
		}
		w.Publish(chart.New("1", "pay", json.RawMessage(`{"Amount":7}`)))
		w.Settle()
		var history []string
		for told, err := range machines.History(t.Context(), w.Bus(), "order", "1", bus.UntilEnd()) {
			switch {
			case err != nil:
				t.Fatal(err)
			case told.Moved != nil:
				history = append(history, told.Tenant+" "+told.Moved.Event+" "+told.Moved.To)
			case told.Refused != nil:
				history = append(history, told.Tenant+" "+told.Refused.Event+" "+told.Refused.Reason)
			}
		}
		if want := []string{" add new", " pay the amount is too small", "acme add new", " pay paid"}; !slices.Equal(history, want) {
			t.Errorf("history %q", history)
		}
	})
}
