package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/millrace/millrace/observe"
)

// Server listens, serves, and ends in order. See [NewServer].
type Server struct {
	handler http.Handler
	health  *observe.Health
	serverSettings
}

// NewServer serves the handler and answers probes of the health, which stand before it. There is no limit of a whole request's time, since it would
// end streams: see [Timeout].
func NewServer(handler http.Handler, health *observe.Health, opts ...ServerOption) (*Server, error) {
	s := &Server{handler: handler, health: health, serverSettings: serverSettings{
		address: ":8080", log: slog.New(slog.DiscardHandler), delay: 5 * time.Second, drain: 15 * time.Second,
		readHeader: 10 * time.Second, idle: 2 * time.Minute, header: 64 << 10,
	}}
	for _, opt := range opts {
		opt.applyServer(&s.serverSettings)
	}
	switch {
	case handler == nil || health == nil || s.log == nil:
		return nil, errors.New("httpapi: new server: handler, health and logger must not be nil")
	case s.delay < 0 || s.drain <= 0 || s.readHeader <= 0 || s.idle <= 0 || s.header < 1<<10:
		return nil, errors.New("httpapi: new server: times must be positive, and a header may have 1 KiB at least")
	}
	return s, nil
}

// ErrCut is found in the error of a server that ended while requests still ran.
var ErrCut = errors.New("httpapi: requests did not end in time and were cut off")

// Run serves until ctx ends, and then ends in order: readiness falls; it serves on for the delay; it stops listening; requests that run end, whose
// contexts live on until the limit; what is left is cut off, sockets too. Signals are the caller's: signal.NotifyContext.
func (s *Server) Run(ctx context.Context) error {
	listener := s.listener
	if listener == nil {
		var err error
		if listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", s.address); err != nil {
			return fmt.Errorf("httpapi: listen on %s: choose another address, or end what listens there: %w", s.address, err)
		}
	}
	handled := &calls{}
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler: Probes(s.health)(handled.counted(s.handler)), TLSConfig: s.tls,
		ReadHeaderTimeout: s.readHeader, IdleTimeout: s.idle, MaxHeaderBytes: s.header,
		BaseContext: func(net.Listener) context.Context { return requests },
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	for _, begin := range s.ending {
		server.RegisterOnShutdown(begin)
	}
	served := make(chan error, 1)
	go func() {
		if s.tls != nil {
			served <- server.ServeTLS(listener, "", "")
		} else {
			served <- server.Serve(listener)
		}
	}()
	select {
	case err := <-served:
		s.health.Drain()
		return fmt.Errorf("httpapi: serve: %w", errors.Join(err, server.Close()))
	case <-ctx.Done():
	}
	s.health.Drain()
	s.log.InfoContext(ctx, "httpapi: not ready any more", "delay", s.delay)
	delay := time.NewTimer(s.delay)
	defer delay.Stop()
	select {
	case err := <-served:
		return fmt.Errorf("httpapi: serve: %w", errors.Join(err, server.Close()))
	case <-delay.C:
	}
	limit, cancel := context.WithTimeout(requests, s.drain)
	defer cancel()
	err := server.Shutdown(limit)
	if err == nil {
		err = handled.wait(limit) // sockets are no connections of the server any more
	}
	cut()
	closed := server.Close()
	<-served //nolint:errcheck // http.ErrServerClosed
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrCut
	}
	return errors.Join(err, closed)
}

// calls are the handlers that run.
type calls struct{ running sync.WaitGroup }

func (c *calls) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.running.Add(1)
		defer c.running.Done()
		next.ServeHTTP(w, r)
	})
}

// wait returns when none runs, or the error of ctx.
func (c *calls) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		c.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
