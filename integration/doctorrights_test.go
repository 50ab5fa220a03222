package integration_test

import (
	"strings"
	"testing"
	"time"
)

// TestDoctorRightsOnKafka has a tenant's user ask what it lacks for groups of its own and of the shop.
func TestDoctorRightsOnKafka(t *testing.T) {
	t.Parallel()
	g := startGuarded(t)
	told := map[string]finding{}
	ask := func() {
		for _, f := range findings(t, "--kafka", g.address("tenant-acme"), "--group", "acme.readers", "--group", "shop-fulfilment") {
			told[f.Subject] = f
		}
	}
	const own = "rights to run the group acme.readers"
	for deadline := time.Now().Add(patience); told[own].Severity != "ok"; ask() { // a broker that has just started has no coordinators yet
		if time.Now().After(deadline) {
			t.Fatalf("%+v", told[own])
		}
	}
	other := told["rights to run the group shop-fulfilment"]
	for _, text := range []string{
		"Read and Describe on the group shop-fulfilment", "Read and Write and Describe and Create on the topic shop-fulfilment.dlq",
		"Write and Describe on the transactional-id shop-fulfilment.",
	} {
		if other.Severity != "problem" || !strings.Contains(other.Found, text) || other.Change == "" {
			t.Errorf("%+v lacks %q", other, text)
		}
	}
}
