package machines

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
)

type recorded struct {
	Total int `json:"total"`
}

// TestRecordedRow reads an instance as version 1 of this package has stored it. The text must stay as it is.
func TestRecordedRow(t *testing.T) {
	t.Parallel()
	const text = `{"of":1,"state":"paid","data":{"total":5},"version":3,"entered":"2026-11-25T12:00:00Z","seen":["a","b"]}`
	codec := rowCodec[string, recorded]{Codec: bus.JSON[row[string, recorded]](), version: 1}
	r, err := codec.Decode([]byte(text))
	if err != nil || r.State != "paid" || r.Data.Total != 5 || r.Version != 3 || !r.saw("b") || r.saw("c") ||
		!r.Entered.Equal(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", r, err)
	}
	if b, err := codec.Encode(r); err != nil || string(b) != text {
		t.Errorf("%s, %v", b, err)
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	upgrade := func(from int, s Stored) (Stored, error) {
		switch {
		case s.State == "odd":
			return s, errors.New("an odd one")
		case from == 1:
			s.State = strings.ToUpper(s.State)
		default:
			s.Data = []byte(`{"total":` + strings.Trim(string(s.Data), `"`) + `}`)
		}
		return s, nil
	}
	codec := rowCodec[string, recorded]{Codec: bus.JSON[row[string, recorded]](), version: 3, upgrade: upgrade}
	r, err := codec.Decode([]byte(`{"of":1,"state":"paid","data":"7","version":3,"entered":"2026-11-25T12:00:00Z"}`))
	if err != nil || r.State != "PAID" || r.Data.Total != 7 || r.Version != 3 || r.Of != 3 {
		t.Errorf("%+v, %v", r, err)
	}
	for text, says := range map[string]string{
		`{"of":2,"state":"odd","data":"7"}`: "an odd one",
		`{"of":2,"state":"x","data":"y"}`:   "upgraded data",
		`{"of":4,"state":"x"}`:              "version 4 of its machine, which is of version 3",
		`{`:                                 "an instance",
	} {
		if _, err := codec.Decode([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestSeenIsBounded(t *testing.T) {
	t.Parallel()
	var r row[string, recorded]
	for i := range 100 {
		r.see(string(rune('A' + i)))
	}
	if b, err := json.Marshal(r); err != nil || len(r.Seen) != seenEvents || !r.saw(string(rune('A'+99))) {
		t.Errorf("%s, %v", b, err)
	}
}
