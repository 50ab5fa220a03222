package check_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// rare are metrics that a shop which is well does not show: they appear with the first time that something goes wrong, and those of
// payloads with a bucket. That they exist is seen in the source.
var rare = []string{
	"millrace_partitions_aborts_total", "millrace_partitions_given_up_total", "millrace_partitions_restore_remaining",
	"millrace_outbox_dead_letters_total", "millrace_machines_refusals_total",
	"millrace_sagas_untold_total", "millrace_jobs_untold_total", "millrace_webhooks_untold_total",
	"millrace_webhooks_deliveries_total", "millrace_webhooks_disabled_total", "millrace_push_slow_total",
	"millrace_resilience_breaker_state",
	"millrace_claimcheck_failures_total", "millrace_claimcheck_collected_seconds", "millrace_claimcheck_stored_bytes",
	"millrace_claimcheck_deleted_total",
}

// TestMetricsExist runs the shop and looks for each metric and label that deploy names among those that it shows.
func TestMetricsExist(t *testing.T) {
	t.Parallel()
	named, code := uses(t), readSource(t)
	s := startShop(t)
	s.use(t)
	var shown map[string]map[string]bool
	for began := time.Now(); ; { // the shop's work takes some seconds
		shown = labels(s.scrape(t))
		missing := slices.IndexFunc(named, func(u use) bool { return shown[u.metric] == nil && !slices.Contains(rare, u.metric) })
		if missing < 0 || time.Since(began) > patience {
			break
		}
		<-time.After(time.Second)
	}
	for _, u := range named {
		if shown[u.metric] == nil && !slices.Contains(rare, u.metric) {
			t.Errorf("%s: nothing shows %s", u.where, u.metric)
			continue
		}
		if strings.HasPrefix(u.metric, "millrace_") && !code.metrics[u.metric] {
			t.Errorf("%s: no code makes %s", u.where, u.metric)
		}
		for _, label := range u.labels {
			given := label == "job" || label == "instance" // by Prometheus
			if shown[u.metric] != nil && !shown[u.metric][label] && !given {
				t.Errorf("%s: %s has no label %s", u.where, u.metric, label)
			}
			if shown[u.metric] == nil && !code.labels[label] && !given {
				t.Errorf("%s: no code gives anything the label %s", u.where, label)
			}
		}
	}
	for name := range shown { // what the source is read for holds for all that is shown
		if strings.HasPrefix(name, "millrace_") && !code.metrics[name] {
			t.Errorf("%s is shown, and no code makes it", name)
		}
	}
}

// labels are those of each series' name.
func labels(families map[string]*dto.MetricFamily) map[string]map[string]bool {
	shown := map[string]map[string]bool{}
	note := func(name string, of *dto.Metric, more ...string) {
		if shown[name] == nil {
			shown[name] = map[string]bool{}
		}
		for _, pair := range of.GetLabel() {
			shown[name][pair.GetName()] = true
		}
		for _, label := range more {
			shown[name][label] = true
		}
	}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetType() != dto.MetricType_HISTOGRAM {
				note(name, m)
				continue
			}
			note(name+"_bucket", m, "le")
			note(name+"_sum", m)
			note(name+"_count", m)
		}
	}
	return shown
}
