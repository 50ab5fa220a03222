package push

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/millrace/millrace/bus"
)

// positions draws positions of one epoch.
func positions(epoch string) *rapid.Generator[position] {
	return rapid.Custom(func(t *rapid.T) position {
		partition := rapid.Custom(func(t *rapid.T) bus.Partition {
			return bus.Partition(rapid.Int32Range(0, maxPartitions-1).Draw(t, "partition"))
		})
		return position{epoch: epoch, offsets: rapid.MapOfN(partition, rapid.Int64Range(-1, 1<<62), 0, 50).Draw(t, "offsets")}
	})
}

func TestPositionIsReadAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := positions(epochOf(rapid.String().Draw(t, "topic"))).Draw(t, "position")
		again, err := parsePosition(p.String())
		if err != nil || again.epoch != p.epoch || len(again.offsets) != len(p.offsets) {
			t.Fatalf("%v became %q, then %v, %v", p, p.String(), again, err)
		}
		for partition, offset := range p.offsets {
			if again.offsets[partition] != offset {
				t.Fatalf("partition %d at %d became %d", partition, offset, again.offsets[partition])
			}
		}
	})
}

func TestUnionIsTheLeastPositionAhead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		epoch := epochOf("a topic")
		p, q, other := positions(epoch).Draw(t, "p"), positions(epoch).Draw(t, "q"), positions(epoch).Draw(t, "other")
		union := p.union(q)
		if union.behind(p) || union.behind(q) {
			t.Fatal("the union is behind what it joins")
		}
		if !other.behind(p) && !other.behind(q) && other.behind(union) {
			t.Fatal("the union is further than what it joins")
		}
		if q.union(p).String() == "" || q.union(p).behind(union) || union.behind(q.union(p)) {
			t.Fatal("the union depends on the order")
		}
	})
}

func FuzzParsePosition(f *testing.F) {
	for _, text := range []string{"1a2b-0.5-1.z", "", "1-0.0", "1-0.1y2p0ij32e8e7", "1-0.+1", "1-0.1-0.1", "zz-0", "1-sg.1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePosition(text)
		if err != nil {
			return
		}
		if p.String() != text {
			t.Fatalf("%q became %q", text, p.String())
		}
	})
}

func FuzzFollow(f *testing.F) {
	for _, text := range []string{"orders", "orders/42", "orders/", "/42", "a/b/c", "reset", "a\nb"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseFollow(text)
		if !ok {
			return
		}
		again := got.name
		if got.subject != "" {
			again += "/" + got.subject
		}
		if again != text || !validName(got.name) {
			t.Fatalf("%q became %+v", text, got)
		}
	})
}
