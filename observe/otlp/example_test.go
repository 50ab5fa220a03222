package otlp_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/millrace/millrace/observe/otlp"
)

func ExampleOpen() {
	ctx := context.Background()
	local := slog.NewTextHandler(os.Stderr, nil)
	telemetry, err := otlp.Open(ctx, "shop", otlp.Logger(slog.New(local)))
	if err != nil {
		fmt.Println(err)
		return
	}
	log := slog.New(telemetry.Handler(local))
	ctx, span := telemetry.Tracer().Tracer("example.org/shop").Start(ctx, "place order")
	log.DebugContext(ctx, "placed")
	span.End()
	if err := telemetry.Shutdown(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("sent:", span.IsRecording())
	// Output:
	// sent: false
}
