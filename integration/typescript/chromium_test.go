package typescript_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/millrace/millrace/integration/servers"
)

// chromium opens a tab of a headless Chromium.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := "", errors.New("there is no Chromium: install it, on Debian with apt-get install chromium")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, missing := exec.LookPath(name); missing == nil {
			path, err = found, nil
			break
		}
	}
	servers.Require(t, err)
	dir, err := os.MkdirTemp("", "chromium") //nolint:usetesting // Chromium may still write when the test ends
	if err != nil {
		t.Fatal(err)
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(dir),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	browser, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), flags...)
	tab, closeTab := chromedp.NewContext(browser)
	t.Cleanup(func() {
		if err := chromedp.Cancel(tab); err != nil {
			t.Log("close Chromium: ", err)
		}
		closeTab()
		stop()
		_ = os.RemoveAll(dir)
	})
	if err := chromedp.Do(tab, chromedp.Steps()); err != nil { // it opens the tab, and must not be limited
		t.Fatal(err)
	}
	return tab
}

// TestChromium plays the scenarios of TestNode in a page.
func TestChromium(t *testing.T) {
	t.Parallel()
	build(t)
	s := newStage(t)
	ctx, cancel := context.WithTimeout(chromium(t), patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(s.URL+"/test/hub/page.html")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`globalThis.results !== undefined`)); err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`globalThis.results`))
	if err != nil {
		t.Fatal(err)
	}
	var results map[string]string
	if err := json.Unmarshal([]byte(text), &results); err != nil || len(results) == 0 {
		t.Fatal(text, err)
	}
	for name, failure := range results {
		if failure != "" {
			t.Errorf("%s: %s", name, failure)
		}
	}
}
