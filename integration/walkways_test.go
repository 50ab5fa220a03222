package integration_test

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
)

// place puts an order into the outbox, on the pod that the request was sent on to.
func (p *walkParts) place(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), chi.URLParam(r, "id")
	p.pass(ctx, "forward", p.node)
	conn, err := pgx.Connect(ctx, p.database)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		return outbox.In(tx).Publish(ctx, p.placed.New(order{ID: id})).Err()
	})
	w.WriteHeader(http.StatusAccepted)
	return err
}

// events sends the order's event on to the machine.
func (p *walkParts) events(ctx context.Context) error {
	return p.bus.Subscribe(ctx, p.name+"-events", bus.On(p.placed, func(ctx context.Context, o order) error {
		p.pass(ctx, "event", p.node)
		delivered, _ := bus.DeliveredFrom(ctx)
		if until, has := delivered.Record.Headers.Get(request.Kafka().Deadline); has {
			p.Errorf("what came through the outbox has a deadline, %s, which ended with its transaction", until)
		}
		return p.door.Send(ctx, p.bus, o.ID, walkOpens{}).Err()
	}))
}

// transitions begins the saga when the machine has moved.
func (p *walkParts) transitions(ctx context.Context) error {
	type moved = machines.Moved[walkState, walkEvent, struct{}]
	return p.bus.Subscribe(ctx, p.name+"-transitions", bus.On(p.door.Transitions(), func(ctx context.Context, m moved) error {
		p.pass(ctx, "transition", p.node)
		return p.flow.Start(ctx, p.bus, m.ID, m.ID).Err()
	}))
}

// pushes reads what is pushed to clients, as hubs do.
func (p *walkParts) pushes(ctx context.Context) error {
	for record, err := range p.bus.Read(ctx, push.Topic, bus.Earliest) {
		if err != nil {
			return err
		}
		if record.Type() == p.channel.Contract().Name() {
			p.pass(record.Origin(ctx), "push", p.node)
			return nil
		}
	}
	return nil
}
