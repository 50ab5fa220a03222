package sides

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/millrace/millrace/bench/process"
	"github.com/millrace/millrace/bench/procfs"
)

// Mark is what a side tells of a phase: that it begins, or that it is over.
type Mark interface{ Ended() bool }

// Usage is what had been used at a moment, or within a phase.
type Usage struct {
	CPU, Server time.Duration
	Resident    float64 // MB
}

// Phase is what a phase has shown and used.
type Phase[M Mark] struct {
	Mark M
	Used Usage
}

// Take lets a side do a work of so many phases, in a process of its own.
func Take[M Mark](ctx context.Context, on Side, work any, count int) ([]Phase[M], error) {
	told, err := json.Marshal(work)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	var answers io.Writer
	var said io.Reader
	p, err := process.Start(ctx, func(ctx context.Context) (*exec.Cmd, error) {
		cmd, err := on.Process(ctx, string(told))
		if err != nil {
			return nil, err
		}
		in, err := cmd.StdinPipe()
		if err != nil {
			return nil, err //nolint:wrapcheck // a bench
		}
		out, err := cmd.StdoutPipe()
		answers, said = in, out
		return cmd, err //nolint:wrapcheck // a bench
	})
	if err != nil {
		return nil, err
	}
	defer p.End()
	server := serverOf(on.Address)
	return watch[M](said, answers, count, func() (u Usage, err error) {
		var errs [3]error
		u.CPU, errs[0] = p.CPU()
		u.Resident, errs[1] = p.Resident()
		if server != 0 {
			u.Server, errs[2] = procfs.FamilyCPU(server)
		}
		return u, errors.Join(errs[:]...)
	})
}

// watch reads a side's marks, looks at it at each of them, and answers.
func watch[M Mark](said io.Reader, answers io.Writer, count int, look func() (Usage, error)) (phases []Phase[M], err error) {
	marks := json.NewDecoder(said)
	var began Usage
	for len(phases) < count {
		var m M
		if err := marks.Decode(&m); err != nil {
			return nil, fmt.Errorf("the side has ended after %d phases: %w", len(phases), err)
		}
		now, err := look()
		if err != nil {
			return nil, err
		}
		if m.Ended() {
			used := Usage{now.CPU - began.CPU, now.Server - began.Server, now.Resident - began.Resident}
			phases = append(phases, Phase[M]{Mark: m, Used: used})
		}
		began = now
		if _, err := answers.Write([]byte("\n")); err != nil {
			return nil, fmt.Errorf("the side does not listen: %w", err)
		}
	}
	return phases, nil
}
