package inspect_test

import (
	"testing"
	"time"

	"github.com/millrace/millrace/cmd/millrace/inspect"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1 kB", 1536: "1.5 kB", 3 << 30: "3 GB", 5 << 50: "5120 TB"} {
		if got := inspect.Size(&bytes); got != want {
			t.Errorf("%d: %q, want %q", bytes, got, want)
		}
	}
	if got := inspect.Size(nil); got != "-" {
		t.Error(got)
	}
	for span, want := range map[time.Duration]string{
		0: "0s", 1234567 * time.Nanosecond: "1ms", 9900 * time.Millisecond: "9.9s", 12400 * time.Millisecond: "12s", 90 * time.Second: "2m",
		90 * time.Minute: "1h30m", 50 * time.Hour: "2 days",
	} {
		if got := inspect.Span(span); got != want {
			t.Errorf("%s: %q, want %q", span, got, want)
		}
	}
	if got := inspect.When(time.Time{}); got != "-" {
		t.Error(got)
	}
}
