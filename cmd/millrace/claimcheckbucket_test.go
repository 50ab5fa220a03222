package main_test

import (
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck/s3"
	"github.com/millrace/millrace/integration/servers"
)

// bucket is an empty one on a real server, beside a broker. Both end with the test.
type bucket struct {
	url, kafka string
	store      *s3.Store
	bus        *bus.Bus
}

func newBucket(t *testing.T) bucket {
	t.Helper()
	server, err := servers.S3(t.Context())
	servers.Require(t, err)
	t.Cleanup(func() { _ = server.Close() })
	at := bucket{url: server.URL, kafka: bustest.Broker(t)}
	if at.store, err = s3.New(server.URL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(at.store.Close)
	if at.bus, err = bus.Open(t.Context(), at.kafka); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = at.bus.Close() })
	return at
}
