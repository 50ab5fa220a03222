package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Way is how a server is had.
type Way string

// The ways, in the order in which they are tried. MILLRACE_SERVERS names the only one to try.
const (
	Environment Way = "environment"
	Docker      Way = "docker"
	Process     Way = "process"
)

// choiceVariable names the only way to try.
const choiceVariable = "MILLRACE_SERVERS"

// startLimit bounds one way of starting a server, the download of an image or of jars included.
const startLimit = 5 * time.Minute

// ErrMissing is found in the error of a server that cannot be had in any way.
var ErrMissing = errors.New("no server")

// kind is one kind of server, and how each way has it.
type kind struct {
	name     string
	variable string
	docker   func(context.Context) (*Server, error)
	process  func(context.Context) (*Server, error)
}

// start has the server in the first way that works.
func (k kind) start(ctx context.Context) (*Server, error) {
	only := Way(os.Getenv(choiceVariable))
	ways := []struct {
		way Way
		try func(context.Context) (*Server, error)
	}{{Environment, k.named}, {Docker, k.docker}, {Process, k.process}}
	var errs []error
	for _, w := range ways {
		if only != "" && only != w.way {
			continue
		}
		server, err := attempt(ctx, w.try)
		if err == nil {
			server.Way = w.way
			return server, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", w.way, err))
		if ctx.Err() != nil {
			break
		}
	}
	if len(errs) == 0 {
		errs = append(errs, fmt.Errorf("%s is %q; it must be environment, docker or process", choiceVariable, only))
	}
	return nil, fmt.Errorf("servers: %w: %s: %w", ErrMissing, k.name, errors.Join(errs...))
}

func attempt(ctx context.Context, try func(context.Context) (*Server, error)) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	return try(ctx)
}

func (k kind) named(context.Context) (*Server, error) {
	if url := os.Getenv(k.variable); url != "" {
		return &Server{URL: url}, nil
	}
	return nil, fmt.Errorf("%s is not set", k.variable)
}
