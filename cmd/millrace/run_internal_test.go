package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/httpapi"
)

// TestCutOffIsLogged ends a part that has to cut requests off.
func TestCutOffIsLogged(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	var running sync.WaitGroup
	failed := make(chan error, 1)
	p := &pod{log: slog.New(slog.NewTextHandler(&said, nil))}
	end([][]stage{{p.start(t.Context(), &running, failed, "http", func(ctx context.Context) error {
		<-ctx.Done()
		return httpapi.ErrCut
	})}})
	running.Wait()
	if line := said.String(); len(failed) > 0 || !strings.Contains(line, "part=http") || !strings.Contains(line, httpapi.ErrCut.Error()) {
		t.Errorf("%d failures, and the log says %q", len(failed), line)
	}
}
