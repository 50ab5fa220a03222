package inspect

import (
	"context"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
)

// Relays are the relays of a group, and the slots of a database that none of them reads. Without a database, which is the address of one or
// empty, slots are not looked at. PostgreSQL is asked first: a relay that works is then at or past what its slot says.
func Relays(ctx context.Context, b *bus.Bus, database, group string) ([]Relay, error) {
	var d *Database
	if database != "" {
		var err error
		if d, err = ReadDatabase(ctx, database); err != nil {
			return nil, err
		}
	}
	standings, err := outbox.Standings(ctx, b, group)
	if err != nil {
		return nil, err
	}
	var relays []Relay
	now := time.Now()
	for _, s := range standings {
		relay := newRelay(group, s, now)
		if d != nil && !s.Polled {
			relay.compare(s, d)
		}
		relays = append(relays, relay)
	}
	if d != nil {
		relays = append(relays, unknownSlots(d, standings, group)...)
	}
	return relays, nil
}
