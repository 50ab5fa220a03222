package bus_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
)

type item struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

type orderV1 struct {
	ID    string `json:"id"`
	Total int    `json:"total"`
	Items []item `json:"items"`
	Note  string `json:"note,omitempty"`
}

type orderCompatible struct {
	ID      string `json:"id"`
	Total   int    `json:"total"`
	Items   []item `json:"items"`
	Coupon  string `json:"coupon,omitempty"`
	Comment string `json:"comment,omitzero"`
}

type orderBroken struct {
	ID    string `json:"id"`
	Items []struct {
		SKU      string `json:"sku"`
		Quantity string `json:"quantity"`
	} `json:"items"`
	Note  string `json:"note"`
	Email string `json:"email"`
}

func define[T any](opts ...bus.ContractOption) bus.Event[T] {
	return bus.Define("shop.order.placed", func(T) string { return "k" }, opts...)
}

func TestVerifyRefusesIncompatible(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	if err := b.Verify(t.Context(), define[orderV1](bus.Partitions(3))); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(t.Context(), define[orderV1](), define[orderV1]()); err == nil {
		t.Error("one name with two definitions was taken")
	}
	other := bus.Define("shop.mail.sent", func(orderV1) string { return "k" })
	err := b.Verify(t.Context(), define[orderBroken](bus.Version(2)), other)
	refused, ok := errors.AsType[*bus.IncompatibleError](err)
	if !ok || !errors.Is(err, bus.ErrIncompatible) || len(refused.Changes) != 4 {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		"email: added as required", "items[].quantity: type changed from integer to string",
		"note: changed from optional to required", "total: removed",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
	if _, err := b.Topics(t.Context(), other.Contract().Topic()); !errors.Is(err, bus.ErrNoTopic) {
		t.Errorf("a topic was created beside a refusal: %v", err)
	}
}

func TestVerifyEvolution(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	for _, step := range []struct {
		name string
		def  bus.Definition
		ok   bool
	}{
		{"first", define[orderV1](bus.Partitions(3)), true},
		{"again", define[orderV1](bus.Partitions(3)), true},
		{"changed under the same version", define[orderCompatible](), false},
		{"compatible", define[orderCompatible](bus.Version(2)), true},
		{"an older pod starts", define[orderV1](), true},
		{"other partitions", define[orderV1](bus.Partitions(4)), false},
	} {
		if err := b.Verify(t.Context(), step.def); (err == nil) != step.ok {
			t.Errorf("%s: %v", step.name, err)
		}
	}
	infos, err := b.Topics(t.Context(), "outbox.event.order")
	if err != nil || len(infos[0].Partitions) != 3 {
		t.Errorf("the topic is %+v, %v", infos, err)
	}
}

func TestVerifyRace(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	defs := []bus.Definition{define[orderV1](), define[orderBroken]()}
	var mu sync.Mutex
	won := make(map[int]int)
	var pods sync.WaitGroup
	for i := range 10 {
		pods.Go(func() {
			err := b.Verify(t.Context(), defs[i%2])
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won[i%2]++
			} else if !errors.Is(err, bus.ErrIncompatible) {
				t.Error(err)
			}
		})
	}
	pods.Wait()
	if won[0] != 5 && won[1] != 5 || won[0]+won[1] != 5 {
		t.Fatalf("verified: %v", won)
	}
}
