//go:build synctests

package sagas_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/sagas"
)

func TestRange(t *testing.T) {
	t.Parallel()
	flow := sagas.Define("ranged", func(s *sagas.Saga, d time.Duration) (int, error) { return 0, s.Sleep(d) })
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		node := g.Start()
		for _, tenant := range []request.Tenant{"a", "ab"} {
			ctx := request.With(t.Context(), request.Info{Tenant: tenant})
			for id, d := range map[string]time.Duration{"1": 0, "2": time.Hour, "3": 0, "4": time.Hour} {
				if err := flow.Start(ctx, w.Bus(), id, d).Err(); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.Settle()
		ctx := request.With(t.Context(), request.Info{Tenant: "a"})
		for want, statuses := range map[string][]sagas.Status{
			"1,2,3,4": nil, "2,4": {sagas.Waiting}, "1,3": {sagas.Completed, sagas.Parked},
		} {
			seen := make(map[int32]bool)
			var found []string
			for _, key := range []string{"1", "2", "3", "4"} {
				if err := node.Group().View(ctx, key, func(v *partitions.View) error {
					for d := range flow.Range(ctx, v, statuses...) {
						if !seen[v.Shard()] && d.Tenant == "a" {
							found = append(found, d.ID)
						}
					}
					seen[v.Shard()] = true
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			if slices.Sort(found); strings.Join(found, ",") != want {
				t.Errorf("%v: %v, not %s", statuses, found, want)
			}
		}
	})
}
