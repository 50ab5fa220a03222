package sides

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"time"
)

type mark struct{ Over bool }

func (m mark) Ended() bool { return m.Over }

func TestWatch(t *testing.T) {
	t.Parallel()
	var said, answers bytes.Buffer
	for _, over := range []bool{false, true, false, true} {
		if err := json.NewEncoder(&said).Encode(mark{over}); err != nil {
			t.Fatal(err)
		}
	}
	looks := 0
	look := func() (Usage, error) {
		looks++
		d := time.Duration(looks*looks) * time.Second
		return Usage{CPU: d, Server: 2 * d, Resident: float64(10 * looks)}, nil
	}
	phases, err := watch[mark](&said, &answers, 2, look)
	if err != nil {
		t.Fatal(err)
	}
	if answers.Len() != 4 {
		t.Errorf("%d of 4 marks were answered", answers.Len())
	}
	if used := phases[0].Used; used != (Usage{3 * time.Second, 6 * time.Second, 10}) {
		t.Errorf("the first phase used %+v", used)
	}
	if used := phases[1].Used; used != (Usage{7 * time.Second, 14 * time.Second, 10}) {
		t.Errorf("the second phase used %+v", used)
	}
	if _, err := watch[mark](&said, &answers, 1, look); !errors.Is(err, io.EOF) {
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
