package integration_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// place posts an order and returns the status, 0 where there was no answer.
func place(ctx context.Context, client *http.Client, pod, id string) int {
	body := fmt.Sprintf(`{"id":%q,"customer":"Ada","items":[{"sku":"tea","quantity":2,"price_cents":450}]}`, id)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, pod+"/orders", strings.NewReader(body))
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

func httpClient(t *testing.T) *http.Client {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// stream opens the pod's event stream.
func stream(ctx context.Context, t *testing.T, client *http.Client, pod string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, pod+"/events?channel=orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		t.Fatalf("GET /events: %s", response.Status)
	}
	return response
}

// awaitOnStream reads the stream until it has named every wanted order, and returns those that it has not.
func awaitOnStream(response *http.Response, wanted map[string]bool) map[string]bool {
	missing := map[string]bool{}
	for id := range wanted {
		missing[id] = true
	}
	lines := bufio.NewScanner(response.Body)
	for len(missing) > 0 && lines.Scan() {
		data, isData := strings.CutPrefix(lines.Text(), "data:")
		if !isData {
			continue
		}
		_, rest, _ := strings.Cut(data, `"order":{"id":"`)
		id, _, _ := strings.Cut(rest, `"`)
		delete(missing, id)
	}
	return missing
}

// onTopic reads the orders' topic to its end with kcat, and returns how often each event of each order stands there.
func onTopic(t *testing.T) map[string]map[string]int {
	t.Helper()
	read := exec.CommandContext(t.Context(), "kcat", "-q", "-b", kcatBroker(t), "-C", "-e", "-t", "outbox.event.order", "-f", "%k\t%h\n")
	output, err := read.Output()
	if err != nil {
		t.Fatalf("kcat: %v", err)
	}
	events := map[string]map[string]int{}
	for line := range strings.Lines(string(output)) {
		key, headers, _ := strings.Cut(strings.TrimSpace(line), "\t")
		for header := range strings.SplitSeq(headers, ",") {
			name, value, _ := strings.Cut(header, "=")
			if name != "ce_id" {
				continue
			}
			if events[key] == nil {
				events[key] = map[string]int{}
			}
			events[key][value]++
		}
	}
	return events
}
