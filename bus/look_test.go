package bus_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/request"
)

// The engine looks for a request where a header of such a name stands.
func TestRequestHeaderNames(t *testing.T) {
	t.Parallel()
	for field, name := range reflect.ValueOf(request.Kafka()).Fields() {
		if text := name.String(); text != bus.HeaderTenant && !strings.HasPrefix(text, "millrace-") {
			t.Errorf("%s is carried in %q", field.Name, text)
		}
	}
}
