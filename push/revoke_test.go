package push_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

func TestRevocation(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := sockets(t, b, push.Tokens(granter{}))
	hub, _ := running(t, b, push.Tokens(granter{}))
	<-hub.Ready()
	server := httptest.NewServer(hub.SSE())
	t.Cleanup(server.Close)
	one, other := dial(t, url, "Authorization", "Bearer 1//a"), dial(t, url, "Authorization", "Bearer 2//a")
	stream := connect(t, server.URL+"?channel=a", "", "Authorization", "Bearer 1//a")
	if err := push.Revoke(t.Context(), b, "1", "9").Err(); err != nil {
		t.Fatal(err)
	}
	if code := one.closed(); code != 3503 {
		t.Errorf("closed with %d", code)
	}
	if _, more := stream.next(); more {
		t.Error("the stream goes on")
	}
	other.follow("a", "", "")
	if status := refused(t, url, "Authorization", "Bearer 1//a"); status != http.StatusUnauthorized {
		t.Errorf("connected again: %d", status)
	}
	if answer := other.call("push.refresh", `{"token":"9//a"}`); answer.Error == nil || answer.Error.Code != -32001 {
		t.Errorf("%+v", answer)
	}
	later, _ := sockets(t, b, push.Tokens(granter{}))
	if status := refused(t, later, "Authorization", "Bearer 1//a"); status != http.StatusUnauthorized {
		t.Errorf("on a hub that began later: %d", status)
	}
}
