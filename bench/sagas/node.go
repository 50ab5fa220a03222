package sagas

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/millrace/millrace/bench/flows/phase"
	"github.com/millrace/millrace/bench/topics"
	"github.com/millrace/millrace/partitions"
	flow "github.com/millrace/millrace/sagas"
)

// start starts the node, and waits until each of its shards answers.
func (n *sleepers) start(ctx context.Context) (err error) {
	if n.group, err = partitions.New(n.bus, n.name, n.flow.Part()); err != nil {
		return err
	}
	group, ended := n.group, make(chan error, 1)
	ctx, n.stop = context.WithCancel(ctx)
	n.ended = ended
	go func() { ended <- group.Run(ctx) }()
	for i := range 500 { // more than there are shards, and of all of them
		for {
			_, err := n.flow.Handle(group, n.id(i)).Describe(ctx)
			if err == nil || errors.Is(err, flow.ErrNotFound) {
				break
			}
			if !errors.Is(err, partitions.ErrNotRunning) {
				return err
			}
			if err := phase.Pause(ctx, 10*time.Millisecond); err != nil { //nolint:mnd // soon
				return err
			}
		}
	}
	return nil
}

// end stops the node, and forgets it.
func (n *sleepers) end() error {
	if n.stop == nil {
		return nil
	}
	n.stop()
	err := <-n.ended
	n.stop, n.group = nil, nil
	return err
}

func (n *sleepers) id(i int) string { return fmt.Sprintf("sleeper-%07d", i) }

// close removes what the bench has made.
func (n *sleepers) close() error {
	err := n.end()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, failed := n.bus.Client()
	if failed == nil {
		failed = topics.Remove(ctx, kadm.NewClient(client), n.name)
		client.Close()
	}
	return errors.Join(err, failed, n.bus.Close())
}
