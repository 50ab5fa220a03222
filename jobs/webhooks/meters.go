package webhooks

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/millrace/millrace/partitions"
)

// What hooks count. Only what is committed is.
var (
	deliveries = partitions.NewCounter("millrace.webhooks.deliveries", "{delivery}",
		"Deliveries, by hooks and what became of them: queued, delivered, dead, repeated, unwanted.")
	attempts = partitions.NewCounter("millrace.webhooks.attempts", "{attempt}",
		"Attempts, by hooks, outcome and reason: a class of status, or why there was no answer.")
	disabled = partitions.NewCounter("millrace.webhooks.disabled", "{endpoint}", "Endpoints that were disabled since they fail, by hooks.")
	untold   = partitions.NewCounter("millrace.webhooks.untold", "{event}", "Attempts and notices that could not be told: alarm on any.")
)

func (h *Hooks) count(tx *partitions.Tx, outcome string) {
	deliveries.Add(tx, 1, attribute.String("millrace.webhooks.name", h.name), attribute.String("millrace.webhooks.outcome", outcome))
}

func (h *Hooks) countAttempt(tx *partitions.Tx, a Attempt) {
	reason := a.Failed
	if a.Status > 0 {
		reason = string(rune('0'+min(a.Status/100, 9))) + "xx" //nolint:mnd // classes of status
	}
	attempts.Add(tx, 1, attribute.String("millrace.webhooks.name", h.name),
		attribute.String("millrace.webhooks.outcome", a.Outcome), attribute.String("millrace.webhooks.reason", reason))
}

func (h *Hooks) countDisabled(tx *partitions.Tx) {
	disabled.Add(tx, 1, attribute.String("millrace.webhooks.name", h.name))
}
