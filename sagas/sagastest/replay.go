package sagastest

import (
	"encoding/json"
	"testing"

	"github.com/millrace/millrace/sagas"
)

// Replay plays stored histories by a flow, as the sagas would be that were begun by an earlier version of it. It fails the test
// where one does not fit, with the first difference, and where a saga that has ended would end otherwise. A history is the JSON
// of a [sagas.History].
func Replay[In, Out any](t testing.TB, flow *sagas.Flow[In, Out], histories ...[]byte) {
	t.Helper()
	for i, stored := range histories {
		var h sagas.History
		if err := json.Unmarshal(stored, &h); err != nil {
			t.Errorf("sagastest: history %d cannot be read: %v", i, err)
			continue
		}
		played, err := flow.Play(t.Context(), h)
		switch {
		case err != nil:
			t.Errorf("sagastest: %s: %v", h.ID, err)
		case played.Status == sagas.Parked:
			t.Errorf("sagastest: %s: %s", h.ID, played.Reason)
		case (h.Status == sagas.Completed || h.Status == sagas.Compensated) && played.Status != h.Status:
			t.Errorf("sagastest: %s was %s, and would be %s now: %s", h.ID, h.Status, played.Status, played.Reason)
		case h.Status == sagas.Completed && !same(h.Result, played.Result):
			t.Errorf("sagastest: the result of %s would be another", h.ID)
		}
	}
}

func same(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	ax, errX := json.Marshal(x)
	by, errY := json.Marshal(y)
	return errX == nil && errY == nil && string(ax) == string(by)
}
