//go:build synctests

package sagas_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// circles is a flow whose sagas call who stands behind them in what they are given, and tell by what error the call has failed.
func circles() *sagas.Flow[string, string] {
	var flow *sagas.Flow[string, string]
	flow = sagas.Define("circle", func(s *sagas.Saga, path string) (string, error) {
		_, after, _ := strings.Cut(path+path, s.ID())
		out, err := sagas.Call(s, flow, after[:1], path)
		if errors.Is(err, sagas.ErrSelf) {
			return "refused " + s.ID(), nil
		}
		return out, err
	})
	return flow
}

// TestCallsInACircle lets sagas call each other in circles, one after the other and in the same moment.
func TestCallsInACircle(t *testing.T) {
	t.Parallel()
	flow := circles()
	for name, c := range map[string]struct {
		path   string
		starts []string
		want   string
	}{
		"two":         {"ab", []string{"a"}, "refused b"},
		"five":        {"abcde", []string{"a"}, "refused e"},
		"two at once": {"ab", []string{"a", "b"}, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
				node := g.Start()
				g.Start()
				for _, id := range c.starts {
					w.Publish(flow.New(id, c.path))
				}
				w.Settle()
				for _, id := range c.starts {
					if out, err := flow.Handle(node.Group(), id).Result(short(t)); !strings.HasPrefix(out, c.want) || err != nil {
						t.Errorf("%s: %q, %v", id, out, err)
					}
				}
			})
		})
	}
}
