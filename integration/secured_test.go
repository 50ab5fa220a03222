package integration_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/integration/servers"
	"github.com/millrace/millrace/internal/authority"
)

const secret = "hunter2-right"

// lifetime is how long Kafka takes a login for good; the client logs in again before.
const lifetime = 4 * time.Second

// fortress is a Kafka that wants to know who its clients are.
type fortress struct {
	certificates, logins string // the listeners' addresses
	authority            *authority.Authority
	client               authority.Pair
}

const fortressSettings = `
listeners=PLAINTEXT://127.0.0.1:%[1]d,CONTROLLER://127.0.0.1:%[2]d,SSL://127.0.0.1:%[3]d,SASL_SSL://127.0.0.1:%[4]d
advertised.listeners=PLAINTEXT://127.0.0.1:%[1]d,SSL://127.0.0.1:%[3]d,SASL_SSL://127.0.0.1:%[4]d
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location=%[5]s
ssl.truststore.type=PEM
ssl.truststore.location=%[6]s
listener.name.ssl.ssl.client.auth=required
listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512,OAUTHBEARER
listener.name.sasl_ssl.connections.max.reauth.ms=%[8]d
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_ada="%[7]s";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
`

func startFortress(t *testing.T) *fortress {
	t.Helper()
	f := &fortress{}
	var err error
	if f.authority, err = authority.New(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	server, err := f.authority.Issue("server", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if f.client, err = f.authority.Issue("client", "client.example"); err != nil {
		t.Fatal(err)
	}
	kafka, err := servers.KafkaProcess(t.Context(), 2, func(ports []int) string {
		f.certificates, f.logins = loopback(ports[2]), loopback(ports[3])
		return fmt.Sprintf(fortressSettings, ports[0], ports[1], ports[2], ports[3], server.Both, f.authority.File(), secret, lifetime.Milliseconds())
	})
	servers.Require(t, err)
	t.Cleanup(func() { _ = kafka.Close() })
	open, err := kgo.NewClient(kgo.SeedBrokers(strings.TrimPrefix(kafka.URL, "kafka://")))
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	_, err = kadm.NewClient(open).AlterUserSCRAMs(t.Context(), nil, []kadm.UpsertSCRAM{
		{User: "ada", Mechanism: kadm.ScramSha512, Iterations: 4096, Password: secret},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// token is an unsecured JWS, as Kafka takes it where nobody validates tokens.
func token(until time.Time) string {
	part := base64.RawURLEncoding.EncodeToString
	claims := fmt.Sprintf(`{"sub":"ada","iat":%d,"exp":%d}`, until.Add(-time.Hour).Unix(), until.Unix())
	return part([]byte(`{"alg":"none"}`)) + "." + part([]byte(claims)) + "."
}

func tokens(t string) bus.Option {
	return bus.OAuth(func(context.Context) (string, error) { return t, nil })
}

// TestSecuredKafka opens a bus in every way of telling Kafka who one is, and in wrong ones.
func TestSecuredKafka(t *testing.T) {
	t.Parallel()
	f := startFortress(t)
	ca := "?ca=" + f.authority.File()
	pair := "&cert=" + f.client.Cert + "&key=" + f.client.Key
	login := func(password, mechanism string) string {
		return "kafkas://ada:" + password + "@" + f.logins + ca + "&sasl=" + mechanism
	}
	for name, way := range map[string]struct {
		address string
		opts    []bus.Option
		denied  bool
	}{
		"certificate":        {address: "kafkas://" + f.certificates + ca + pair},
		"no certificate":     {address: "kafkas://" + f.certificates + ca, denied: true},
		"plain":              {address: login(secret, "plain")},
		"plain, wrong":       {address: login("hunter2-wrong", "plain"), denied: true},
		"scram":              {address: login(secret, "scram-sha-512")},
		"scram, wrong":       {address: login("hunter2-wrong", "scram-sha-512"), denied: true},
		"scram-sha-256":      {address: login(secret, "scram-sha-256"), denied: true}, // is not offered
		"token":              {address: "kafkas://" + f.logins + ca, opts: []bus.Option{tokens(token(time.Now().Add(time.Hour)))}},
		"token, expired":     {address: "kafkas://" + f.logins + ca, opts: []bus.Option{tokens(token(time.Now().Add(-time.Hour)))}, denied: true},
		"nothing, to logins": {address: "kafkas://" + f.logins + ca, denied: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, err := bus.Open(t.Context(), way.address, way.opts...)
			switch {
			case way.denied && (!errors.Is(err, bus.ErrDenied) || strings.Contains(err.Error(), "hunter2")):
				t.Errorf("opened with %v", err)
			case !way.denied && err != nil:
				t.Error(err)
			}
			if err != nil {
				return
			}
			defer func() { _ = b.Close() }()
			if err := b.Create(t.Context(), bus.TopicSpec{Name: "secured", Partitions: 1}); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("rotation", func(t *testing.T) { t.Parallel(); f.rotation(t) })
}

// rotation lets logins run out: the token source is asked again, and when it has no good token any more, that is said.
func (f *fortress) rotation(t *testing.T) {
	t.Helper()
	var asked atomic.Int64
	var stale atomic.Bool
	b, err := bus.Open(t.Context(), "kafkas://"+f.logins+"?ca="+f.authority.File(), bus.PublishTimeout(15*time.Second),
		bus.OAuth(func(context.Context) (string, error) {
			asked.Add(1)
			if stale.Load() {
				return token(time.Now().Add(-time.Hour)), nil
			}
			return token(time.Now().Add(2 * lifetime)), nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	event := bus.Define("secured.rotated.placed", func(o order) string { return o.ID })
	if err := b.Create(t.Context(), bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- b.Subscribe(ctx, "rotated", bus.On(event, func(context.Context, order) error { return nil }))
	}()
	before := asked.Load()
	ticker := time.NewTicker(lifetime / 8)
	defer ticker.Stop()
	for began := time.Now(); time.Since(began) < 3*lifetime; <-ticker.C {
		if err := b.Publish(ctx, event.New(order{ID: "1"})).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if again := asked.Load() - before; again < 3 {
		t.Errorf("the token source was asked %d times more", again)
	}
	stale.Store(true)
	var failed error
	for began := time.Now(); failed == nil && time.Since(began) < 4*lifetime; <-ticker.C {
		failed = b.Publish(ctx, event.New(order{ID: "2"})).Err()
	}
	if !errors.Is(failed, bus.ErrDenied) || !strings.Contains(failed.Error(), "bus.OAuth") {
		t.Errorf("published with an expired token: %v", failed)
	}
	if err := <-ended; !errors.Is(err, bus.ErrDenied) {
		t.Errorf("the subscription ended with %v", err)
	}
}
