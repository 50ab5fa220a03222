//go:build synctests

package webhooks_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions/partitionstest"
)

// gaps are the whole seconds between arrivals.
func gaps(got []arrival) (all []time.Duration) {
	for i := 1; i < len(got); i++ {
		all = append(all, got[i].at.Sub(got[i-1].at).Round(time.Second))
	}
	return all
}

// TestSchedule lets an endpoint fail until the delivery is dead: its attempts have one id, times of their own, and come as scheduled.
func TestSchedule(t *testing.T) {
	t.Parallel()
	delays := []time.Duration{2 * time.Second, 30 * time.Second, 2 * time.Minute}
	selling(t, func(s *shop) {
		k := s.create("a.example.com")
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		s.send("msg_1")
		s.world.Advance(5 * time.Minute)
		got := s.net.at("a.example.com")
		if !slices.Equal(gaps(got), delays) {
			s.t.Fatalf("attempts are %v apart", gaps(got))
		}
		v, err := webhooks.NewVerifier([]string{k.Reveal()}, webhooks.Tolerance(time.Hour))
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range got {
			is, err := v.Verify(r.header, []byte(r.body))
			if err != nil || is.ID != "msg_1" || is.Timestamp.Unix() != r.at.Unix() || r.body != got[0].body {
				s.t.Errorf("%+v, %v at %s", is, err, r.at)
			}
		}
		s.world.Settle()
		dead, err := s.hooks.Dead(s.ctx, s.node.Group(), "at-a")
		if err != nil || len(dead) != 1 || dead[0].Event != "msg_1" || dead[0].Attempts != 4 || dead[0].Status != 500 {
			s.t.Errorf("%+v, %v", dead, err)
		}
		log := s.log("at-a")
		for i, a := range log {
			if a.Number != i+1 || a.Status != 500 || (a.Outcome == webhooks.OutcomeDead) != (i == 3) {
				s.t.Errorf("%+v", a)
			}
		}
		if d := s.describe("at-a"); len(log) != 4 || d.Queued != 0 || d.Dead != 1 || d.Failures != 4 {
			s.t.Errorf("%d attempts, %+v", len(log), d)
		}
		if kinds := s.notices(); !slices.Equal(kinds, []string{webhooks.NoticeCreated, webhooks.NoticeDead}) {
			s.t.Errorf("%v was told", kinds)
		}
		if told := partitionstest.Events(s.world, s.hooks.Attempts()); len(told) != 4 || told[0].Endpoint != "at-a" || told[0].Tenant != "acme" {
			s.t.Errorf("%+v", told)
		}
	}, webhooks.Schedule(delays...))
}

func TestJitter(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com", func(set *webhooks.Settings) { set.Types = []string{"order.placed"} })
		s.net.serve("a.example.com", status(http.StatusInternalServerError))
		s.send("msg_1", "msg_2", "msg_3", "msg_4", "msg_5", "msg_6")
		s.world.Advance(5 * time.Minute)
		second := make(map[time.Duration]bool)
		first := make(map[string]time.Time)
		for _, r := range s.net.at("a.example.com") {
			if at, again := first[r.id]; again {
				after := r.at.Sub(at)
				second[after.Round(time.Second)] = true
				if after < 49*time.Second || after > 152*time.Second {
					s.t.Errorf("the second attempt comes after %s", after)
				}
			} else {
				first[r.id] = r.at
			}
		}
		if len(first) != 6 || len(second) < 3 {
			s.t.Errorf("%d deliveries, whose second attempts come after %v", len(first), second)
		}
	}, webhooks.Schedule(100*time.Second), webhooks.Jitter(0.5), webhooks.Breaker(100, time.Second))
}

