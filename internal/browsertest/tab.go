package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

//go:embed axe.min.js
var axe string

// Tab is one page in a headless Chromium.
type Tab struct {
	testing.TB
	ctx      context.Context //nolint:containedctx // chromedp keeps the tab in it
	opened   bool
	mu       sync.Mutex
	messages []chromedp.ConsoleMessage
}

// Open opens a tab, or skips the test where there is no Chromium; MILLRACE_REQUIRE_SERVERS makes that a failure.
func Open(t testing.TB) *Tab {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	switch {
	case path != "":
	case os.Getenv("MILLRACE_REQUIRE_SERVERS") != "":
		t.Fatal("Chromium is required: install it, on Debian with apt-get install chromium")
	default:
		t.Skip("SKIPPED, no Chromium: install it, on Debian with apt-get install chromium")
	}
	dir, err := os.MkdirTemp("", "chromium") //nolint:usetesting // Chromium may still write when the test ends
	if err != nil {
		t.Fatal(err)
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(dir),
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("force-color-profile", "srgb"))
	browser, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), flags...)
	ctx, closeTab := chromedp.NewContext(browser)
	p := &Tab{TB: t, ctx: ctx}
	var listening sync.WaitGroup
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Log("close Chromium: ", err)
		}
		closeTab()
		stop()
		listening.Wait()
		_ = os.RemoveAll(dir)
	})
	p.Run(chromedp.Steps())
	console := chromedp.Console(ctx)
	listening.Go(func() {
		for message, err := range console {
			if err != nil {
				return
			}
			p.mu.Lock()
			p.messages = append(p.messages, message)
			p.mu.Unlock()
		}
	})
	return p
}

// Run does things in the tab, one after the other.
func (p *Tab) Run(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, cancel := p.bound()
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

// bound limits what runs in a tab that is open; the first run opens it and must not be limited.
func (p *Tab) bound() (context.Context, context.CancelFunc) {
	if !p.opened {
		p.opened = true
		return p.ctx, func() {}
	}
	return context.WithTimeout(p.ctx, 2*time.Minute)
}

// Wait waits until an expression of JavaScript is true in the page.
func (p *Tab) Wait(expression string) {
	p.Helper()
	ctx, cancel := p.bound()
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(90*time.Second))); err != nil {
		p.Shoot("failed")
		p.Fatalf("waited for %s: %v", expression, err)
	}
}

// Press clicks on what the selector finds, once it may be: wherever it stands by then, since a page that moves makes a pointer miss.
func (p *Tab) Press(selector string) {
	p.Helper()
	p.Wait(fmt.Sprintf("(e => e && !e.disabled && (e.click(), true))(document.querySelector(%q))", selector))
}

// Text is that of the element that a selector means.
func (p *Tab) Text(selector string) string {
	p.Helper()
	text, err := chromedp.Run(p.ctx, chromedp.TextContent(selector))
	if err != nil {
		p.Fatal(err)
	}
	return strings.TrimSpace(text)
}

// Look sets the size and the colour scheme of the page.
func (p *Tab) Look(width, height int64, scheme string, opts ...chromedp.EmulateViewportOption) {
	p.Helper()
	p.Run(chromedp.EmulateViewport(width, height, opts...))
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		p.Fatal(err)
	}
}

// Shoot saves what the window shows among the test's artifacts.
func (p *Tab) Shoot(name string) {
	p.Helper()
	still := chromedp.Poll[bool](`document.getAnimations().every(a => a.effect.getTiming().iterations === Infinity || a.playState !== 'running')`)
	if _, err := chromedp.Run(p.ctx, still); err != nil {
		p.Error(err)
	}
	picture, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(p.ArtifactDir(), name+".png"), picture, 0o600)
	}
	if err != nil {
		p.Error(err)
	}
}

// Accessible fails the test for each violation that axe-core finds.
func (p *Tab) Accessible(when string) {
	p.Helper()
	for _, v := range p.violations() {
		p.Errorf("%s: %s: %s: %s", when, v.ID, v.Help, fmt.Sprint(v.Nodes))
	}
}

// violation is what axe-core finds.
type violation struct {
	ID, Help string
	Nodes    []struct{ HTML, FailureSummary string }
}

func (p *Tab) violations() []violation {
	p.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Evaluate[chromedp.Void](axe)); err != nil {
		p.Fatal(err)
	}
	found, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](
		`axe.run().then(r => JSON.stringify(r.violations))`, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatal(err)
	}
	var violations []violation
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		p.Fatal(err)
	}
	return violations
}

// Complaints are the errors and warnings on the console; those of the network are left out where a test cuts it.
func (p *Tab) Complaints(network bool) (texts []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.messages {
		if (m.IsException() || m.Type == "error" || m.Type == "warning") && (network || m.Source != "network") {
			texts = append(texts, m.String())
		}
	}
	return texts
}
