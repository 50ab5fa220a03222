package httpapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/millrace/millrace/observe"
)

// Probes answers a kubelet's probes, and hands everything else on. They stand before all other middleware.
//
//   - /livez is 200 while the process answers at all: a server that it stands on may fail, and to start again would not help.
//   - /readyz is 200 while the health lets it take work, 503 otherwise, and from [observe.Health.Drain] on.
//   - /startupz is 503 until the process was ready once, and 200 from then on.
//
// The answer is the health's report as JSON; with ?verbose it is a line a check as text.
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
		_ = json.NewEncoder(w).Encode(report) // the prober has gone
		return
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(report.Checks)) {
		if said := report.Checks[name]; said == string(observe.OK) {
			fmt.Fprintf(&text, "[+]%s ok\n", name)
		} else {
			fmt.Fprintf(&text, "[-]%s failed: %s\n", name, said)
		}
	}
	fmt.Fprintf(&text, "%s %s\n", strings.TrimPrefix(r.URL.Path, "/"), report.Status)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text.String())) // the prober has gone
}
