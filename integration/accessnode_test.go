package integration_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/sagas"
	"github.com/millrace/millrace/seal"
)

type (
	doorState string
	doorEvent string
	doorFills struct {
		With string `json:"with"`
	}
	doorOpens struct{}
)

func (doorFills) Event() doorEvent { return "fill" }
func (doorOpens) Event() doorEvent { return "open" }

// access is a node that lets whoever asks do all that there is to do, as the tenant that the request is of: nothing in its handlers looks at that.
type access struct {
	*testing.T
	address string
	bus     *bus.Bus
	group   *partitions.Group
	runner  *jobs.Runner
	door    *machines.Machine[doorState, doorEvent, string]
	flow    *sagas.Flow[string, string]
	shown   *sagas.Query[string]
	goes    *sagas.Signal[string]
	note    *jobs.Kind[string, string]
	channel push.Channel[string]
	cache   *cache.Cache[string, string]
	sealer  *seal.Sealer
	box     []byte // of acme

	operations map[string]func(context.Context) (any, error)
	reads      map[string]bool // operations whose answers have the secret
	finds      map[string]bool // operations of what has to be there
}

func newAccess(t *testing.T) *access {
	t.Helper()
	name := "a" + uuid.NewString()[:8]
	a := &access{T: t, bus: open(t)}
	a.door = machines.Define(machines.Spec[doorState, doorEvent, string]{
		Name: name + "d", Start: "empty", Final: []doorState{"open"},
		On: []machines.Transition[doorState, doorEvent, string]{
			{Event: machines.On[doorFills](), From: []doorState{"empty"}, To: "closed", Do: machines.Do(
				func(_ machines.Instance[doorState, string], f doorFills) (string, machines.Effects) {
					return f.With, nil
				})},
			{Event: machines.On[doorOpens](), From: []doorState{"closed"}, To: "open"},
		},
	})
	a.shown, a.goes = sagas.NewQuery[string]("shown"), sagas.NewSignal[string]("goes")
	a.flow = sagas.Define(name+"f", func(s *sagas.Saga, in string) (string, error) {
		a.shown.Show(s, in)
		return sagas.Await(s, a.goes, time.Hour)
	})
	a.note = jobs.Define("note", func(context.Context, *jobs.Attempt, string) (string, error) { return "", nil }, jobs.Queue(name), jobs.Shards(2))
	a.channel = push.Define[string](name)
	var err error
	a.runner, err = jobs.New(a.bus, name, a.note)
	a.must(err)
	a.group, err = partitions.New(a.bus, name, a.door.Part(), a.flow.Part())
	a.must(err)
	a.must(a.bus.Verify(t.Context(), append(append(a.door.Contracts(), a.flow.Contracts()...), a.runner.Contracts()...)...))
	options, err := redis.ParseURL(shared.Redis(t).URL)
	a.must(err)
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	a.cache, err = cache.New(client, name, func(ctx context.Context, _ string) (string, error) {
		if request.From(ctx).Tenant == "acme" {
			return ownSecret, nil
		}
		return "", cache.ErrNotFound
	})
	a.must(err)
	keys, err := seal.OpenKeyring(filepath.Join(t.TempDir(), "keys"))
	a.must(err)
	a.sealer, err = seal.New(keys)
	a.must(err)
	a.define()
	a.serve()
	a.own(name)
	return a
}

func (a *access) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

// serve runs the node until the test ends.
func (a *access) serve() {
	a.Helper()
	hub, err := push.New(a.bus, push.Presence(a.channel.Name()), push.Publishing(a.channel), push.Auth(func(r *http.Request) (push.Grant, error) {
		who := request.From(r.Context())
		return push.Grant{
			Tenant: who.Tenant, Principal: who.Principal, Subscribe: []string{"*"}, Publish: []string{"*"}, Present: []string{"*"},
		}, nil
	}))
	a.must(err)
	errs, err := httpapi.NewErrors(slog.New(slog.DiscardHandler), func(err error) *httpapi.Problem {
		switch {
		case errors.Is(err, sagas.ErrNotFound), errors.Is(err, jobs.ErrNotFound), errors.Is(err, cache.ErrNotFound), errors.Is(err, errNothing):
			return &httpapi.Problem{Status: http.StatusNotFound, Detail: err.Error()}
		case errors.Is(err, machines.ErrNotAllowed), errors.Is(err, jobs.ErrState):
			return &httpapi.Problem{Status: http.StatusConflict, Detail: err.Error()}
		}
		return nil
	})
	a.must(err)
	identify, err := httpapi.Identify(errs, a, httpapi.TenantRequired())
	a.must(err)
	chain, err := httpapi.Chain(httpapi.Steps{Errors: errs, Identify: identify, Peer: a.group.Forwarded})
	a.must(err)
	r := chi.NewRouter()
	r.Use(chain...)
	r.Get("/live", hub.WebSocket().ServeHTTP)
	r.Method(http.MethodPost, "/{operation}/{id}", errs.Handle(func(w http.ResponseWriter, r *http.Request) error {
		answer, err := a.operations[chi.URLParam(r, "operation")](r.Context())
		if err != nil {
			return err
		}
		return json.NewEncoder(w).Encode(answer)
	}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	a.must(err)
	a.address = listener.Addr().String()
	runs := []func(context.Context) error{a.group.Run, a.runner.Run, hub.Run, a.cache.Run}
	(&walkParts{walk: &walk{T: a.T}}).run(listener, r, runs)
	<-hub.Ready()
}

// own makes what acme owns.
func (a *access) own(name string) {
	a.Helper()
	ctx := request.With(a.Context(), request.Info{Tenant: "acme", Principal: "ann"})
	var err error
	a.box, err = a.sealer.Seal(ctx, "acme", []byte(ownSecret))
	a.must(err)
	a.must(a.flow.Start(ctx, a.bus, ownID, ownSecret).Err())
	a.must(jobs.Enqueue(ctx, a.bus, a.note.New(ownSecret, jobs.ID(ownID), jobs.After(time.Hour))).Err())
	a.must(a.channel.Publish(ctx, a.bus, ownID, ownSecret).Err())
	a.eventually(func() error { _, err := a.door.Ask(ctx, a.group, ownID, doorFills{ownSecret}); return err })
	a.eventually(func() error { _, err := a.shown.Of(ctx, a.flow.Handle(a.group, ownID)); return err })
	a.eventually(func() error { return a.runner.Describe(ctx, ownID).Err() })
	a.eventually(func() error {
		if _, body := a.say(principals[0].name, "push.history", a.place(name)); !strings.Contains(body, ownSecret) {
			return fmt.Errorf("there is no history: %s", body)
		}
		return nil
	})
}

// said are methods of a socket, with their parameters.
func (a *access) said() [][2]string {
	place := a.place(a.channel.Name())
	return [][2]string{
		{"push.history", place},
		{"push.subscribe", place},
		{"push.presence", place},
		{"push.publish", strings.TrimSuffix(place, "}") + `,"data":"of a stranger"}`},
	}
}

func (a *access) place(channel string) string {
	return fmt.Sprintf(`{"channel":%q,"key":%q}`, channel, ownID)
}

// names are those of the operations: those that read come first.
func (a *access) names() []string {
	var reads, writes []string
	for name := range a.operations {
		if a.reads[name] {
			reads = append(reads, name)
		} else {
			writes = append(writes, name)
		}
	}
	slices.Sort(reads)
	slices.Sort(writes)
	return append(reads, writes...)
}

var errNothing = errors.New("there is no such thing")
