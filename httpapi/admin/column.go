package admin

import "time"

// Column is one value that rows of a type have. See [Text], [Code], [State], [Number], [Bytes], [Span] and [Time].
type Column[Row any] struct {
	name, title string
	kind        Kind
	of          func(Row) cell
	filters     bool
	minor       bool
}

// Text is a column of text for people. Names are letters, digits and underscores, in lower case; they are in the API and in links.
func Text[Row any](name, title string, of func(Row) string) Column[Row] {
	return column(name, title, KindText, func(r Row) cell { return textCell(KindText, of(r)) })
}

// Code is a column of text as machines write it: ids, addresses, positions.
func Code[Row any](name, title string, of func(Row) string) Column[Row] {
	return column(name, title, KindCode, func(r Row) cell { return textCell(KindCode, of(r)) })
}

// State is a column of one of a few words, and what each means.
func State[Row any](name, title string, of func(Row) (string, Tone)) Column[Row] {
	return column(name, title, KindState, func(r Row) cell {
		text, tone := of(r)
		c := textCell(KindState, text)
		c.tone = tone
		return c
	})
}

// Number is a column of numbers.
func Number[Row any](name, title string, of func(Row) int64) Column[Row] {
	return column(name, title, KindNumber, func(r Row) cell { return numberCell(KindNumber, float64(of(r))) })
}

// Bytes is a column of sizes.
func Bytes[Row any](name, title string, of func(Row) int64) Column[Row] {
	return column(name, title, KindBytes, func(r Row) cell { return numberCell(KindBytes, float64(of(r))) })
}

// Span is a column of durations.
func Span[Row any](name, title string, of func(Row) time.Duration) Column[Row] {
	return column(name, title, KindSpan, func(r Row) cell { return numberCell(KindSpan, of(r).Seconds()) })
}

// Time is a column of times; the zero time is none.
func Time[Row any](name, title string, of func(Row) time.Time) Column[Row] {
	return column(name, title, KindTime, func(r Row) cell { return timeCell(of(r)) })
}

func column[Row any](name, title string, kind Kind, of func(Row) cell) Column[Row] {
	return Column[Row]{name: name, title: title, kind: kind, of: of}
}

// Filtered lets viewers choose among the values that there are.
func (c Column[Row]) Filtered() Column[Row] {
	c.filters = true
	return c
}

// Minor leaves the column out where there is little room.
func (c Column[Row]) Minor() Column[Row] {
	c.minor = true
	return c
}

// When leaves the value out of rows for which it says no.
func (c Column[Row]) When(has func(Row) bool) Column[Row] {
	of, kind := c.of, c.kind
	c.of = func(r Row) cell {
		if !has(r) {
			return cell{kind: kind}
		}
		return of(r)
	}
	return c
}

// Toned gives values a tone.
func (c Column[Row]) Toned(tone func(Row) Tone) Column[Row] {
	of := c.of
	c.of = func(r Row) cell {
		value := of(r)
		value.tone = tone(r)
		return value
	}
	return c
}

// head is what a client knows of a column.
type head struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	Kind   Kind   `json:"kind"`
	Filter bool   `json:"filter,omitempty"`
	Minor  bool   `json:"minor,omitempty"`
}

func heads[Row any](columns []Column[Row]) []head {
	all := make([]head, len(columns))
	for i, c := range columns {
		all[i] = head{Name: c.name, Title: c.title, Kind: c.kind, Filter: c.filters, Minor: c.minor}
	}
	return all
}

func cells[Row any](row Row, columns []Column[Row]) []cell {
	all := make([]cell, len(columns))
	for i, c := range columns {
		all[i] = c.of(row)
	}
	return all
}
