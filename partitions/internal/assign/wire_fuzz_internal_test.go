package assign

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func FuzzNode(f *testing.F) {
	f.Add(recorded(f, "node-v1.hex"))
	f.Add(recorded(f, "node-v2.hex"))
	f.Fuzz(func(t *testing.T, userData []byte) {
		n, err := heed(userData)
		if err != nil {
			if !errors.Is(err, ErrForeign) && !errors.Is(err, ErrNewer) {
				t.Fatal(err)
			}
			return
		}
		again, err := heed(announce(n))
		if err != nil || !bytes.Equal(announce(again), announce(n)) {
			t.Fatalf("%+v became %+v, %v", n, again, err)
		}
	})
}

func FuzzPlan(f *testing.F) {
	for _, name := range []string{"plan-v1.hex", "plan-v1-deflated.hex", "plan-v2.hex"} {
		f.Add(recorded(f, name))
	}
	f.Fuzz(func(t *testing.T, userData []byte) {
		p, err := receive(userData)
		if err != nil {
			if !errors.Is(err, ErrForeign) && !errors.Is(err, ErrNewer) {
				t.Fatal(err)
			}
			return
		}
		for i := range p.Members {
			p.Members[i].Warm = nil
		}
		if again, err := receive(broadcast(p)); err != nil || !reflect.DeepEqual(again, p) {
			if len(p.Owners) == 0 && len(again.Owners) == 0 {
				return // none and an empty list are the same
			}
			t.Fatalf("%+v became %+v, %v", p, again, err)
		}
	})
}

func TestNodeIsReadAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := Node{
			ID: rapid.StringN(1, 50, maxName).Draw(t, "id"), Address: rapid.StringN(0, -1, maxAddress).Draw(t, "address"),
			Rack: rapid.StringN(0, -1, maxName).Draw(t, "rack"), Zone: rapid.StringN(0, -1, maxName).Draw(t, "zone"),
			Weight: rapid.IntRange(0, maxWeight).Draw(t, "weight"),
			Warm:   rapid.MapOfN(rapid.Int32Range(0, maxShards-1), rapid.Int64Min(-1), 1, 99).Draw(t, "warm"),
		}
		got, err := heed(announce(n))
		if err != nil {
			t.Fatal(err)
		}
		for shard, lag := range n.Warm {
			if seen := got.Warm[shard]; seen < lag || seen > 2*max(lag, 0) && lag < 1<<62 {
				t.Fatalf("a lag of %d is seen as %d", lag, seen)
			}
		}
		if len(got.Warm) != len(n.Warm) {
			t.Fatalf("%d copies became %d", len(n.Warm), len(got.Warm))
		}
		if n.Warm, got.Warm = nil, nil; !reflect.DeepEqual(n, got) {
			t.Fatalf("%+v became %+v", n, got)
		}
	})
}

func TestDeflatedBodiesAreBounded(t *testing.T) {
	t.Parallel()
	bomb := seal(kindPlan, make([]byte, maxBody+1))
	if _, err := receive(bomb); len(bomb) > maxBody/100 || !errors.Is(err, ErrForeign) {
		t.Fatalf("%d bytes that grow beyond the limit: %v", len(bomb), err)
	}
}
