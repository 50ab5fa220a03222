package integration_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"golang.org/x/text/language"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/outbox"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/push"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/sagas"
)

type (
	walkState string
	walkEvent string
	walkOpens struct{}
)

// Event names the payload's event.
func (walkOpens) Event() walkEvent { return "open" }

// walkParts are what a node of the walk runs: each hands the request on to the next.
type walkParts struct {
	*walk
	node     string
	database string
	bus      *bus.Bus
	group    *partitions.Group

	placed  bus.Event[order]
	door    *machines.Machine[walkState, walkEvent, struct{}]
	flow    *sagas.Flow[string, string]
	note    *jobs.Kind[string, string]
	channel push.Channel[string]
	who     *partitions.Command[string, string]
}

func (w *walk) parts(node, database string) *walkParts {
	p := &walkParts{walk: w, node: node, database: database}
	p.placed = bus.Define("walk."+w.name+".placed", func(o order) string { return o.ID })
	p.door = machines.Define(machines.Spec[walkState, walkEvent, struct{}]{
		Name: w.name + "d", Start: "closed", Final: []walkState{"open"},
		On: []machines.Transition[walkState, walkEvent, struct{}]{{Event: machines.On[walkOpens](), From: []walkState{"closed"}, To: "open"}},
	})
	p.note = jobs.Define("note", func(ctx context.Context, _ *jobs.Attempt, id string) (string, error) {
		w.pass(ctx, "job", p.node)
		return "", p.channel.Publish(ctx, p.bus, id, "noted").Err()
	}, jobs.Queue(w.name), jobs.Shards(2))
	step := sagas.NewStep("note", func(ctx context.Context, id string) (string, error) {
		w.pass(ctx, "saga", p.node)
		return "", jobs.Enqueue(ctx, p.bus, p.note.New(id)).Err()
	}, nil)
	p.flow = sagas.Define(w.name+"f", func(s *sagas.Saga, id string) (string, error) { return sagas.Do(s, step, id) })
	p.channel = push.Define[string](w.name)
	p.who = partitions.NewCommand[string, string]("who", func(id string) string { return id })
	return p
}

// begin runs two nodes: the first has what one is enough of.
func (w *walk) begin() {
	w.Helper()
	database := pgtest.Open(w.T)
	conn, err := pgx.Connect(w.Context(), database)
	if err == nil {
		err = outbox.Migrate(w.Context(), conn)
	}
	if err != nil {
		w.Fatal(err)
	}
	_ = conn.Close(w.Context()) // used no more
	for _, id := range []string{"one", "two"} {
		p := w.parts(id, database)
		if p.bus, err = bus.Open(w.Context(), shared.Kafka(w.T).URL, bus.Telemetry(w.traces, metricnoop.NewMeterProvider())); err != nil {
			w.Fatal(err)
		}
		w.Cleanup(func() { _ = p.bus.Close() })
		p.begin()
	}
}

// begin runs the node until the test ends.
func (p *walkParts) begin() {
	p.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		p.Fatal(err)
	}
	address := listener.Addr().String()
	runner, err := jobs.New(p.bus, p.name, p.note)
	if err != nil {
		p.Fatal(err)
	}
	definitions := append(append(p.door.Contracts(), p.flow.Contracts()...), append(runner.Contracts(), p.placed)...)
	if err := p.bus.Verify(p.Context(), definitions...); err != nil {
		p.Fatal(err)
	}
	relay, err := outbox.NewRelay(p.database)
	if err != nil {
		p.Fatal(err)
	}
	options := []partitions.Option{
		partitions.NodeID(p.node), partitions.Advertise(address), partitions.PeerSecret(bytes.Repeat([]byte("s"), 32)),
		p.door.Part(), p.flow.Part(), relay.Part(), partitions.Answer(p.who, func(tx *partitions.Tx, _ string) (string, error) {
			p.pass(tx.Context(), "ask", p.node)
			return string(request.From(tx.Context()).Principal), nil
		}),
	}
	if p.group, err = partitions.New(p.bus, p.name, options...); err != nil {
		p.Fatal(err)
	}
	call := push.NewMethod[string, string]("who").Handle(func(ctx context.Context, id string) (string, error) {
		p.pass(ctx, "call", p.node)
		return partitions.Ask(ctx, p.group, p.who, id)
	})
	hub, err := push.New(p.bus, push.RPC(call))
	if err != nil {
		p.Fatal(err)
	}
	runs := []func(context.Context) error{p.group.Run, hub.Run}
	if p.node == "one" {
		runs = append(runs, runner.Run, p.events, p.transitions, p.pushes)
	}
	p.run(listener, p.serving(hub), runs)
	p.nodes = append(p.nodes, &walkNode{id: p.node, address: address, group: p.group})
}

// run runs all until the test ends.
func (p *walkParts) run(listener net.Listener, handler http.Handler, runs []func(context.Context) error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(p.Context()))
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) }) // until it is closed
	for _, run := range runs {
		running.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				p.Error(err)
			}
		})
	}
	p.Cleanup(func() {
		stop()
		_ = server.Close()
		running.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
}

// serving is the node's routes within the chain.
func (p *walkParts) serving(hub *push.Hub) http.Handler {
	p.Helper()
	var steps httpapi.Steps
	var err error
	note := func(e error) {
		if e != nil {
			p.Fatal(e)
		}
	}
	steps.Errors, err = httpapi.NewErrors(slog.New(slog.DiscardHandler))
	note(err)
	steps.Trace, err = httpapi.Trace(p.traces, metricnoop.NewMeterProvider(), nil)
	note(err)
	steps.Identify, err = httpapi.Identify(steps.Errors, p.walk, httpapi.TenantRequired())
	note(err)
	steps.Locale, err = httpapi.Locale(language.English, language.German)
	note(err)
	steps.Peer = p.group.Forwarded
	chain, err := httpapi.Chain(steps)
	note(err)
	r := chi.NewRouter()
	r.Use(chain...)
	r.Get("/ws", hub.WebSocket().ServeHTTP)
	keyOf := func(r *http.Request) (string, error) { return chi.URLParam(r, "id"), nil }
	r.With(p.passing, httpapi.RequireRole("clerk"), p.group.Forward(keyOf)).Method(http.MethodPost, "/orders/{id}", steps.Errors.Handle(p.place))
	return r
}

// passing notes the station before a request is sent on.
func (p *walkParts) passing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.node == "one" || r.Header.Get("Millrace-Peer") == "" {
			p.pass(r.Context(), "chain", p.node)
		}
		next.ServeHTTP(w, r)
	})
}
