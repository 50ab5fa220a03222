package integration_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
)

// guarded is a Kafka that allows what it is told to, and nothing else.
type guarded struct {
	*testing.T
	logins string // the listener's address for users
	admin  *kadm.Client
}

const guardedSettings = `
listeners=PLAINTEXT://127.0.0.1:%[1]d,CONTROLLER://127.0.0.1:%[2]d,SASL://127.0.0.1:%[3]d
advertised.listeners=PLAINTEXT://127.0.0.1:%[1]d,SASL://127.0.0.1:%[3]d
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT
listener.name.sasl.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=false
`

// startGuarded starts it with the topics and users of the manifests.
func startGuarded(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{T: t}
	kafka, err := servers.KafkaProcess(t.Context(), 1, func(ports []int) string {
		g.logins = loopback(ports[2])
		return fmt.Sprintf(guardedSettings, ports[0], ports[1], ports[2])
	})
	servers.Require(t, err)
	t.Cleanup(func() { _ = kafka.Close() })
	open, err := kgo.NewClient(kgo.SeedBrokers(strings.TrimPrefix(kafka.URL, "kafka://")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(open.Close)
	g.admin = kadm.NewClient(open)
	for _, topic := range manifests(t, "topics.yaml") {
		config := map[string]*string{}
		for name, value := range topic.Spec.Config {
			if name != "min.insync.replicas" { // there is one broker
				config[name] = &value
			}
		}
		if response, err := g.admin.CreateTopic(t.Context(), topic.Spec.Partitions, 1, config, topic.Metadata.Name); errors.Join(err,
			response.Err) != nil {
			t.Fatal(topic.Metadata.Name, err, response.Err)
		}
	}
	for _, user := range manifests(t, "users.yaml") {
		g.admit(user)
	}
	return g
}

// admit makes a user with a password, and gives it its rights.
func (g *guarded) admit(user manifest) {
	g.Helper()
	_, err := g.admin.AlterUserSCRAMs(g.Context(), nil, []kadm.UpsertSCRAM{
		{User: user.Metadata.Name, Mechanism: kadm.ScramSha512, Iterations: 4096, Password: secret},
	})
	if err != nil {
		g.Fatal(err)
	}
	for _, acl := range user.Spec.Authorization.ACLs {
		b := kadm.NewACLs().Allow("User:" + user.Metadata.Name).AllowHosts()
		if b = b.ResourcePatternType(kadm.ACLPatternLiteral); acl.Resource.PatternType == "prefix" {
			b = b.ResourcePatternType(kadm.ACLPatternPrefixed)
		}
		switch acl.Resource.Type {
		case "topic":
			b = b.Topics(acl.Resource.Name)
		case "group":
			b = b.Groups(acl.Resource.Name)
		case "transactionalId":
			b = b.TransactionalIDs(acl.Resource.Name)
		default:
			g.Fatalf("%s: a rule for a %s", user.Metadata.Name, acl.Resource.Type)
		}
		var operations []kmsg.ACLOperation
		for _, name := range acl.Operations {
			operation, err := kmsg.ParseACLOperation(name)
			if err != nil {
				g.Fatal(err)
			}
			operations = append(operations, operation)
		}
		results, err := g.admin.CreateACLs(g.Context(), b.Operations(operations...))
		if err != nil {
			g.Fatal(err)
		}
		for _, r := range results {
			if r.Err != nil {
				g.Fatal(user.Metadata.Name, acl, r.Err)
			}
		}
	}
}

func (g *guarded) address(user string) string {
	return "kafka://" + user + ":" + secret + "@" + g.logins + "?sasl=scram-sha-512"
}

func (g *guarded) open(user string) *bus.Bus {
	g.Helper()
	b, err := bus.Open(g.Context(), g.address(user))
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() { _ = b.Close() })
	return b
}

// TestRights runs the shop and a push gateway with the rights that the manifests give them, and has a tenant's user try what it may not.
func TestRights(t *testing.T) { //nolint:paralleltest // no other pod may have the relay's slot meanwhile
	g := startGuarded(t)
	client := httpClient(t)
	shop := runPod(t, []string{"KAFKA_URL=" + g.address("shop-kafka"), "DATABASE_URL=" + shared.Postgres(t).URL, "REDIS_URL=" + shared.Redis(t).URL},
		"serve", "--http", "127.0.0.1:0", "--drain-delay", "10ms")
	gateway := runPod(t, []string{"KAFKA_URL=" + g.address("push-kafka")}, "push", "--http", "127.0.0.1:0", "--anonymous", "--drain-delay", "10ms")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, url := range []string{shop.url, gateway.url} {
		events := stream(ctx, t, client, url)
		defer events.Body.Close()
		id := "order-" + uuid.NewString()
		if got := place(ctx, client, shop.url, id); got != http.StatusCreated {
			t.Fatalf("POST /orders: %d", got)
		}
		if missing := awaitOnStream(events, map[string]bool{id: true}); len(missing) > 0 {
			t.Errorf("the order is not on the event stream of %s", url)
		}
	}
	for name, p := range map[string]*pod{"shop": shop, "push": gateway} {
		if said := strings.ToLower(p.output()); strings.Contains(said, "denied") || strings.Contains(said, "authoriz") ||
			strings.Contains(said, "not as its contract") {
			t.Errorf("%s lacks a right, or a topic is another one: %s", name, said)
		}
	}
	g.tenant(ctx)
}

// tenant has the tenant's user do what is its own, and try everything else.
func (g *guarded) tenant(ctx context.Context) {
	g.Helper()
	b := g.open("tenant-acme")
	own := bus.Define("acme.parcel.sent", func(o order) string { return o.ID }, bus.InTopic("acme.parcels"))
	if err := b.Create(ctx, bus.TopicSpec{Name: "acme.parcels", Partitions: 1}); err != nil {
		g.Error(err)
	}
	if err := b.Publish(ctx, own.New(order{ID: "1"})).Err(); err != nil {
		g.Error(err)
	}
	reading, done := context.WithCancel(ctx)
	if err := b.Subscribe(reading, "acme.readers", bus.On(own, func(context.Context, order) error { done(); return nil })); err != nil {
		g.Error(err)
	}
	done()
	for _, topic := range manifests(g.T, "topics.yaml") {
		name := bus.Topic(topic.Metadata.Name)
		theirs := bus.Define("shop.order.forged", func(o order) string { return o.ID }, bus.InTopic(name))
		if err := b.Publish(ctx, theirs.New(order{ID: "1"})).Err(); !errors.Is(err, bus.ErrDenied) && !errors.Is(err, bus.ErrNoTopic) {
			g.Errorf("a tenant wrote to %s: %v", name, err)
		}
		for _, err := range b.Read(ctx, name) {
			if !errors.Is(err, bus.ErrDenied) && !errors.Is(err, bus.ErrNoTopic) {
				g.Errorf("a tenant read %s: %v", name, err)
			}
			break
		}
	}
	if err := b.Create(ctx, bus.TopicSpec{Name: "shop-mine", Partitions: 1}); !errors.Is(err, bus.ErrDenied) {
		g.Errorf("a tenant made a topic of the shop: %v", err)
	}
	err := b.Subscribe(ctx, "shop-fulfilment", bus.On(own, func(context.Context, order) error { return nil }))
	if !errors.Is(err, bus.ErrDenied) {
		g.Errorf("a tenant joined a group of the shop: %v", err)
	}
	others, err := kgo.NewClient(kgo.SeedBrokers(g.logins), kgo.SASL(scram.Auth{User: "tenant-acme", Pass: secret}.AsSha512Mechanism()),
		kgo.TransactionalID("shop-checkout.forged"))
	if err != nil {
		g.Fatal(err)
	}
	defer others.Close()
	if _, _, err := others.ProducerID(ctx); err == nil {
		g.Error("a tenant took a transactional id of the shop")
	}
}
