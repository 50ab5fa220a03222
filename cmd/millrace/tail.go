package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
)

// tail holds the flags of the command.
type tail struct {
	from     string
	kind     string
	key      string
	count    int
	untilEnd bool
	headers  bool
}

func newTail(g *global) *cobra.Command {
	f := &tail{}
	cmd := &cobra.Command{
		Use: "tail TOPIC|TYPE", Short: "Print a topic's records as they come",
		Long: "Print a topic's records as they come: partition and offset, time, type, key, headers, value.\n\n" +
			"An argument that is no topic but an event type, such as shop.order.placed, reads the topic of its aggregate,\n" +
			"outbox.event.order, and prints the events of that type. Stops at Ctrl-C, -n records or --until-end.",
		Example: "  millrace tail outbox.event.order --from earliest --until-end\n" +
			"  millrace tail shop.order.placed --from 15m --json | jq .value",
		Args: usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := g.open(cmd.Context())
			if err != nil {
				return err
			}
			defer b.Close() //nolint:errcheck // only read from
			return f.run(cmd, b, args[0], g.json)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.from, "from", "latest", "earliest, latest, a time (2006-01-02T15:04:05Z) or an age (15m)")
	flags.IntVarP(&f.count, "count", "n", 0, "stop after this many records (0: none)")
	flags.StringVar(&f.kind, "type", "", "only events of this type")
	flags.StringVar(&f.key, "key", "", "only records with this key")
	flags.BoolVar(&f.untilEnd, "until-end", false, "stop at the end that the topic has now")
	flags.BoolVar(&f.headers, "headers", false, "also print headers")
	g.wantJSON(cmd)
	return cmd
}

func (f *tail) run(cmd *cobra.Command, b *bus.Bus, name string, asJSON bool) error {
	opts, err := f.options(time.Now())
	if err != nil {
		return err
	}
	topic, err := f.resolve(cmd.Context(), b, name)
	if err != nil {
		return err
	}
	printed := 0
	for record, err := range b.Read(cmd.Context(), topic, opts...) {
		if err != nil {
			return err
		}
		if f.kind != "" && record.Type() != f.kind || cmd.Flags().Changed("key") && string(record.Key) != f.key {
			continue
		}
		if asJSON {
			err = printJSON(cmd.OutOrStdout(), newRecordLine(record))
		} else {
			err = printRecord(cmd.OutOrStdout(), record, f.headers)
		}
		if err != nil {
			return err
		}
		if printed++; printed == f.count {
			return nil
		}
	}
	return nil
}

func (f *tail) options(now time.Time) ([]bus.ReadOption, error) {
	var opts []bus.ReadOption
	switch f.from {
	case "earliest":
		opts = append(opts, bus.Earliest)
	case "latest":
		opts = append(opts, bus.Latest)
	default:
		age, errAge := time.ParseDuration(f.from)
		at, errTime := time.Parse(time.RFC3339, f.from)
		switch {
		case errTime == nil:
		case errAge == nil && age >= 0:
			at = now.Add(-age)
		default:
			return nil, &usageError{fmt.Errorf("--from %q must be earliest, latest, a time such as %s, or an age such as 15m",
				f.from, now.UTC().Format(time.RFC3339))}
		}
		opts = append(opts, bus.Since(at))
	}
	if f.count < 0 {
		return nil, &usageError{fmt.Errorf("-n %d must not be negative", f.count)}
	}
	if f.untilEnd {
		opts = append(opts, bus.UntilEnd())
	}
	return opts, nil
}

// resolve finds the topic that is meant: the one with this name, or the one of this event type's aggregate.
func (f *tail) resolve(ctx context.Context, b *bus.Bus, name string) (bus.Topic, error) {
	infos, err := b.Topics(ctx)
	if err != nil {
		return "", err
	}
	segments := strings.Split(name, ".")
	aggregate := bus.Topic("")
	if len(segments) > 1 {
		aggregate = bus.TopicPrefix + bus.Topic(segments[len(segments)-2])
	}
	found := bus.Topic("")
	for _, info := range infos {
		switch info.Name {
		case bus.Topic(name):
			return info.Name, nil
		case aggregate:
			found = aggregate
		default:
		}
	}
	if found == "" {
		return "", fmt.Errorf("no topic %q, and no topic of an event type of that name; see `millrace topics --all`", name)
	}
	if f.kind == "" {
		f.kind = name
	}
	return found, nil
}
