package process_test

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/millrace/millrace/bench/process"
)

func TestProcess(t *testing.T) {
	t.Parallel()
	sleep := func(long string) *process.Process {
		p, err := process.Start(t.Context(), func(ctx context.Context) (*exec.Cmd, error) {
			return exec.CommandContext(ctx, "sleep", long), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	long := sleep("60")
	if _, err := long.Peak(); err != nil || long.Alive() != nil {
		t.Errorf("it does not run: %v, %v", long.Alive(), err)
	}
	long.End()
	short := sleep("0")
	for deadline := time.Now().Add(10 * time.Second); short.Alive() == nil; {
		if time.Now().After(deadline) {
			t.Fatal("its end was not noticed")
		}
	}
	short.End()
}
