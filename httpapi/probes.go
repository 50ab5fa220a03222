package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/millrace/millrace/observe"
)

// Probes answers a kubelet's probes, and hands everything else on. They stand before all other middleware.
//
//   - /livez is 200 while the process answers at all: a server that it stands on may fail, and to start again would not help.
//   - /readyz is 200 while the health lets it take work, 503 otherwise, and from [observe.Health.Drain] on.
//   - /startupz is 503 until the process was ready once, and 200 from then on.
//
// The answer is {"status"} as JSON; with ?verbose it is text, a line for each check: whether it is well, its criticality, how long ago it was asked
// and how long it took to answer, since when it is so, and below it when it turned before. What checks say, such as addresses and drivers' messages,
// is not for a port that anybody may reach: it is in the log, see [observe.Logger], and in the console.
func Probes(health *observe.Health) func(http.Handler) http.Handler {
	var started atomic.Bool
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			report, well := observe.Report{Status: observe.OK}, true
			switch r.URL.Path {
			case "/livez":
			case "/readyz":
				report = health.Report(r.Context())
				well = report.Status.Ready()
			case "/startupz":
				if !started.Load() {
					report = health.Report(r.Context())
					if well = report.Status.Ready(); well {
						started.Store(true)
					}
				}
			default:
				next.ServeHTTP(w, r)
				return
			}
			if r.Method != http.MethodGet && r.Method != http.MethodHead {
				(&Problem{Status: http.StatusMethodNotAllowed, Detail: "probe with GET", Header: http.Header{"Allow": {"GET, HEAD"}}}).Write(w, r)
				return
			}
			answer(w, r, report, well)
		})
	}
}

func answer(w http.ResponseWriter, r *http.Request, report observe.Report, well bool) {
	status := http.StatusOK
	if !well {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Cache-Control", "no-store")
	if !r.URL.Query().Has("verbose") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(observe.Report{Status: report.Status}) // the prober has gone
		return
	}
	var text strings.Builder
	for _, a := range report.Answers {
		describe(&text, a, time.Now())
	}
	fmt.Fprintf(&text, "%s %s\n", strings.TrimPrefix(r.URL.Path, "/"), report.Status)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text.String())) // the prober has gone
}

// describe writes a check's line, and one for each time that it turned before, the newest first.
func describe(text *strings.Builder, a observe.Answer, now time.Time) {
	sign := "[+]"
	if !a.Well {
		sign = "[-]"
	}
	since := a.Changes[len(a.Changes)-1].At
	fmt.Fprintf(text, "%s%s %s (%s, asked %s ago, took %s, so for %s)\n", sign, a.Name, state(a.Well), a.Criticality,
		rounded(now.Sub(a.At)), rounded(a.Took), rounded(now.Sub(since)))
	for _, change := range slices.Backward(a.Changes[:len(a.Changes)-1]) {
		fmt.Fprintf(text, "   %s %s\n", change.At.UTC().Format(time.RFC3339), state(change.Well))
	}
}

func state(well bool) string {
	if well {
		return "ok"
	}
	return "fails"
}

// rounded is short enough to read.
func rounded(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(100 * time.Millisecond)
}
