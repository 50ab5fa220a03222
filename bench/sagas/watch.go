package sagas

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bench/flows"
	"github.com/millrace/millrace/bench/process"
	"github.com/millrace/millrace/bench/procfs"
)

// usage is what had been used at a moment.
type usage struct {
	cpu, server time.Duration
	resident    float64 // MB
}

// phase is what a phase has shown and used.
type phase struct {
	flows.Mark
	used usage
}

// take lets a side work, in a process of its own.
func take(ctx context.Context, on side, w flows.Work) (phases []phase, err error) {
	w.URL, w.Name = on.address, "b"+uuid.NewString()[:8]
	work, err := json.Marshal(w)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	var answers io.Writer
	var said io.Reader
	p, err := process.Start(ctx, func(ctx context.Context) (*exec.Cmd, error) {
		cmd, err := on.command(ctx, string(work))
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
	server := serverOf(w.URL)
	return watch(said, answers, w.Phases(), func() (u usage, err error) {
		var errs [3]error
		u.cpu, errs[0] = p.CPU()
		u.resident, errs[1] = p.Resident()
		if server != 0 {
			u.server, errs[2] = procfs.FamilyCPU(server)
		}
		return u, errors.Join(errs[:]...)
	})
}

// serverOf is the process of this machine that listens at the address, or 0.
func serverOf(address string) int {
	_, host, _ := strings.Cut(address, "://")
	at, err := url.Parse("any://" + cmp.Or(host, address))
	if err != nil {
		return 0
	}
	port, err := strconv.Atoi(at.Port())
	if ip := net.ParseIP(at.Hostname()); err != nil || at.Hostname() != "localhost" && !ip.IsLoopback() {
		return 0
	}
	pid, err := procfs.Listener(port)
	if err != nil {
		return 0
	}
	return pid
}

// watch reads a side's marks, looks at it at each of them, and answers.
func watch(said io.Reader, answers io.Writer, count int, look func() (usage, error)) (phases []phase, err error) {
	marks := json.NewDecoder(said)
	var began usage
	for len(phases) < count {
		var m flows.Mark
		if err := marks.Decode(&m); err != nil {
			return nil, fmt.Errorf("the side has ended after %d phases: %w", len(phases), err)
		}
		now, err := look()
		if err != nil {
			return nil, err
		}
		if m.Over {
			phases = append(phases, phase{Mark: m, used: usage{now.cpu - began.cpu, now.server - began.server, now.resident - began.resident}})
		}
		began = now
		if _, err := answers.Write([]byte("\n")); err != nil {
			return nil, fmt.Errorf("the side does not listen: %w", err)
		}
	}
	return phases, nil
}
