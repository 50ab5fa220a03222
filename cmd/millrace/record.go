package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/millrace/millrace/bus"
)

// recordLine is a record as programs read it. Value is JSON where it is that, else a string; bytes that are no text
// are in the base64 fields instead. A tombstone's value is null.
type recordLine struct {
	Topic       bus.Topic       `json:"topic"`
	Partition   bus.Partition   `json:"partition"`
	Offset      int64           `json:"offset"`
	Time        time.Time       `json:"time"`
	Key         *string         `json:"key"`
	KeyBase64   []byte          `json:"key_base64,omitempty"`
	ID          string          `json:"id,omitempty"`
	Type        string          `json:"type,omitempty"`
	Headers     []headerLine    `json:"headers"`
	Value       json.RawMessage `json:"value"`
	ValueBase64 []byte          `json:"value_base64,omitempty"`
}

type headerLine struct {
	Key         string  `json:"key"`
	Value       *string `json:"value"`
	ValueBase64 []byte  `json:"value_base64,omitempty"`
}

func newRecordLine(r bus.Record) recordLine {
	line := recordLine{
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Time: r.Time.UTC(), ID: r.ID(), Type: r.Type(),
		Headers: []headerLine{}, Value: json.RawMessage("null"),
	}
	line.Key, line.KeyBase64 = textOrBytes(r.Key)
	for _, header := range r.Headers {
		text, bytes := textOrBytes(header.Value)
		line.Headers = append(line.Headers, headerLine{header.Key, text, bytes})
	}
	switch text, bytes := textOrBytes(r.Value); {
	case text == nil:
		line.ValueBase64 = bytes
	case json.Valid(r.Value):
		line.Value = r.Value
	default:
		line.Value, _ = json.Marshal(*text) //nolint:errchkjson // a string
	}
	return line
}

func textOrBytes(value []byte) (*string, []byte) {
	if value == nil {
		return nil, nil
	}
	if utf8.Valid(value) {
		return new(string(value)), nil
	}
	return nil, value
}

// printRecord prints a record for people. Control characters are escaped: a record must not steer the terminal.
func printRecord(out io.Writer, r bus.Record, headers bool) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s  %d@%d  %s  %s", r.Time.Local().Format("15:04:05.000"), r.Partition, r.Offset,
		orDash(r.Type()), printable(r.Key))
	if headers {
		for _, header := range r.Headers {
			fmt.Fprintf(&text, "\n  %s: %s", printable([]byte(header.Key)), printable(header.Value))
		}
		text.WriteString("\n")
	}
	fmt.Fprintf(&text, "  %s\n", printable(r.Value))
	_, err := io.WriteString(out, text.String())
	return err //nolint:wrapcheck // the terminal's own
}

func printable(value []byte) string {
	switch {
	case value == nil:
		return "(null)"
	case !utf8.Valid(value):
		return "base64:" + base64.StdEncoding.EncodeToString(value)
	}
	var text strings.Builder
	for _, r := range string(value) {
		if unicode.IsPrint(r) {
			text.WriteRune(r)
		} else {
			text.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return text.String()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return printable([]byte(text))
}
