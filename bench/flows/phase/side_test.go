package phase_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/millrace/millrace/bench/flows/phase"
)

func TestTeller(t *testing.T) {
	t.Parallel()
	marks, err := phase.Hear[int](func(to phase.Teller) error {
		return errors.Join(to.Tell(1), to.Tell(2))
	})
	if err != nil || !slices.Equal(marks, []int{1, 2}) {
		t.Errorf("heard %v: %v", marks, err)
	}
	var out bytes.Buffer
	to := phase.Teller{In: strings.NewReader("\n"), Out: &out}
	if err := to.Tell("a"); err != nil || out.String() != "\"a\"\n" {
		t.Errorf("told %q: %v", out.String(), err)
	}
	if err := to.Tell("b"); !errors.Is(err, io.EOF) {
		t.Errorf("nobody answers: %v", err)
	}
}
