package sagas

import (
	"fmt"
	"strconv"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// stored is the codec of a value that many transactions write: the JSON that encoding/json makes, but for empty members, which are
// left out, and with less work.
type stored[T any] struct {
	bus.Codec[T]

	write func(*text, *T)
}

func storedBy[T any](write func(*text, *T)) bus.Codec[T] { return stored[T]{bus.JSON[T](), write} }

// usualText is room for most of what is written.
const usualText = 512

func (c stored[T]) Encode(v T) ([]byte, error) {
	t := text{out: make([]byte, 0, usualText)}
	if c.write(&t, &v); t.err != nil {
		return nil, fmt.Errorf("encode json: %w", t.err)
	}
	return t.out, nil
}

// activations is the codec of numbers.
type activations struct{ bus.Codec[uint64] }

func (activations) Encode(n uint64) ([]byte, error) { return strconv.AppendUint(nil, n, 10), nil }

func (activations) Decode(data []byte) (uint64, error) {
	n, err := strconv.ParseUint(string(data), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("decode json: %w", strconv.ErrSyntax)
	}
	return n, nil
}

func writeHead(t *text, h *head) {
	t.object(func() {
		t.string("status", string(h.Status))
		t.string("told", string(h.Told))
		t.time("started", h.Started)
		t.time("changed", h.Changed)
		t.bool("cancel", h.Cancel)
		t.string("reason", h.Reason)
		t.string("parked", h.Parked)
		t.string("was", string(h.Was))
		t.bool("sure", h.Sure)
		list(t, "waits", h.Waits, t.wait)
		t.int("inbox", h.Inbox)
		t.int("tokens", h.Tokens)
		t.strings("seen", h.Seen)
		t.int("run", h.Run)
		t.time("began", h.Began)
		t.string("queued", h.Queued)
		t.raws("views", h.Views)
		list(t, "parents", h.Parents, t.parent)
	})
}

func (t *text) wait(w *wait) {
	t.object(func() {
		t.string("at", w.At)
		t.string("kind", string(w.Kind))
		t.string("name", w.Name)
		t.string("of", w.Of)
		t.string("given", w.Given)
		t.time("due", w.Due)
		t.int("attempt", w.Attempt)
		t.bool("unknown", w.Unknown)
		t.time("since", w.Since)
	})
}

func (t *text) parent(p *parent) {
	t.object(func() {
		t.string("flow", p.Flow)
		t.string("id", p.ID)
		t.string("at", p.At)
		t.int("run", p.Run)
		t.time("started", p.Started)
		list(t, "callers", p.Callers, func(c *calling) {
			t.object(func() {
				t.string("flow", c.Flow)
				t.string("id", c.ID)
			})
		})
	})
}

func writePage(t *text, p *page) {
	t.object(func() {
		if p.Input != nil {
			t.input(p.Input)
		}
		list(t, "entries", p.Entries, t.entry)
	})
}

func (t *text) input(in *input) {
	t.name("input")
	t.object(func() {
		t.raw("in", in.In)
		if in.Request != (request.Info{}) {
			t.other("request", in.Request)
		}
		t.string("secret", in.Secret)
		if len(in.Trace) > 0 {
			t.other("trace", in.Trace)
		}
	})
}

func (t *text) entry(e *Entry) {
	t.object(func() {
		t.string("at", e.At)
		t.string("kind", string(e.Kind))
		t.string("name", e.Name)
		t.int("order", e.Order)
		t.string("given", e.Given)
		t.raw("out", e.Out)
		if e.Failed != nil {
			t.name("failed")
			t.failure(e.Failed)
		}
		t.time("when", e.When)
	})
}

func (t *text) failure(f *Failure) {
	t.object(func() {
		t.string("kind", f.Kind)
		t.string("message", f.Message)
		t.int("attempts", f.Attempts)
		t.bool("unknown", f.Unknown)
	})
}

func writeEnded(t *text, e *ended) {
	t.object(func() {
		t.name("head")
		writeHead(t, &e.Head)
		t.input(&e.Input)
		list(t, "entries", e.Entries, t.entry)
		t.raw("result", e.Result)
		t.bool("cut", e.Cut)
	})
}

func writeTold(t *text, told *Told) {
	t.object(func() {
		t.string("id", told.ID)
		t.string("status", string(told.Status))
		t.string("was", string(told.Was))
		list(t, "done", told.Done, func(d *Done) {
			t.object(func() {
				t.string("at", d.At)
				t.string("step", d.Step)
				t.bool("undo", d.Undo)
				t.string("error", d.Error)
				t.time("when", d.When)
			})
		})
		t.string("reason", told.Reason)
		t.time("at", told.At)
	})
}

func writeQuestions(t *text, all *[]question) {
	t.out = append(t.out, '[')
	for i, q := range *all {
		if i > 0 {
			t.out = append(t.out, ',')
		}
		t.object(func() {
			t.string("id", q.ID)
			t.int("to", int(q.To))
			t.time("at", q.At)
			t.string("from", q.From)
		})
	}
	t.out = append(t.out, ']')
}
