package otlp

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
)

// signal is one of the three kinds of telemetry; its variables hold its name in capitals.
type signal string

const (
	traces  signal = "traces"
	metrics signal = "metrics"
	logs    signal = "logs"
)

// target is where a signal goes.
type target string

const (
	toHTTP       target = "http/protobuf"
	toGRPC       target = "grpc"
	toConsole    target = "console"
	toPrometheus target = "prometheus"
)

// settings are what the variables say.
type settings struct {
	targets map[signal][]target
	address string // of the Prometheus server
}

func (s *settings) empty() bool { return len(s.targets) == 0 }

func readSettings(getenv func(string) string) (*settings, error) {
	env := &environment{get: getenv}
	set := &settings{targets: map[signal][]target{}}
	if env.disabled() {
		return set, env.err()
	}
	for _, s := range []signal{traces, metrics, logs} {
		for _, exporter := range env.exporters(s) {
			to := target(exporter)
			if exporter == "otlp" {
				to = env.protocol(s)
				env.checkReceiver(s, to)
			}
			set.targets[s] = append(set.targets[s], to)
		}
	}
	if set.empty() {
		return set, env.err()
	}
	env.checkProcess()
	if slices.Contains(set.targets[metrics], toPrometheus) {
		port := env.integer("OTEL_EXPORTER_PROMETHEUS_PORT", 65535)
		set.address = net.JoinHostPort(cmp.Or(getenv("OTEL_EXPORTER_PROMETHEUS_HOST"), "localhost"), cmp.Or(port, "9464"))
	}
	return set, env.err()
}

// environment reads variables and keeps what is wrong with them. An empty variable is one that is not set.
type environment struct {
	get  func(string) string
	errs []error
}

func (e *environment) err() error { return errors.Join(e.errs...) }

func (e *environment) wrong(format string, args ...any) {
	if err := fmt.Errorf(format, args...); !slices.ContainsFunc(e.errs, func(told error) bool { return told.Error() == err.Error() }) {
		e.errs = append(e.errs, err)
	}
}

func (e *environment) disabled() bool { return e.boolean("OTEL_SDK_DISABLED") }

// exporters are the names in OTEL_*_EXPORTER, else otlp where there is an endpoint.
func (e *environment) exporters(s signal) []string {
	name := "OTEL_" + strings.ToUpper(string(s)) + "_EXPORTER"
	value := e.get(name)
	if value == "" {
		if endpoint, _ := e.receiver(s, "ENDPOINT"); endpoint != "" {
			return []string{"otlp"}
		}
		return nil
	}
	known := []string{"otlp", "console"}
	if s == metrics {
		known = append(known, "prometheus")
	}
	var chosen []string
	for one := range strings.SplitSeq(value, ",") {
		one = strings.TrimSpace(one)
		switch {
		case slices.Contains(known, one) && !slices.Contains(chosen, one):
			chosen = append(chosen, one)
		case one == "none" && !strings.Contains(value, ","), slices.Contains(known, one):
		default:
			e.wrong("%s=%q must be none, or of %s, separated by commas", name, value, strings.Join(known, ", "))
			return nil
		}
	}
	return chosen
}

// receiver is the value of OTEL_EXPORTER_OTLP_<signal>_<key>, else of OTEL_EXPORTER_OTLP_<key>, and the variable's name.
func (e *environment) receiver(s signal, key string) (value, name string) {
	name = "OTEL_EXPORTER_OTLP_" + strings.ToUpper(string(s)) + "_" + key
	if value = e.get(name); value != "" {
		return value, name
	}
	name = "OTEL_EXPORTER_OTLP_" + key
	return e.get(name), name
}

func (e *environment) protocol(s signal) target {
	value, name := e.receiver(s, "PROTOCOL")
	switch to := target(cmp.Or(value, string(toHTTP))); to {
	case toHTTP, toGRPC:
		return to
	default:
		e.wrong("%s=%q must be %s or %s", name, value, toHTTP, toGRPC)
		return toHTTP
	}
}