// TestRetryAfter lets receivers say when they want to be asked again, as seconds and as a date, and too late.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		value  func() string
		status int
		gap    time.Duration
		others time.Duration // until something else is tried
	}{
		"seconds": {func() string { return "120" }, 429, 2 * time.Minute, 2 * time.Minute},
		"date":    {func() string { return time.Now().Add(3 * time.Minute).UTC().Format(http.TimeFormat) }, 503, 3 * time.Minute, 3 * time.Minute},
		"sooner":  {func() string { return "1" }, 503, 10 * time.Second, 0},
		"of one":  {func() string { return "60" }, 500, time.Minute, 0},
		"nothing": {func() string { return "soon" }, 503, 10 * time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			selling(t, func(s *shop) {
				s.create("a.example.com")
				calls := 0
				s.net.serve("a.example.com", func(w http.ResponseWriter, _ *http.Request) {
					if calls++; calls == 1 {
						w.Header().Set("Retry-After", test.value())
						w.WriteHeader(test.status)
					}
				})
				s.send("msg_1")
				s.world.Settle()
				s.send("msg_2")
				s.world.Advance(test.gap + 5*time.Second)
				got := s.net.at("a.example.com")
				again := slices.IndexFunc(got, func(r arrival) bool { return r.id == "msg_1" && r.at != got[0].at })
				other := slices.IndexFunc(got, func(r arrival) bool { return r.id == "msg_2" })
				if again < 0 || other < 0 {
					s.t.Fatalf("%v arrived", ids(got))
				}
				if gap := got[again].at.Sub(got[0].at).Round(2 * time.Second); gap != test.gap {
					s.t.Errorf("it is tried again after %s", gap)
				}
				if gap := got[other].at.Sub(got[0].at); gap < test.others-time.Second || gap > test.others+5*time.Second {
					s.t.Errorf("another is tried after %s", gap)
				}
			}, webhooks.Schedule(10*time.Second))
		})
	}
}

// TestRetryAfterTooLate lets a receiver ask for a year: it gets a day, and no attempts for an hour.
func TestRetryAfterTooLate(t *testing.T) {
	t.Parallel()
	selling(t, func(s *shop) {
		s.create("a.example.com")
		s.net.serve("a.example.com", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "31536000")
			w.WriteHeader(http.StatusGatewayTimeout)
		})
		s.send("msg_1")
		s.world.Advance(5 * time.Second)
		log, d := s.log("at-a"), s.describe("at-a")
		if len(log) != 1 || log[0].Next.Sub(log[0].At).Round(time.Minute) != 24*time.Hour ||
			d.HeldUntil.Sub(log[0].At).Round(time.Minute) != time.Hour {
			s.t.Errorf("%+v, %+v", log, d)
		}
	}, webhooks.Schedule(10*time.Second))
}

// TestRotation rotates a key between the attempts of a delivery: for a while both keys verify them, and then the new one.
func TestRotation(t *testing.T) {
	t.Parallel()
	for scheme, prefix := range map[webhooks.Scheme]string{webhooks.V1: "whsec_", webhooks.V1a: "whsk_"} {
		t.Run(string(scheme), func(t *testing.T) {
			t.Parallel()
			selling(t, func(s *shop) { rotation(s, scheme, prefix) }, webhooks.Schedule(30*time.Second, 3*time.Minute))
		})
	}
}

func rotation(s *shop, scheme webhooks.Scheme, prefix string) {
	old := s.create("a.example.com", func(set *webhooks.Settings) { set.Scheme = scheme })
	s.net.serve("a.example.com", status(http.StatusInternalServerError))
	s.send("msg_1")
	s.world.Advance(5 * time.Second)
	next, err := s.hooks.Rotate(s.ctx, s.node.Group(), "at-a", time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	s.world.Advance(4 * time.Minute)
	got := s.net.at("a.example.com")
	if len(got) != 3 {
		s.t.Fatalf("%d attempts", len(got))
	}
	verifies := func(k webhooks.Key, r arrival) bool {
		shared := k // what the receiver is given
		if scheme == webhooks.V1a {
			shared = k.Public()
		}
		v, err := webhooks.NewVerifier([]string{shared.Reveal()}, webhooks.Tolerance(time.Hour))
		if err != nil {
			s.t.Fatal(err)
		}
		_, err = v.Verify(r.header, []byte(r.body))
		return err == nil
	}
	for i, want := range []struct{ old, next bool }{{true, false}, {true, true}, {false, true}} {
		if verifies(old, got[i]) != want.old || verifies(next, got[i]) != want.next {
			s.t.Errorf("attempt %d is signed %q", i+1, got[i].header.Get(webhooks.HeaderSignature))
		}
	}
	if !strings.HasPrefix(old.Reveal(), prefix) || !strings.HasPrefix(next.Reveal(), prefix) {
		s.t.Errorf("the scheme is not %s", scheme)
	}
	if e, err := s.hooks.Endpoint(s.ctx, s.node.Group(), "at-a"); err != nil || e.PublicKey != next.Public().Reveal() {
		s.t.Errorf("%+v, %v", e, err)
	}
	if _, err := s.hooks.Rotate(s.ctx, s.node.Group(), "at-a", 31*24*time.Hour); err == nil {
		s.t.Error("an overlap of 31 days is taken")
	}
}
