package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"

	"github.com/millrace/millrace/bench/process"
	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/outbox"
	groups "github.com/millrace/millrace/partitions"
)

// child is the hidden command of the relay's process; its work comes as JSON.
const child = "outbox-relay"

// startRelay runs this program again, as the relay alone.
func startRelay(ctx context.Context, w work) (*process.Process, error) {
	told, err := json.Marshal(w.told())
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	return process.Start(ctx, func(ctx context.Context) (*exec.Cmd, error) {
		return exec.CommandContext(ctx, os.Args[0], child, string(told)), nil //nolint:gosec // itself
	})
}

type told struct{ Kafka, Database, Slot, Publication, Connector string }

func (w work) told() told {
	config, _ := json.Marshal(w.router()) // strings cannot fail
	return told{w.kafka, w.database, w.slot, w.name, string(config)}
}

func relay(ctx context.Context, args []string) (err error) {
	var t told
	if err := json.Unmarshal([]byte(args[0]), &t); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	b, err := bus.Open(ctx, t.Kafka)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	r, err := outbox.NewRelay(t.Database, outbox.Slot(t.Slot), outbox.From(t.Publication), outbox.Connector([]byte(t.Connector)))
	if err != nil {
		return err
	}
	group, err := groups.New(b, t.Slot, r.Part(), groups.Lanes(1), groups.Shards(1))
	if err != nil {
		return err
	}
	return group.Run(ctx)
}
