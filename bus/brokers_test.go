package bus_test

import (
	"testing"

	"github.com/millrace/millrace/bus/bustest"
)

func TestBrokers(t *testing.T) {
	t.Parallel()
	brokers, err := bustest.Open(t).Brokers(t.Context())
	if err != nil || len(brokers) == 0 {
		t.Fatalf("%v, %v", brokers, err)
	}
	for _, b := range brokers {
		if b.Address == "" || b.Settings["message.max.bytes"] == "" || b.Features["transaction.version"] == 0 {
			t.Errorf("%+v", b)
		}
	}
}
