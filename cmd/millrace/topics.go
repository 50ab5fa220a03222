package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
)

func newTopics(g *global) *cobra.Command {
	var all bool
	list := &cobra.Command{
		Use: "topics", Short: "List topics", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			infos, err := g.topics(cmd.Context())
			if err != nil {
				return err
			}
			return printTopics(cmd.OutOrStdout(), infos, all, g.json)
		},
	}
	list.Flags().BoolVar(&all, "all", false, "also those whose name begins with _ or that are Kafka's own")
	g.wantJSON(list)
	describe := &cobra.Command{
		Use: "describe TOPIC…", Short: "Describe topics' partitions", Args: usage(cobra.MinimumNArgs(1)),
		ValidArgsFunction: g.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			names := make([]bus.Topic, len(args))
			for i, arg := range args {
				names[i] = bus.Topic(arg)
			}
			infos, err := g.topics(cmd.Context(), names...)
			if err != nil {
				return err
			}
			return printPartitions(cmd.OutOrStdout(), infos, g.json)
		},
	}
	g.wantJSON(describe)
	list.AddCommand(describe)
	return list
}

func (g *global) topics(ctx context.Context, names ...bus.Topic) ([]bus.TopicInfo, error) {
	b, err := g.open(ctx)
	if err != nil {
		return nil, err
	}
	defer b.Close() //nolint:errcheck // only read from
	infos, err := b.Topics(ctx, names...)
	if errors.Is(err, bus.ErrNoTopic) {
		return nil, fmt.Errorf("no such topic among %q; see `millrace topics --all`", names)
	}
	return infos, err
}

// topicLine is a topic as programs read it.
type topicLine struct {
	Topic      bus.Topic `json:"topic"`
	ID         string    `json:"id"`
	Partitions int       `json:"partitions"`
	Replicas   int       `json:"replicas"`
	Records    int64     `json:"records"`
}

func printTopics(out io.Writer, infos []bus.TopicInfo, all, asJSON bool) error {
	t := newTable(io.Discard)
	if !asJSON {
		t = newTable(out, "TOPIC", "PARTITIONS", "REPLICAS", "OFFSETS KEPT")
	}
	for _, info := range infos {
		if !all && (info.Internal || info.Name[0] == '_') {
			continue
		}
		line := topicLine{Topic: info.Name, ID: info.ID, Partitions: len(info.Partitions)}
		for _, p := range info.Partitions {
			line.Records += p.End - p.Start
			line.Replicas = max(line.Replicas, p.Replicas)
		}
		if asJSON {
			if err := printJSON(out, line); err != nil {
				return err
			}
			continue
		}
		t.row(string(line.Topic), strconv.Itoa(line.Partitions), strconv.Itoa(line.Replicas), strconv.FormatInt(line.Records, 10))
	}
	return t.flush()
}

// partitionLine is a partition as programs read it.
type partitionLine struct {
	Topic     bus.Topic     `json:"topic"`
	Partition bus.Partition `json:"partition"`
	Leader    int32         `json:"leader"`
	Replicas  int           `json:"replicas"`
	InSync    int           `json:"in_sync"`
	Start     int64         `json:"start"`
	End       int64         `json:"end"`
}

func printPartitions(out io.Writer, infos []bus.TopicInfo, asJSON bool) error {
	t := newTable(io.Discard)
	if !asJSON {
		t = newTable(out, "TOPIC", "PARTITION", "LEADER", "REPLICAS", "IN SYNC", "START", "END")
	}
	for _, info := range infos {
		for _, p := range info.Partitions {
			if asJSON {
				line := partitionLine{info.Name, p.Partition, p.Leader, p.Replicas, p.InSync, p.Start, p.End}
				if err := printJSON(out, line); err != nil {
					return err
				}
				continue
			}
			t.row(string(info.Name), strconv.Itoa(int(p.Partition)), strconv.Itoa(int(p.Leader)), strconv.Itoa(p.Replicas),
				strconv.Itoa(p.InSync), strconv.FormatInt(p.Start, 10), strconv.FormatInt(p.End, 10))
		}
	}
	return t.flush()
}

// completeTopics gives the shell the topics that there are.
func (g *global) completeTopics(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	infos, err := g.topics(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	names := make([]string, len(infos))
	for i, info := range infos {
		names[i] = string(info.Name)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
