package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
)

// place posts an order and returns the status, 0 where there was no answer.
func place(ctx context.Context, client *http.Client, shop, id string) int {
	body := fmt.Sprintf(`{"id":%q,"customer":"Ada","email":"ada@example.com","items":[{"sku":"tea","quantity":2,"price_cents":450}]}`, id)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, shop+"/orders", strings.NewReader(body))
	if err != nil {
		return 0
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	return response.StatusCode
}

// awaitMails waits until so many mails are kept, and no more than there are jobs that are done: one that is kept twice is never made up for.
func awaitMails(t *testing.T, client *http.Client, shop string, least int) {
	t.Helper()
	var report struct {
		Counts map[string]int
		Kept   int
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	poll := time.NewTicker(200 * time.Millisecond) //nolint:mnd // often enough
	defer poll.Stop()
	for report.Kept < least || report.Kept != report.Counts["done"] {
		select {
		case <-poll.C:
		case <-ctx.Done():
			t.Fatalf("of %d mails: %+v", least, report)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, shop+"/mail", nil)
		if err != nil {
			t.Fatal(err)
		}
		report.Counts = nil
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(response.Body).Decode(&report)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func httpClient(t *testing.T) *http.Client {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}} //nolint:mnd // as many as post at once
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func status(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

// awaitEvents returns how often each wanted order is on the topic, once all of them are or patience ends.
func awaitEvents(t *testing.T, kafka string, wanted map[string]bool) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := bus.Open(ctx, "kafka://"+kafka)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	seen, missing := map[string]int{}, len(wanted)
	for record, err := range b.Read(ctx, "outbox.event.order", bus.Earliest) {
		if err != nil {
			t.Fatal(err)
		}
		id := string(record.Key)
		if seen[id]++; seen[id] == 1 && wanted[id] {
			missing--
		}
		if missing == 0 {
			break
		}
	}
	return seen
}

// follow reads the event stream until it names the order.
func follow(t *testing.T, client *http.Client, shop, order string, connected func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, shop+"/events?channel=orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	connected()
	text := ""
	buffer := make([]byte, 4096)
	for !strings.Contains(text, order) {
		n, err := response.Body.Read(buffer)
		if text += string(buffer[:n]); err != nil {
			t.Fatalf("the stream ended with %v after %q", err, text)
		}
	}
}

// jsonLines decodes what --json printed.
func jsonLines[T any](t *testing.T, text string) []T {
	t.Helper()
	var lines []T
	for line := range strings.Lines(text) {
		var value T
		if err := json.Unmarshal([]byte(line), &value); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		lines = append(lines, value)
	}
	return lines
}
