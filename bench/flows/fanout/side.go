package fanout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"time"
)

// Engine serves connections, and publishes to all of them.
type Engine interface {
	io.Closer
	http.Handler

	Publish(ctx context.Context, payloads ...string) error
	Hello() string
}

// Main is the main function of a side that is a program.
func Main(open func(context.Context, Work) (Engine, error)) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := Side(ctx, os.Args[len(os.Args)-1], open); err != nil {
		fmt.Fprintln(os.Stderr, "side:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to end
	}
}

// Side serves until ctx ends.
func Side(ctx context.Context, work string, open func(context.Context, Work) (Engine, error)) (err error) {
	var w Work
	if err := json.Unmarshal([]byte(work), &w); err != nil {
		return fmt.Errorf("the work is %q: %w", work, err)
	}
	engine, err := open(ctx, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	server := &http.Server{Handler: handler(engine), ReadHeaderTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := json.NewEncoder(os.Stdout).Encode(Ready{listener.Addr().String(), engine.Hello()}); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err //nolint:wrapcheck // a bench
	}
	return nil
}

func handler(e Engine) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", e)
	mux.HandleFunc("POST /publish", func(w http.ResponseWriter, r *http.Request) {
		var p Publish
		err := json.NewDecoder(r.Body).Decode(&p)
		if err == nil {
			err = p.run(r.Context(), e)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("POST /idle", func(w http.ResponseWriter, _ *http.Request) {
		for range 6 { // stacks shrink by half in each
			runtime.GC()
		}
		debug.FreeOSMemory()
		_ = json.NewEncoder(w).Encode(Idle{runtime.NumGoroutine()})
	})
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	return mux
}

func (p Publish) run(ctx context.Context, e Engine) error {
	next := time.Now()
	for left := p.Count; left > 0; {
		payloads := make([]string, min(max(p.Burst, 1), left))
		for i := range payloads {
			payloads[i] = payload(p.Size)
		}
		if err := e.Publish(ctx, payloads...); err != nil {
			return err
		}
		left -= len(payloads)
		next = next.Add(p.Every)
		select {
		case <-time.After(time.Until(next)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
