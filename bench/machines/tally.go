package machines

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrWrong is found in the error of a side whose transitions are not those of the events.
var ErrWrong = errors.New("the side is wrong")

// tally folds transitions.
type tally struct {
	rows  map[string]row
	total int
}

// add takes one transition: it must be the one that comes after those of its order that were seen.
func (t *tally) add(r *kgo.Record) error {
	var m moved
	if err := json.Unmarshal(r.Value, &m); err != nil {
		return fmt.Errorf("%w: %q is no transition: %w", ErrWrong, r.Value, err)
	}
	is := t.rows[m.ID]
	n := int(is.Version)
	from, to, data := after(is.Data, n)
	if string(r.Key) != m.ID || m.From != from || m.Event != nth(n).Event() || m.To != to || m.Version != is.Version+1 || m.Data != data {
		return fmt.Errorf("%w: after %+v of %q there is %s", ErrWrong, is, r.Key, r.Value)
	}
	t.rows[m.ID] = row{to, m.Version, data}
	t.total++
	return nil
}

// check says whether the transitions are those of so many events for each order.
func (t *tally) check(events []int) error {
	total := 0
	for i, n := range events {
		total += n
		if got := t.rows[idOf(i)].Version; got != int64(n) {
			return fmt.Errorf("%w: order %q has %d transitions, not %d", ErrWrong, idOf(i), got, n)
		}
	}
	if t.total != total {
		return fmt.Errorf("%w: %d transitions of %d events", ErrWrong, t.total, total)
	}
	return nil
}

// idOf names an order.
func idOf(i int) string { return fmt.Sprintf("order-%06d", i) }
