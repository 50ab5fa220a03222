package push_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// polled is the lines of an answer.
func polled(t *testing.T, url string) (data []string, lastID string, reset bool) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		var line struct {
			ID    string
			Data  json.RawMessage
			Reset string
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line.ID != "" {
			lastID = line.ID
		}
		if line.Data != nil {
			data = append(data, string(line.Data))
		}
		reset = reset || line.Reset != ""
	}
	return data, lastID, reset
}

func TestPoll(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	var urls []string
	for range 2 {
		hub, ready := running(t, b)
		<-ready
		server := httptest.NewServer(hub.Poll())
		t.Cleanup(server.Close)
		urls = append(urls, server.URL+"?channel=news&")
	}
	news := push.Define[string]("news")
	data, id, _ := polled(t, urls[0])
	if len(data) != 0 || id == "" {
		t.Fatalf("the first poll has %v and the id %q", data, id)
	}
	sent, got := 0, 0
	for round := range 6 {
		waiting := make(chan []string, 1)
		at := urls[round%2] + "last_event_id=" + id
		go func() {
			data, next, reset := polled(t, at)
			if reset {
				t.Error("a reset")
			}
			id = next
			waiting <- data
		}()
		for range round {
			publish(t, b, news, "k", fmt.Sprint(sent))
			sent++
		}
		if round == 0 {
			publish(t, b, news, "k", fmt.Sprint(sent))
			sent++
		}
		for _, text := range <-waiting {
			if text != fmt.Sprintf("%q", fmt.Sprint(got)) {
				t.Errorf("message %d is %s", got, text)
			}
			got++
		}
	}
	for got < sent {
		data, next, _ := polled(t, urls[0]+"wait=1&last_event_id="+id)
		got, id = got+len(data), next
	}
	if data, _, _ := polled(t, urls[1]+"wait=0&last_event_id="+id); len(data) != 0 {
		t.Errorf("more came: %v", data)
	}
	if _, _, reset := polled(t, urls[0]+"last_event_id=nonsense"); !reset {
		t.Error("no reset")
	}
	for _, wrong := range []string{"wait=61", "wait=-1", "wait=x"} {
		response, err := http.Get(urls[0] + wrong)
		if err != nil || response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %v", wrong, response)
		}
		_ = response.Body.Close()
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	hub, ready := running(t, bustest.Open(t), push.Origins("https://app.example.com"))
	<-ready
	for _, handler := range []http.Handler{hub.SSE(), hub.Poll(), hub.Ticket()} {
		for origin, want := range map[string]string{"https://app.example.com": "https://app.example.com", "https://evil.example": ""} {
			answer := httptest.NewRecorder()
			request := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "/?channel=news", nil)
			request.Header.Set("Origin", origin)
			request.Header.Set("Access-Control-Request-Method", http.MethodGet)
			handler.ServeHTTP(answer, request)
			if got := answer.Header().Get("Access-Control-Allow-Origin"); got != want || (answer.Code == http.StatusNoContent) != (want != "") {
				t.Errorf("%s: %d %q", origin, answer.Code, got)
			}
			if want != "" && !strings.Contains(answer.Header().Get("Access-Control-Allow-Headers"), "Last-Event-ID") {
				t.Errorf("%v", answer.Header())
			}
		}
	}
}
