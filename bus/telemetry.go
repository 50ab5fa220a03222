package bus

import (
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kotel"
	"go.opentelemetry.io/otel/propagation"
)

// hooks let the Kafka client report its own traces and metrics: publish and receive spans, connections, bytes, records.
func (c *config) hooks() kgo.Opt {
	tracer := kotel.NewTracer(
		kotel.TracerProvider(c.tracer), kotel.TracerPropagator(propagation.TraceContext{}), kotel.ClientID(c.clientID),
	)
	meter := kotel.NewMeter(kotel.MeterProvider(c.meter), kotel.WithMergedConnectsMeter())
	return kgo.WithHooks(kotel.NewKotel(kotel.WithTracer(tracer), kotel.WithMeter(meter)).Hooks()...)
}
