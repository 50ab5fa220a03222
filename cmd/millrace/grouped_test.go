package main_test

import (
	"context"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/partitions"
)

// grouped is a broker with a group on it, of which the command says before that it has not run.
func grouped(t *testing.T, look, group string, part partitions.Option, defs ...bus.Definition) (at string, b *bus.Bus, stop func()) {
	t.Helper()
	at = bustest.Broker(t)
	b, err := bus.Open(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	if err := b.Verify(t.Context(), defs...); err != nil {
		t.Fatal(err)
	}
	if _, errs, code := command(t, "", look, group, "--kafka", at); code != 1 ||
		!strings.Contains(errs, "has run: there is no topic "+group+".changelog") {
		t.Errorf("without a group: %d, %s", code, errs)
	}
	g, err := partitions.New(b, group, part)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	return at, b, func() {
		end()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
