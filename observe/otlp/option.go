package otlp

import (
	"io"
	"log/slog"
)

// Option changes how [Open] sets telemetry up.
type Option interface{ applyTelemetry(*config) }

type option func(*config)

func (f option) applyTelemetry(c *config) { f(c) }

type config struct {
	service, version string
	logger           *slog.Logger
	console          io.Writer
}

// Logger receives what the exporters have to say, above all that a receiver is gone. It must not be one whose records
// are exported themselves. By default it is discarded.
func Logger(l *slog.Logger) Option { return option(func(c *config) { c.logger = l }) }

// Version is the service's version, sent as service.version.
func Version(version string) Option { return option(func(c *config) { c.version = version }) }

// Console is where the console exporters write, by default the standard output.
func Console(w io.Writer) Option { return option(func(c *config) { c.console = w }) }
