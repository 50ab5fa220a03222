package integration_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/sealed"
	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/seal"
)

type customer struct {
	ID     string         `json:"id"`
	Tenant request.Tenant `json:"tenant"`
	Email  string         `json:"email"`
}

// places are where a customer is kept: what is stored there, and a way to read it as an application does.
type places struct {
	*testing.T
	sealer  *seal.Sealer
	name    string
	bus     *bus.Bus
	added   bus.Event[customer]
	table   *partitions.Table[string, customer]
	group   *partitions.Group
	cache   *cache.Cache[string, customer]
	redis   *redis.Client
	ada     customer
	stored  map[string][]byte
	reading map[string]func(context.Context) (customer, error)
}

func newPlaces(t *testing.T) *places {
	t.Helper()
	keys, err := seal.OpenKeyring(filepath.Join(t.TempDir(), "keys"))
	p := &places{
		T: t, name: "s" + uuid.NewString()[:8], bus: open(t), stored: map[string][]byte{},
		reading: map[string]func(context.Context) (customer, error){},
	}
	p.ada = customer{ID: p.name, Tenant: "acme", Email: "ada@example.com"}
	p.must(err)
	p.sealer, err = seal.New(keys)
	p.must(err)
	codec, err := sealed.Codec(bus.JSON[customer](), p.sealer, sealed.Fields[customer]{
		Place: "customers", Tenant: func(c customer) request.Tenant { return c.Tenant }, Paths: []string{"/email"},
	})
	p.must(err)
	p.added = bus.Define("crm."+p.name+".added", func(c customer) string { return c.ID }).Encoded(codec)
	p.table = partitions.NewTable[string, customer]("customers", partitions.Values(codec))
	p.group, err = partitions.New(p.bus, p.name+"-state", partitions.Use(p.table), partitions.On(p.added, func(tx *partitions.Tx, c customer) error {
		p.table.Put(tx, c.ID, c)
		return nil
	}))
	p.must(err)
	options, err := redis.ParseURL(shared.Redis(t).URL)
	p.must(err)
	p.redis = redis.NewClient(options)
	t.Cleanup(func() { _ = p.redis.Close() })
	p.cache, err = cache.New(p.redis, p.name, func(context.Context, string) (customer, error) { return p.ada, nil }, cache.Values(codec))
	p.must(err)
	return p
}

func (p *places) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// decodes is a place that has records of the contract.
func (p *places) decodes(place string, r bus.Record) {
	p.stored[place] = r.Value
	p.reading[place] = func(context.Context) (customer, error) { return p.added.Decode(r) }
}

// outbox keeps what a transaction puts into the outbox, which is then rolled back.
func (p *places) outbox(ctx context.Context) {
	db, err := pgx.Connect(ctx, shared.Postgres(p.T).URL)
	p.must(err)
	defer db.Close(context.WithoutCancel(ctx))
	p.must(outbox.Migrate(ctx, db))
	tx, err := db.Begin(ctx)
	p.must(err)
	defer tx.Rollback(context.WithoutCancel(ctx))
	p.must(outbox.In(tx, outbox.Keep()).Publish(ctx, p.added.New(p.ada)).Err())
	var payload []byte
	p.must(tx.QueryRow(ctx, `SELECT payload FROM outboxevent WHERE aggregateid = $1`, p.ada.ID).Scan(&payload))
	p.decodes("outbox", bus.Record{Value: payload})
}

// dead has a handler that fails.
func (p *places) dead(ctx context.Context) {
	failing, stop := context.WithTimeout(ctx, patience)
	defer stop()
	p.must(p.bus.Subscribe(failing, p.name+"-mail", bus.On(p.added, func(context.Context, customer) error {
		time.AfterFunc(time.Second, stop)
		return resilience.Permanent(errors.New("no mail today"))
	})))
	for letter, err := range p.bus.DeadLetters(ctx, p.name+"-mail") {
		p.must(err)
		p.decodes("dead letter", letter.Record)
	}
}

// state has a shard's table, and its changelog.
func (p *places) state(ctx context.Context) {
	read := func(ctx context.Context) (c customer, err error) {
		err = p.group.View(ctx, p.ada.ID, func(v *partitions.View) error {
			var found bool
			if c, found = p.table.Get(v, p.ada.ID); !found {
				return resilience.Transient(errors.New("it is not there"))
			}
			return nil
		})
		return c, err
	}
	p.must(resilience.Do(ctx, resilience.RetryPolicy{Attempts: 1000, Initial: readyEvery, Max: readyEvery, Multiplier: 1, Elapsed: patience},
		func(ctx context.Context) error { _, err := read(ctx); return err }))
	p.reading["table"] = read
	for record, err := range p.bus.Read(ctx, bus.Topic(p.name+"-state.changelog"), bus.Earliest, bus.UntilEnd()) {
		p.must(err)
		p.stored["changelog"] = append(p.stored["changelog"], record.Value...)
	}
}

func (p *places) cached(ctx context.Context) {
	ctx = request.With(ctx, request.Info{Tenant: "acme"})
	p.reading["cache"] = func(context.Context) (customer, error) { return p.cache.Get(ctx, p.ada.ID) }
	_, err := p.cache.Get(ctx, p.ada.ID)
	p.must(err)
	keys, err := p.redis.Keys(ctx, "millrace:cache:"+p.name+":*").Result()
	if err != nil || len(keys) != 1 {
		p.Fatalf("keys in Redis: %v, %v", keys, err)
	}
	p.stored["cache"], err = p.redis.Get(ctx, keys[0]).Bytes()
	p.must(err)
}

// TestShredding destroys a tenant's key, and finds nothing of its customer in any place, nor a way to read it.
func TestShredding(t *testing.T) {
	t.Parallel()
	p, ctx := newPlaces(t), t.Context()
	p.must(p.bus.Verify(ctx, p.added))
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.group.Run(running) }()
	defer func() {
		stop()
		p.must(<-ended)
	}()
	p.must(p.bus.Publish(ctx, p.added.New(p.ada)).Err())
	for record, err := range p.bus.Read(ctx, p.added.Contract().Topic(), bus.Earliest, bus.UntilEnd()) {
		p.must(err)
		p.decodes("topic", record)
	}
	p.outbox(ctx)
	p.dead(ctx)
	p.state(ctx)
	p.cached(ctx)
	if len(p.stored) != 5 || len(p.reading) != 5 {
		t.Fatalf("%d places keep it, and %d are read", len(p.stored), len(p.reading))
	}
	for place, raw := range p.stored {
		if !strings.Contains(string(raw), "sealed:v1:acme:") || strings.Contains(string(raw), "ada@") {
			t.Errorf("%s: %q", place, raw)
		}
	}
	for place, read := range p.reading {
		if c, err := read(ctx); err != nil || c != p.ada {
			t.Errorf("before: %s: %+v, %v", place, c, err)
		}
	}
	p.must(p.sealer.Destroy(ctx, "acme"))
	for place, read := range p.reading {
		if c, err := read(ctx); !errors.Is(err, seal.ErrDestroyed) || c.Email != "" {
			t.Errorf("after: %s: %+v, %v", place, c, err)
		}
	}
}
