package bus_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

func quote(text string) string {
	data, err := json.Marshal(text)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

type narrow struct {
	ID    string `json:"id"`
	Count int32  `json:"count"`
}

type wide struct {
	ID    string `json:"id"`
	Count int64  `json:"count"`
}

// TestCompatibilityModes changes a field to a wider type: newer consumers read everything, older ones do not.
func TestCompatibilityModes(t *testing.T) {
	t.Parallel()
	type step struct {
		ok  bool
		def bus.Definition
	}
	for name, steps := range map[string][]step{
		"full refuses":           {{true, define[narrow]()}, {false, define[wide](bus.Version(2))}},
		"backward takes wider":   {{true, define[narrow]()}, {true, define[wide](bus.Version(2), bus.Compatible(bus.Backward))}},
		"backward, older starts": {{true, define[wide](bus.Version(2))}, {true, define[narrow](bus.Compatible(bus.Backward))}},
		"backward not narrower":  {{true, define[wide]()}, {false, define[narrow](bus.Version(2), bus.Compatible(bus.Backward))}},
		"forward takes narrower": {{true, define[wide]()}, {true, define[narrow](bus.Version(2), bus.Compatible(bus.Forward))}},
		"unchecked":              {{true, define[narrow]()}, {true, define[orderV1](bus.Version(2), bus.Compatible(bus.Unchecked))}},
		"unchecked, one version": {{true, define[narrow]()}, {false, define[orderV1](bus.Compatible(bus.Unchecked))}},
		"all versions": {
			{true, define[narrow]()},
			{true, define[orderV1](bus.Version(2), bus.Compatible(bus.Unchecked))},
			{false, define[wide](bus.Version(3), bus.Compatible(bus.Forward))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bustest.Open(t)
			for i, step := range steps {
				err := b.Verify(t.Context(), step.def)
				if (err == nil) != step.ok || err != nil && !errors.Is(err, bus.ErrIncompatible) {
					t.Errorf("step %d: %v", i, err)
				}
			}
		})
	}
	if err := define[narrow](bus.Compatible(7)).Err(); !errors.Is(err, bus.ErrContract) {
		t.Errorf("an unknown mode was taken: %v", err)
	}
}

// TestVerifyFirstTogether lets several processes be the first at once, with the same contracts.
func TestVerifyFirstTogether(t *testing.T) {
	t.Parallel()
	address := bustest.Broker(t)
	var pods sync.WaitGroup
	for range 6 {
		pods.Go(func() {
			b, err := bus.Open(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = b.Close() }()
			if err := b.Verify(t.Context(), define[orderV1](bus.Partitions(3)), sent()); err != nil {
				t.Error(err)
			}
		})
	}
	pods.Wait()
}

func TestEncodedChangesNoOther(t *testing.T) {
	t.Parallel()
	lenient := bus.Define("shop.order.placed", func(n narrow) string { return n.ID })
	strict := lenient.Encoded(bus.JSON[narrow](bus.Strict()))
	unknown := bus.Record{Value: []byte(`{"id":"1","count":1,"x":1}`)}
	if _, err := lenient.Decode(unknown); err != nil {
		t.Error(err)
	}
	if _, err := strict.Decode(unknown); !errors.Is(err, bus.ErrDecode) {
		t.Error(err)
	}
	if strict.Contract().Name() != lenient.Contract().Name() || strict.Contract() == lenient.Contract() {
		t.Error("the copy is not one")
	}
	for _, wrong := range []bus.Event[narrow]{lenient.Encoded(nil), {}, bus.Event[narrow]{}.Encoded(bus.JSON[narrow]())} {
		if !errors.Is(wrong.Err(), bus.ErrContract) || !errors.Is(wrong.New(narrow{}).Err(), bus.ErrContract) {
			t.Errorf("%v", wrong.Err())
		}
	}
}
