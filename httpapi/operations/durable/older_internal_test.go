package durable

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
)

// TestOlderOwner has an owner that does not know what it is asked, for machines and sagas as for commands, and others that cannot be asked now.
func TestOlderOwner(t *testing.T) {
	t.Parallel()
	unknown := &partitions.AskError{Command: "close", Code: partitions.CodeUnknown, Message: "no such command"}
	for name, test := range map[string]struct {
		err    error
		detail string
	}{
		"a machine's owner is older":       {unsure(unknown), "of a version"},
		"a command's owner is older":       {(&commandConfig{}).problem(unknown), "of a version"},
		"the shard has no owner":           {unsure(partitions.ErrNotOwner), "on the move"},
		"the group does not run":           {away(partitions.ErrNotRunning), "on the move"},
		"nobody can be asked for a moment": {away(resilience.Transient(errors.New("no answer"))), "on the move"},
	} {
		p, is := errors.AsType[*httpapi.Problem](test.err)
		if !is || p.Status != http.StatusServiceUnavailable || p.Header.Get("Retry-After") != "1" || !strings.Contains(p.Detail, test.detail) {
			t.Errorf("%s: %+v", name, test.err)
		}
	}
	other := &partitions.AskError{Code: "too late"}
	if err := unsure(other); !errors.Is(err, other) {
		t.Errorf("another refusal: %v", err)
	}
	if err := unsure(context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("the client has gone: %v", err)
	}
}
