package outbox_test

import (
	"os"
	"strings"
	"testing"

	"github.com/millrace/millrace/outbox"
)

// TestTableIncludeList has a publication of all tables, as Debezium makes by default, and a connector that takes one.
func TestTableIncludeList(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	execute(t, f.url, "CREATE PUBLICATION everything FOR ALL TABLES", "CREATE TABLE other (id int)",
		"CREATE SCHEMA b", "CREATE TABLE b.outboxevent (LIKE outboxevent INCLUDING ALL)")
	config, err := os.ReadFile("connector.json")
	if err != nil {
		t.Fatal(err)
	}
	f.relay(f.bus, outbox.From("everything"), outbox.Connector(config))
	execute(t, f.url, "INSERT INTO other VALUES (1)",
		`INSERT INTO b.outboxevent (id, aggregatetype, type, payload) VALUES (gen_random_uuid(), 'order', 'shop.order.placed', '{"n": 9}')`)
	f.write(true, placed().New(order{ID: "a", N: 1}))
	if got := f.read(1); got[0].Value.N != 1 {
		t.Errorf("an event of another table is published: %+v", got[0].Value)
	}
	_, stop := f.relay(f.bus)
	stop()
	list := strings.Replace(string(config), `"public.outboxevent"`, `"b\\..*,c.x"`, 1)
	for name, bad := range map[string]string{
		"expression": strings.Replace(string(config), `"public.outboxevent"`, `"(?=a)"`, 1),
		"both":       strings.Replace(list, `"tasks.max"`, `"table.exclude.list": "x", "tasks.max"`, 1),
	} {
		if _, err := outbox.NewRelay(f.url, outbox.Connector([]byte(bad))); err == nil {
			t.Errorf("%s: it is followed", name)
		}
	}
}
