package shop

import (
	"context"
	"fmt"
	"time"

	"github.com/millrace/millrace/bus"
)

// Group is the consumer group that accepts orders.
const Group = "shop-fulfilment"

// accept handles one [OrderPlaced]: it notes the acceptance, once however often the event comes, and then tells the
// browsers. It does so again when the event comes again; they know an event by its id.
func (s *Shop) accept(ctx context.Context, o Order) error {
	handled := now()
	delivered, ok := bus.DeliveredFrom(ctx)
	if !ok {
		return fmt.Errorf("shop: accept order %s: the context carries no event", o.ID)
	}
	record := delivered.Record
	if err := s.store.accept(ctx, o.ID, record.ID(), handled); err != nil {
		return err
	}
	accepted := now()
	view := OrderView{
		Order:  o,
		Status: StatusAccepted,
		Event: EventView{
			ID: record.ID(), Type: record.Type(), Key: string(record.Key),
			Topic: record.Topic, Partition: record.Partition, Offset: record.Offset,
		},
		Trace: Trace{
			PlacedAt: o.PlacedAt, RecordedAt: record.Time.UTC(), HandledAt: handled, AcceptedAt: accepted, SentAt: now(),
		},
	}
	if err := Orders.Publish(ctx, s.bus, o.ID, view).Err(); err != nil {
		return fmt.Errorf("shop: broadcast order %s: %w", o.ID, err)
	}
	return nil
}

// accept notes the acceptance; where it is already noted, the first one stays.
func (s store) accept(ctx context.Context, id, event string, at time.Time) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO shop.fulfilments (order_id, event_id, accepted_at) VALUES ($1, $2, $3)
		ON CONFLICT (order_id) DO NOTHING`, id, event, at)
	if err != nil {
		return fmt.Errorf("shop: accept order %s: %w", id, err)
	}
	return nil
}
