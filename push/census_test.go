package push_test

import (
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

func TestCensus(t *testing.T) {
	t.Parallel()
	hub, ready := running(t, bustest.Open(t))
	<-ready
	sse, ws := httptest.NewServer(hub.SSE()), httptest.NewServer(hub.WebSocket())
	t.Cleanup(sse.Close)
	t.Cleanup(ws.Close)
	if got := hub.Census(); got.Connections != 0 || len(got.Channels) != 0 || len(got.Tenants) != 0 {
		t.Errorf("%+v", got)
	}
	connect(t, sse.URL+"?channel=a&channel=b", "")
	connect(t, sse.URL+"?channel=a", "")
	c := dial(t, strings.Replace(ws.URL, "http", "ws", 1))
	c.follow("a", "1", "")
	dial(t, strings.Replace(ws.URL, "http", "ws", 1))
	want := push.Census{
		Connections: 4, Formats: map[string]int{"text/event-stream": 2, "websocket": 2},
		Channels: []push.Counted{{Name: "a", Connections: 3}, {Name: "b", Connections: 1}}, Tenants: []push.Counted{},
	}
	if got := hub.Census(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}
