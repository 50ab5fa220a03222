package shop_test

import (
	"context"
	"net/http"
	"sync"
)

// line stands before a shop's handler and can cut its event streams.
type line struct {
	mu      sync.Mutex
	fault   int // 0 passes, negative drops the connection, a status answers with it
	streams map[context.Context]context.CancelFunc
	faulted int // streams that met the fault since the last cut
}

func (l *line) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/events" {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		l.mu.Lock()
		fault := l.fault
		if fault == 0 {
			if l.streams == nil {
				l.streams = make(map[context.Context]context.CancelFunc)
			}
			l.streams[ctx] = cancel
		} else {
			l.faulted++
		}
		l.mu.Unlock()
		switch {
		case fault < 0:
			panic(http.ErrAbortHandler)
		case fault > 0:
			w.WriteHeader(fault)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
		l.mu.Lock()
		delete(l.streams, ctx)
		l.mu.Unlock()
	})
}

// cut ends the open streams, and each new one in the way that fault says, until it is called with 0.
func (l *line) cut(fault int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault, l.faulted = fault, 0
	if fault == 0 {
		return
	}
	for _, cancel := range l.streams {
		cancel()
	}
}

// met says whether a stream has met the fault, so that the page knows it.
func (l *line) met() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faulted > 0
}
