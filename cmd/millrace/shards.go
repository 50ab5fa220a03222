package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/partitions"
)

func newShards(g *global) *cobra.Command {
	list := &cobra.Command{
		Use: "shards GROUP", Short: "List a partition group's shards: owner, state, lag and warm copies",
		Example: "  millrace shards ledger\n  millrace shards nodes ledger\n  millrace shards reset ledger --dry-run",
		Args:    usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			described, err := g.describe(cmd, args[0])
			if err != nil {
				return err
			}
			return printShards(cmd.OutOrStdout(), described, g.json)
		},
	}
	g.wantJSON(list)
	nodes := &cobra.Command{
		Use: "nodes GROUP", Short: "List a partition group's nodes",
		Args: usage(cobra.ExactArgs(1)), ValidArgsFunction: g.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			described, err := g.describe(cmd, args[0])
			if err != nil {
				return err
			}
			return printNodes(cmd.OutOrStdout(), described, g.json)
		},
	}
	g.wantJSON(nodes)
	list.AddCommand(nodes, newReset(g))
	return list
}

func (g *global) describe(cmd *cobra.Command, group string) (partitions.Description, error) {
	b, err := g.open(cmd.Context())
	if err != nil {
		return partitions.Description{}, err
	}
	defer b.Close() //nolint:errcheck // only read from
	described, err := partitions.Describe(cmd.Context(), b, group)
	if errors.Is(err, partitions.ErrNoMembers) {
		return described, fmt.Errorf("no node is in the partition group %q now; is its name right, and does it run?", group)
	}
	return described, err
}

// shardLine is a shard as programs read it.
type shardLine struct {
	Shard    int32          `json:"shard"`
	State    string         `json:"state"`
	Owner    string         `json:"owner,omitempty"`
	Address  string         `json:"address,omitempty"`
	Heir     string         `json:"heir,omitempty"`
	Lag      int64          `json:"lag"`
	Standbys []shardStandby `json:"standbys,omitempty"`
}

type shardStandby struct {
	Node string `json:"node"`
	Lag  int64  `json:"lag"`
}

func printShards(out io.Writer, described partitions.Description, asJSON bool) error {
	t := newTable(io.Discard)
	if !asJSON {
		t = newTable(out, "SHARD", "STATE", "OWNER", "LAG", "STANDBYS")
	}
	for _, s := range described.Shards {
		line := shardLine{
			Shard: s.Shard, State: string(s.State), Owner: s.Owner.ID, Address: s.Owner.Address, Heir: s.Heir.ID, Lag: s.Lag,
		}
		copies := make([]string, 0, len(s.Standbys))
		for _, standby := range s.Standbys {
			line.Standbys = append(line.Standbys, shardStandby(standby))
			copies = append(copies, standby.Node+behind(standby.Lag))
		}
		if asJSON {
			if err := printJSON(out, line); err != nil {
				return err
			}
			continue
		}
		owner := s.Owner.ID
		if s.Heir.ID != "" {
			owner = "→ " + s.Heir.ID
		}
		t.row(strconv.Itoa(int(s.Shard)), string(s.State), owner, strconv.FormatInt(s.Lag, 10), strings.Join(copies, ", "))
	}
	return t.flush()
}

// behind says how much a copy lacked when its node joined.
func behind(lag int64) string {
	switch {
	case lag < 0:
		return " (new)"
	case lag == 0:
		return ""
	}
	return " (≤ " + strconv.FormatInt(lag, 10) + " behind)"
}

// nodeLine is a node as programs read it.
type nodeLine struct {
	Node     string  `json:"node"`
	Address  string  `json:"address,omitempty"`
	Zone     string  `json:"zone,omitempty"`
	Rack     string  `json:"rack,omitempty"`
	Weight   int     `json:"weight"`
	Shards   []int32 `json:"shards"`
	Standbys []int32 `json:"standbys,omitempty"`
}

func printNodes(out io.Writer, described partitions.Description, asJSON bool) error {
	t := newTable(io.Discard)
	if !asJSON {
		t = newTable(out, "NODE", "ADDRESS", "ZONE", "RACK", "WEIGHT", "SHARDS", "COPIES")
	}
	for _, n := range described.Nodes {
		if asJSON {
			line := nodeLine{Node: n.ID, Address: n.Address, Zone: n.Zone, Rack: n.Rack, Weight: n.Weight, Shards: n.Shards, Standbys: n.Standbys}
			if err := printJSON(out, line); err != nil {
				return err
			}
			continue
		}
		t.row(n.ID, n.Address, n.Zone, n.Rack, strconv.Itoa(n.Weight), strconv.Itoa(len(n.Shards)), strconv.Itoa(len(n.Standbys)))
	}
	return t.flush()
}
