package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	// smallDisk has room for the servers' own files and little more.
	smallDisk = "size=300m"
	// fullAt is the number of accepted orders after which the disk is full.
	fullAt = 100
)

// mountSmall mounts a small disk, or skips the test where this user may not.
func mountSmall(t *testing.T) string {
	t.Helper()
	dir := openDirectory(t)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, smallDisk+",mode=711"); err != nil {
		if os.Getenv("MILLRACE_REQUIRE_SERVERS") != "" {
			t.Fatalf("a small disk is required: mount tmpfs: %v; run the test as root", err)
		}
		t.Skipf("SKIPPED, no small disk to fill: mount tmpfs: %v; run the test as root", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all room that is left, and returns what gives it back.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "hog")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte{1}, 1<<16)
	for err == nil {
		_, err = file.Write(block)
	}
	if closeErr := file.Close(); closeErr != nil {
		t.Fatal(closeErr)
	}
	return func() {
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
}

// TestFullDisk fills the disk in the middle of orders. What is refused says what to do; with room again dev goes on by
// itself, and each accepted order is on the topic.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir, client := mountSmall(t), httpClient(t)
	p := launch(t, nil, "--data", filepath.Join(dir, "data")).awaitReady(t)
	shop := p.at(t, "shop")
	var mu sync.Mutex
	accepted := map[string]bool{}
	var next atomic.Int64
	reached, stop := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("order-%d", next.Add(1))
				if place(t.Context(), client, shop, id) != http.StatusCreated {
					continue
				}
				mu.Lock()
				accepted[id] = true
				count := len(accepted)
				mu.Unlock()
				if count == fullAt {
					close(reached)
				}
			}
		})
	}
	<-reached
	free := fill(t, dir)
	detail := refused(t, client, shop)
	if !strings.Contains(detail, dir) || !strings.Contains(detail, "make room") {
		t.Errorf("an order without room: %s", detail)
	}
	await(t, shop+"/readyz?verbose", http.StatusServiceUnavailable, "[-]disk fails (critical")
	close(stop)
	wg.Wait()
	_, errs, code := command(t, "", "dev", "--http", "127.0.0.1:0", "--kafka", "127.0.0.1:0", "--data", filepath.Join(dir, "other"))
	if code != 1 || !strings.Contains(errs, "make room") || !strings.Contains(errs, "--data") {
		t.Errorf("a start without room: %d: %s", code, errs)
	}
	free()
	awaitAccepted(t, client, shop, "after")
	accepted["after"] = true
	seen := awaitEvents(t, p.at(t, "kafka"), accepted)
	for id := range accepted {
		if seen[id] == 0 {
			t.Errorf("the accepted order %s is not on the topic", id)
		}
	}
	if err := p.signal(t, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}

// refused is what the shop says of an order that it does not take.
func refused(t *testing.T, client *http.Client, shop string) string {
	t.Helper()
	response, err := client.Post(shop+"/orders", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("%s, %v", response.Status, err)
	}
	return string(text)
}

func awaitAccepted(t *testing.T, client *http.Client, shop, id string) {
	t.Helper()
	poll := time.NewTicker(200 * time.Millisecond)
	defer poll.Stop()
	late := time.After(patience)
	for place(t.Context(), client, shop, id) != http.StatusCreated {
		select {
		case <-poll.C:
		case <-late:
			t.Fatal("with room again no order is accepted")
		}
	}
}
