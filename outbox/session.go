package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// session is one connection's life.
func (r *Relay) session(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, r.database.Copy())
	if err != nil {
		return fmt.Errorf("connect: %w", explain(err))
	}
	state, err := r.adopt(ctx, conn)
	if err := errors.Join(err, conn.Close(ctx)); err != nil {
		return explain(err)
	}
	stream, err := openStream(ctx, &r.database.Config, r.slot, r.publication)
	if err != nil {
		return explain(err)
	}
	stream.confirm(state.confirmed)
	r.logger.InfoContext(ctx, "relay works", "slot", r.slot, "from", state.confirmed.String())
	r.note(func(s *Status) { s.Working, s.Confirmed, s.Err = true, state.confirmed, nil })
	err = r.pump(ctx, stream)
	return errors.Join(err, stream.close(ctx))
}

// adopt makes the slot ready. One that disappears while its relay lives took rows with it, which is never passed over.
func (r *Relay) adopt(ctx context.Context, conn *pgx.Conn) (slotState, error) {
	if r.Status().Confirmed > 0 {
		state, err := readSlot(ctx, conn, r.slot)
		if err == nil && !state.found {
			err = fmt.Errorf("%w: %s is gone, so rows committed since %s may have been lost; find out who dropped it, "+
				"then start the relay again to make a new one", ErrSlot, r.slot, r.Status().Confirmed)
		}
		if err != nil {
			return state, err
		}
	}
	created, err := ensureSlot(ctx, conn, r.slot, r.publication)
	if err != nil {
		return slotState{}, err
	}
	if created {
		r.logger.WarnContext(ctx, "the replication slot was missing and is new: rows committed before now are not published",
			"slot", r.slot)
	}
	return readSlot(ctx, conn, r.slot)
}

// describe asks over a connection of its own: the one that replicates takes no questions.
func (r *Relay) describe(ctx context.Context, relation walRelation) (walRelation, error) {
	conn, err := pgx.ConnectConfig(ctx, r.database.Copy())
	if err != nil {
		return relation, fmt.Errorf("connect: %w", explain(err))
	}
	described, err := describe(ctx, conn, relation)
	return described, errors.Join(err, conn.Close(ctx))
}
