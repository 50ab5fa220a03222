package claimcheck_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/claimcheck"
)

func TestCollectBesidePublishing(t *testing.T) {
	t.Parallel()
	for range 4 {
		seed := uint64(time.Now().UnixNano())
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, seed)
			if lost := o.work(400); lost > 0 {
				t.Errorf("%d payloads were deleted that an event refers to", lost)
			}
			if want, got := o.referred(), withoutClock(keys(t, &o.store, "")); len(got) != len(want) {
				t.Errorf("%d payloads are left, %d are referred to", len(got), len(want))
			}
		})
	}
}

// TestOverlookedTopics plants a fault: a collector that does not read the topics of retries, or of dead letters, loses payloads.
func TestOverlookedTopics(t *testing.T) {
	t.Parallel()
	for _, ending := range []string{".retry", ".dlq"} {
		t.Run(ending, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, 7)
			if lost := o.work(400, claimcheck.Overlooking(ending)); lost == 0 {
				t.Error("the test does not notice")
			}
		})
	}
}
