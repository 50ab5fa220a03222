package inspect

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/sagas"
)

// Statuses are all that a saga may have, in the order of its life.
func Statuses() []sagas.Status {
	return []sagas.Status{
		sagas.Running, sagas.Waiting, sagas.Compensating, sagas.Parked, sagas.Completed, sagas.Compensated, sagas.Abandoned,
	}
}

// Waits says what a saga waits for.
func Waits(d sagas.Description) string {
	var all []string
	for _, w := range d.Waits {
		text := strings.TrimSpace(w.Kind + " " + w.Name)
		if !w.Due.IsZero() {
			text += " until " + w.Due.Local().Format(time.DateTime)
		}
		if w.Attempts > 0 {
			text += ", tried " + strconv.Itoa(w.Attempts) + " times"
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// Outcome is what became of an entry of a journal.
func Outcome(e sagas.Entry) string {
	if e.Failed == nil {
		return "done"
	}
	text := cmp.Or(e.Failed.Kind, "failed")
	if e.Failed.Message != "" && e.Failed.Message != text {
		text += ": " + e.Failed.Message
	}
	return text
}

// Flow is a flow of a name, to send its sagas something: none of it runs here.
func Flow(name string) *sagas.Flow[json.RawMessage, json.RawMessage] {
	return sagas.Define(name, func(*sagas.Saga, json.RawMessage) (json.RawMessage, error) { return nil, nil })
}
