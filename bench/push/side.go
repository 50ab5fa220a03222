package push

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"

	"github.com/millrace/millrace/bench/flows/fanout"
	"github.com/millrace/millrace/bench/process"
	"github.com/millrace/millrace/bench/sides"
)

// server is a side's process.
type server struct {
	*process.Process

	ready fanout.Ready
}

func start(ctx context.Context, side sides.Side, w fanout.Work) (*server, error) {
	told, err := json.Marshal(w)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	s := &server{}
	var from *json.Decoder
	s.Process, err = process.Start(ctx, func(ctx context.Context) (*exec.Cmd, error) {
		cmd, err := side.Process(ctx, string(told))
		if err != nil {
			return nil, err
		}
		out, err := cmd.StdoutPipe()
		from = json.NewDecoder(out)
		return cmd, err //nolint:wrapcheck // a bench
	})
	if err != nil {
		return nil, err
	}
	if err := from.Decode(&s.ready); err != nil {
		s.End()
		return nil, fmt.Errorf("%v does not begin: %w", side, err)
	}
	return s, nil
}

// tell sends a command, and reads its answer where one is wanted.
func (s *server) tell(ctx context.Context, what string, with, answer any) error {
	body, err := json.Marshal(with)
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.ready.Address+what, bytes.NewReader(body))
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err //nolint:wrapcheck // a bench
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", what, response.Status)
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(answer) //nolint:wrapcheck // a bench
}
