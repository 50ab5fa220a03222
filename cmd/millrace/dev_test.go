package main_test

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestDev(t *testing.T) {
	t.Parallel()
	p := launch(t, nil, "--ephemeral").awaitReady(t)
	shop, kafka, client := p.at(t, "shop"), p.at(t, "kafka"), httpClient(t)
	for _, path := range []string{"/livez", "/readyz", "/"} {
		if got := status(t, client, shop+path); got != http.StatusOK {
			t.Errorf("%s: %d", path, got)
		}
	}
	follow(t, client, shop, "order-1", func() {
		if got := place(t.Context(), client, shop, "order-1"); got != http.StatusCreated {
			t.Errorf("POST /orders: %d", got)
		}
	})
	awaitEvents(t, kafka, map[string]bool{"order-1": true})
	out, errs, code := command(t, "", "tail", "shop.order.placed", "--kafka", kafka, "--from", "earliest", "--until-end", "--json")
	if code != 0 {
		t.Fatalf("tail: %d: %s", code, errs)
	}
	lines := jsonLines[struct {
		Topic, Key, Type string
		Value            struct{ ID, Customer string }
	}](t, out)
	if len(lines) != 1 || lines[0].Key != "order-1" || lines[0].Type != "shop.order.placed" || lines[0].Value.Customer != "Ada" {
		t.Errorf("tail printed %s", out)
	}
	data := p.at(t, "data")
	client.CloseIdleConnections()
	if err := p.signal(t, syscall.SIGTERM); err != nil || !strings.Contains(p.output(), "stopped") {
		t.Errorf("after SIGTERM: %v\n%s", err, p.output())
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", data, err)
	}
}

func TestRestartKeepsOrders(t *testing.T) {
	t.Parallel()
	data, client := openDirectory(t), httpClient(t)
	first := launch(t, nil, "--data", data).awaitReady(t)
	if got := place(t.Context(), client, first.at(t, "shop"), "kept"); got != http.StatusCreated {
		t.Fatalf("POST /orders: %d", got)
	}
	awaitEvents(t, first.at(t, "kafka"), map[string]bool{"kept": true})
	if err := first.signal(t, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	second := launch(t, nil, "--data", data).awaitReady(t)
	if got := status(t, client, second.at(t, "shop")+"/orders/kept"); got != http.StatusOK {
		t.Errorf("GET /orders/kept after a restart: %d", got)
	}
	if seen := awaitEvents(t, second.at(t, "kafka"), map[string]bool{"kept": true}); seen["kept"] != 1 {
		t.Errorf("the event is there %d times", seen["kept"])
	}
}
