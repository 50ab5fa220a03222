package admin

import (
	"cmp"
	"encoding/json"
	"strconv"
	"time"
)

// Kind is how a value is shown, and compared.
type Kind string

// The kinds of values.
const (
	KindText   Kind = "text"
	KindCode   Kind = "code"  // text as machines write it: ids, addresses, positions
	KindState  Kind = "state" // one of a few words, with a [Tone]
	KindNumber Kind = "number"
	KindBytes  Kind = "bytes"
	KindSpan   Kind = "span" // a duration, in seconds
	KindTime   Kind = "time"
)

// Tone is what a value means to who looks after the system.
type Tone string

// The tones.
const (
	ToneNone Tone = ""
	ToneGood Tone = "good"
	ToneBusy Tone = "busy" // it goes on by itself
	ToneWarn Tone = "warn" // look at it
	ToneBad  Tone = "bad"  // do something
	ToneRest Tone = "rest" // it is over
)

// cell is one value of a row. Without a value it is null.
type cell struct {
	kind   Kind
	has    bool
	text   string
	number float64 // times are microseconds since 1970, which is exact until the year 2255
	at     time.Time
	tone   Tone
}

func textCell(kind Kind, text string) cell { return cell{kind: kind, has: text != "", text: text} }

func numberCell(kind Kind, number float64) cell { return cell{kind: kind, has: true, number: number} }

func timeCell(at time.Time) cell {
	return cell{kind: KindTime, has: !at.IsZero(), at: at, number: float64(at.UnixMicro())}
}

// MarshalJSON writes a scalar, or null, or {"v", "t"} where the value has a tone.
func (c cell) MarshalJSON() ([]byte, error) {
	text := []byte("null")
	if c.has {
		switch c.kind {
		case KindNumber, KindBytes, KindSpan:
			text = strconv.AppendFloat(nil, c.number, 'f', -1, 64)
		case KindTime:
			text = c.at.UTC().AppendFormat(nil, `"`+time.RFC3339Nano+`"`)
		default:
			text, _ = json.Marshal(c.text) //nolint:errchkjson // a string
		}
	}
	if c.tone == ToneNone {
		return text, nil
	}
	return json.Marshal(struct { //nolint:wrapcheck // of texts
		V json.RawMessage `json:"v"`
		T Tone            `json:"t"`
	}{text, c.tone})
}

// key is what rows are ordered by. A value that is missing comes last.
type key struct {
	None   bool    `json:"o,omitempty"`
	Number float64 `json:"n,omitempty"`
	Text   string  `json:"s,omitempty"`
}

func (c cell) key() key {
	if !c.has {
		return key{None: true}
	}
	return key{Number: c.number, Text: c.text}
}

func compareKeys(a, b key, descending bool) int {
	if a.None != b.None {
		if a.None {
			return 1
		}
		return -1
	}
	order := cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Text, b.Text))
	if descending {
		return -order
	}
	return order
}
