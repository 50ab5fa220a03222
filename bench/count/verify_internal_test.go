package count

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// outputs are those of a side that does right, for n input records.
func outputs(n int) []*kgo.Record {
	in, counts := newInput(), map[string]uint64{}
	made := make([]*kgo.Record, n)
	for i := range made {
		r := in.next("", time.Unix(0, 0))
		counts[string(r.Key)]++
		value := binary.BigEndian.AppendUint64(nil, counts[string(r.Key)])
		made[i] = &kgo.Record{Key: r.Key, Value: append(value, r.Value[:timeSize]...)}
	}
	return made
}

func TestTallyRefuses(t *testing.T) {
	t.Parallel()
	const n = 3000
	cases := map[string]func([]*kgo.Record) []*kgo.Record{
		"nothing":       func(made []*kgo.Record) []*kgo.Record { return made },
		"a loss":        func(made []*kgo.Record) []*kgo.Record { return slices.Delete(made, 7, 8) },
		"a loss at end": func(made []*kgo.Record) []*kgo.Record { return made[:n-1] },
		"a repetition":  func(made []*kgo.Record) []*kgo.Record { return slices.Insert(made, 8, made[7]) },
		"a short value": func(made []*kgo.Record) []*kgo.Record { made[7].Value = made[7].Value[:countSize]; return made },
		"another order": func(made []*kgo.Record) []*kgo.Record { slices.Reverse(made); return made },
		"a miscount":    func(made []*kgo.Record) []*kgo.Record { made[7].Value[countSize-1]++; return made },
		"another's record": func(made []*kgo.Record) []*kgo.Record {
			made[n-1].Key, made[n-1].Value[7] = []byte("none"), 1
			return made
		},
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := tally{counts: map[string]uint64{}}
			var err error
			for _, r := range spoil(outputs(n)) {
				if err = seen.add(r); err != nil {
					break
				}
			}
			if err == nil {
				err = seen.check(n)
			}
			if errors.Is(err, ErrWrong) != (name != "nothing") || (err != nil) != (name != "nothing") {
				t.Fatalf("%s is answered by %v", name, err)
			}
		})
	}
}
