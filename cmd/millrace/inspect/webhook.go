package inspect

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/jobs/webhooks"
)

// Types are the events that an endpoint is told of.
func Types(e webhooks.Endpoint) string {
	if len(e.Types) == 0 {
		return "*"
	}
	return strings.Join(e.Types, ", ")
}

// Faring is the state of an endpoint in a few words.
func Faring(d webhooks.Description) string {
	switch {
	case !d.Endpoint.Enabled:
		return "disabled"
	case d.HeldUntil.After(time.Now()):
		return fmt.Sprintf("held, %d failures", d.Failures)
	case d.Failures > 0:
		return fmt.Sprintf("%d failures", d.Failures)
	}
	return "enabled"
}

// Answered is what an attempt was answered.
func Answered(status int, failed string) string {
	if status == 0 {
		return cmp.Or(failed, "-")
	}
	return strconv.Itoa(status)
}

// Rate is an endpoint's limit in words.
func Rate(n int) string {
	if n == 0 {
		return "unlimited"
	}
	return strconv.Itoa(n) + " a second"
}
