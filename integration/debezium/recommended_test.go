package debezium_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/request"
)

// recommended is the configuration that Millrace recommends, as its file says it, with names of its own and Debezium's
// context headers, by which the records are told apart.
func (s *stage) recommended() map[string]string {
	s.Helper()
	data, err := os.ReadFile("../../deploy/kafka/debezium-outbox.json")
	if err != nil {
		s.Fatal(err)
	}
	var file struct{ Config map[string]string }
	if err := json.Unmarshal(data, &file); err != nil {
		s.Fatal(err)
	}
	maps.Copy(file.Config, map[string]string{
		"topic.prefix": "§", "slot.name": "§_d", "publication.name": "§", "table.include.list": "public.§",
		"message.prefix.include.list": "§", "extended.headers.enabled": "true",
	})
	return file.Config
}

type order struct {
	ID string `json:"id"`
}

// recommendedTwin publishes what an application does: events of its contracts, in transactions, through a table or,
// with an option, through the log alone.
func (s *stage) recommendedTwin(opts ...outbox.TableOption) twin {
	w := twin{name: fmt.Sprint("recommended", len(opts)), topics: []string{"outbox.event.§", "§-own"}, config: s.recommended(), wants: 6}
	w.alike = len(opts) > 0 // as with all messages
	w.table = func(w twin) {
		name := s.named(w, "§")
		if err := outbox.Migrate(s.Context(), s.pool, append(opts, outbox.Table(name), outbox.From(name), outbox.Slot(name))...); err != nil {
			s.Fatal(err)
		}
	}
	w.write = func(w twin) {
		name := s.named(w, "§")
		placed := bus.Define("shop."+name+".placed", func(o order) string { return o.ID })
		own := bus.Define("shop.own.placed", func(o order) string { return o.ID }, bus.InTopic(bus.Topic(name+"-own")))
		ctx := request.With(s.Context(), request.Info{Tenant: "acme", ID: "r1"})
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
			return outbox.In(tx, append(opts, outbox.Table(name))...).Publish(ctx, placed.New(order{ID: "ключ 🔑"}), placed.New(order{ID: "b"}),
				own.New(order{ID: "c"}), bus.Atomic(placed.New(order{ID: "d"}), own.New(order{ID: "e"})),
				placed.New(order{ID: "f"}, bus.ID("no uuid"), bus.WithHeader("x-own", "ü"))).Err()
		})
		if err != nil {
			s.Fatal(err)
		}
	}
	return w
}
