package cache

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Decision is what a [Limiter] says.
type Decision struct {
	Allowed bool
	// Name is the limiter's.
	Name string
	// Limit is how much may be taken at once, and Window the time after which all of it may be taken again.
	Limit  int
	Window time.Duration
	// Remaining is how much may be taken now.
	Remaining int
	// Reset is after what time Remaining is Limit again.
	Reset time.Duration
	// RetryAfter is after what time what was refused would be allowed; 0 where it was.
	RetryAfter time.Duration
	// Degraded says that Redis gave no answer, and the decision is as WhenGone says.
	Degraded bool
}

// SetHeaders writes the fields RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-11, and Retry-After where it was refused.
func (d Decision) SetHeaders(h http.Header) {
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", d.Name, d.Limit, seconds(d.Window)))
	h.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", d.Name, d.Remaining, seconds(d.Reset)))
	if !d.Allowed {
		h.Set("Retry-After", strconv.Itoa(max(seconds(d.RetryAfter), 1)))
	}
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
