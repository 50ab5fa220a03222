package webhooks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// From tells tenants' endpoints of the events of any contract. It is a part of a subscription, which publishes them to the hooks through p:
//
//	b.Subscribe(ctx, "shop-webhooks", webhooks.From(hooks, b, OrderPlaced))
//
// The tenant is that of the event. shape says what endpoints see: without it, the contract's name as the type, and the payload as JSON,
// which must not hold what tenants should not see. An event of shape without a type is not told to anybody. An event that comes again is
// told once, since its id follows from its source and its id.
func From[T any](h *Hooks, p bus.Publisher, e bus.Event[T], shape ...func(T) (Event, error)) bus.SubscribeOption {
	return bus.On(e, func(ctx context.Context, v T) error {
		delivered, _ := bus.DeliveredFrom(ctx)
		record := delivered.Record
		told := Event{Type: e.Contract().Name(), Time: record.Happened()}
		if len(shape) > 0 {
			shaped, err := shape[0](v)
			if err != nil || shaped.Type == "" {
				return err
			}
			told = shaped
		} else {
			data, err := json.Marshal(v)
			if err != nil {
				return resilience.Permanent(fmt.Errorf("webhooks: %s as JSON: %w", e.Contract().Name(), err))
			}
			told.Data = data
		}
		if told.Time.IsZero() {
			told.Time = record.Happened()
		}
		if told.ID == "" {
			told.ID = idOf(record)
		}
		info := request.From(ctx)
		info.Tenant = request.Tenant(record.Tenant())
		return h.Send(request.With(ctx, info), p, told).Err()
	})
}

const idBytes = 16

// idOf is the same whenever an event comes. One without an id of its own is known by its place.
func idOf(r bus.Record) string {
	what := r.Source() + "\x00" + r.Type() + "\x00" + r.ID()
	if r.ID() == "" {
		what = fmt.Sprintf("%s\x00%d\x00%d", r.Topic, r.Partition, r.Offset)
	}
	sum := sha256.Sum256([]byte(what))
	return "msg_" + hex.EncodeToString(sum[:idBytes])
}
