package main

import (
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
)

func TestPolicyFindings(t *testing.T) {
	t.Parallel()
	set := func(policy string) map[string]string { return map[string]string{"cleanup.policy": policy} }
	found := policyFindings(map[bus.Topic]map[string]string{
		"shop.changelog": set("compact"), "shop.dlq": set("delete"),
		"bank.changelog": set("compact,delete"), "bank.dlq": set("delete"),
		"jobs.changelog": set("delete"), "jobs.dlq": set("delete"),
		"others.changelog": set("delete"), // of another program
		"millrace.schemas": {"cleanup.policy": "delete", "retention.ms": "-1"}, "outbox.event.broadcast": set("delete"),
	}, "alter ")
	if len(found) != 3 || found[0].Severity != fault || !strings.Contains(found[0].Found, "bank.changelog") ||
		!strings.Contains(found[0].Found, "jobs.changelog") ||
		strings.Contains(found[0].Found, "others") || found[1].Severity != fine || found[2].Severity != fine {
		t.Errorf("%+v", found)
	}
	found = policyFindings(map[bus.Topic]map[string]string{
		"shop.changelog": set("none"), "shop.dlq": set("delete"),
		"millrace.schemas": {"cleanup.policy": "delete", "retention.ms": "604800000"}, "outbox.event.broadcast": set("compact"),
	}, "alter ")
	if found[0].Found != "millrace.schemas" || found[0].Severity != fault || found[1].Severity != fault || found[2].Severity != fault ||
		found[2].Change != "alter cleanup.policy=delete" {
		t.Errorf("%+v", found)
	}
}

func TestClockFinding(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for skew, want := range map[time.Duration]severity{
		0: fine, time.Second: fine, -time.Second: fine, 1200 * time.Millisecond: fine, 2 * time.Second: advice, -time.Hour: advice,
	} {
		asked, answered := now.Add(-500*time.Millisecond), now.Add(500*time.Millisecond) // a slow answer says less
		if got := clockFinding("postgres", asked, now.Add(skew), answered); got.Severity != want || want == fine && got.Change != "" {
			t.Errorf("%s: %+v", skew, got)
		}
	}
}

func TestIdleProducers(t *testing.T) {
	t.Parallel()
	for _, r := range brokerRules(replicated, "kafka:9092") {
		if r.name != "transactional.id.expiration.ms" {
			continue
		}
		for set, want := range map[string]severity{"604800000": fine, "86400000": fine, "86399999": advice, "3600000": advice, "": advice} {
			if got := r.check("kafka", map[string]string{r.name: set}); got.Severity != want || want == advice &&
				!strings.Contains(got.Change, r.name+"=86400000") {
				t.Errorf("%q: %+v", set, got)
			}
		}
		if got := r.check("kafka", nil); got.Severity != hidden {
			t.Errorf("not told: %+v", got)
		}
		return
	}
	t.Error("doctor has no rule for producers that are idle")
}
