package sagas

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/millrace/millrace/bench/flows"
)

func TestWatch(t *testing.T) {
	t.Parallel()
	var said, answers bytes.Buffer
	for _, m := range []flows.Mark{
		{Phase: flows.Alone},
		{Phase: flows.Alone, Over: true, Flows: 10, Took: time.Second},
		{Phase: flows.Waiting},
		{Phase: flows.Waiting, Over: true, Flows: 1000, Took: time.Second},
	} {
		if err := json.NewEncoder(&said).Encode(m); err != nil {
			t.Fatal(err)
		}
	}
	looks := 0
	look := func() (usage, error) {
		looks++
		d := time.Duration(looks*looks) * time.Second
		return usage{cpu: d, server: 2 * d, resident: float64(10 * looks)}, nil
	}
	phases, err := watch(&said, &answers, 2, look)
	if err != nil {
		t.Fatal(err)
	}
	if answers.Len() != 4 {
		t.Errorf("%d of 4 marks were answered", answers.Len())
	}
	if used := phases[0].used; used.cpu != 3*time.Second || used.server != 6*time.Second {
		t.Errorf("alone used %+v", used)
	}
	waiting := phases[1]
	if waiting.used.cpu != 7*time.Second || growth(waiting) != 10_000 {
		t.Errorf("waiting used %+v", waiting.used)
	}
	if _, err := watch(&said, &answers, 1, look); !errors.Is(err, io.EOF) {
		t.Errorf("a side that ends early: %v", err)
	}
}

func TestServerOf(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "kafka://127.0.0.1:9092,127.0.0.1:9093", "postgres://user@db.example:5432/x", "localhost", "127.0.0.1:1"} {
		if pid := serverOf(address); pid != 0 {
			t.Errorf("%q is served by %d", address, pid)
		}
	}
}
