package main_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/millrace/millrace/internal/browsertest"
)

// stock gives a shop's console something to show: orders on their ways, a dead job, endpoints that fare well and badly, and dead letters.
func stock(t *testing.T, shop, kafka string) {
	t.Helper()
	client := httpClient(t)
	send := func(path, body string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, shop+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	post := func(path, body string) {
		t.Helper()
		poll := time.NewTicker(200 * time.Millisecond) // until what works for the shop has begun
		defer poll.Stop()
		for send(path, body) != http.StatusCreated {
			select {
			case <-poll.C:
			case <-time.After(patience):
				t.Fatalf("%s is not taken", path)
			}
		}
	}
	post("/hooks/endpoints", fmt.Sprintf(`{"url":"%s/hooks/receiver"}`, shop))
	post("/hooks/endpoints", fmt.Sprintf(`{"url":"%s/hooks/receiver?fail=9","types":["order.placed"]}`, shop))
	for i, email := range []string{
		"ada@example.com", "grace@nowhere.example", "alan@flaky.example", "edsger@example.com",
		"barbara@example.com", "tony@example.com",
	} {
		price := []int{450, 2400, 1250, 60_000, 8_900, 7_000_000}[i] // one waits for an approval, and the bank declines another
		post("/orders", fmt.Sprintf(`{"id":"order-%d","customer":"Ada","email":%q,"items":[{"sku":"tea","quantity":1,"price_cents":%d}]}`,
			i+1, email, price))
	}
	for i, event := range []string{`{"id":7}`, `{"id":"order-9","customer":`, `"tea"`} {
		if _, errs, code := command(t, "", "publish", "outbox.event.order", event, "--kafka", kafka, "--key", fmt.Sprint("broken-", i),
			"--type", "shop.order.placed"); code != 0 {
			t.Fatal(errs)
		}
	}
}

//nolint:revive // function-length: one visit to the console, step by step
func TestConsole(t *testing.T) {
	t.Parallel()
	p := browsertest.Open(t)
	dev := launch(t, nil, "--ephemeral").awaitReady(t)
	shop, kafka := dev.at(t, "shop"), dev.at(t, "kafka")
	stock(t, shop, kafka)
	card := func(section, fact, is string) string {
		return fmt.Sprintf(`[...document.querySelectorAll('.card')].some(c => c.querySelector('a').hash === '#/%s' && [...c.querySelectorAll('dl > div')]
			.some(d => d.querySelector('dt').textContent === '%s' && d.querySelector('dd').textContent %s))`, section, fact, is)
	}

	p.Look(1440, 900, "light")
	p.Run(chromedp.Navigate(dev.at(t, "console")))
	p.Wait(card("dead-letters", "Dead letters", "=== '6'") + ` && ` + card("jobs", "dead", "=== '2'") + ` && ` + card("sagas", "completed", ">= '3'"))
	p.Wait(card("webhooks", "Endpoints", "=== '2'") + ` && document.querySelector('#link').dataset.state === 'live'`)
	p.Wait(`document.querySelector('.verdict').dataset.tone === 'bad' && document.querySelector('.verdict').textContent.includes('dead letters')`)
	p.Accessible("overview")
	p.Shoot("console-overview")
	p.Look(1440, 900, "dark")
	p.Accessible("overview dark")
	p.Shoot("console-overview-dark")

	for _, section := range []string{
		"health", "lag", "shards", "outbox", "dead-letters", "sagas", "machines", "jobs", "webhooks", "topics", "push", "audit", "configuration",
	} {
		p.Run(chromedp.Evaluate[chromedp.Void](`location.hash = '#/` + section + `'`))
		p.Wait(`document.querySelector('#nav a[aria-current]').dataset.section === '` + section +
			`' && document.querySelector('.total').textContent !== ''`)
		if section == "audit" || section == "push" {
			p.Wait(`document.querySelector('.page .empty').checkVisibility() || document.querySelector('tbody tr') !== null`)
		} else {
			p.Wait(`document.querySelector('tbody tr a') !== null`)
			p.Run(chromedp.Click("tbody tr a"))
			p.Wait(`document.querySelector('#aside dl.facts') !== null && document.activeElement.id === 'aside-title'`)
		}
		for _, scheme := range []string{"light", "dark"} {
			p.Look(1440, 900, scheme)
			p.Accessible(section + " " + scheme)
		}
		p.Shoot("console-" + section)
	}
	if got := p.Complaints(true); len(got) != 0 {
		t.Errorf("the browser's console says %q", got)
	}

	p.Look(1440, 900, "light")
	p.Run(chromedp.Evaluate[chromedp.Void](`location.hash = '#/dead-letters'`))
	p.Wait(`document.querySelectorAll('tbody tr').length === 6 && document.querySelector('#aside').hidden`)
	redriveByKeyboard(p)
	p.Wait(`document.querySelectorAll('tbody tr').length === 6 && !document.querySelector('tbody tr[data-id="shop-fulfilment/0@0"]')`)
	p.Run(chromedp.Click("thead input[type=checkbox]"), chromedp.Click(".chosen .danger"))
	p.Wait(`document.querySelector('#dialog').open`)
	p.Accessible("dialog")
	p.Run(chromedp.Click("#confirm"))
	p.Wait(`document.querySelector('#dialog-said').textContent === 'Say why.' && document.activeElement.id === 'reason'`)
	p.Run(chromedp.SendKeys("#reason", "never were orders"))
	p.Shoot("console-dialog")
	p.Run(chromedp.Click("#confirm"))
	p.Wait(`document.querySelector('#dialog-said').textContent === 'Discard: 6 of 6 done.'`)
	p.Run(chromedp.KeyEvent(kb.Escape))
	p.Wait(`!document.querySelector('tbody tr') && document.querySelector('.page .empty').checkVisibility()`)

	p.Run(chromedp.Evaluate[chromedp.Void](`location.hash = '#/jobs?f.state=dead'`))
	p.Wait(`document.querySelectorAll('tbody tr').length === 2`)
	p.Run(chromedp.Click("tbody tr a"))
	p.Wait(`document.querySelector('#aside [data-action=redrive]')?.disabled === false`)
	p.Run(chromedp.Click("#aside [data-action=redrive]"))
	p.Wait(`document.querySelector('#dialog').open`)
	p.Run(chromedp.Click("#confirm"))
	p.Wait(`document.querySelector('#dialog-said').textContent.startsWith('The job is ')`)
	p.Run(chromedp.KeyEvent(kb.Escape), chromedp.Evaluate[chromedp.Void](`location.hash = '#/audit'`))
	p.Wait(`[...document.querySelectorAll('tbody .state')].filter(s => s.textContent === 'done').length === 8`)
	p.Shoot("console-audit-after")

	p.Look(400, 800, "light", chromedp.EmulateMobile)
	for _, at := range []string{"#/", "#/sagas"} {
		p.Run(chromedp.Evaluate[chromedp.Void](`location.hash = '` + at + `'`))
		p.Wait(`document.querySelector('#title') && document.querySelector('.card dd, tbody tr a') && ` +
			`document.documentElement.scrollWidth <= innerWidth`)
		p.Accessible("narrow " + at)
		p.Shoot("console-narrow" + strings.NewReplacer("#", "", "/", "-").Replace(at))
	}
	p.Run(chromedp.Click("tbody tr a"))
	p.Wait(`document.querySelector('#aside table') && document.documentElement.scrollWidth <= innerWidth`)
	p.Accessible("narrow details")
	p.Shoot("console-narrow-details")
	if got := p.Complaints(false); len(got) != 0 {
		t.Errorf("the browser's console says %q", got)
	}
	audited(t, kafka)
	if err := dev.signal(t, syscall.SIGTERM); err != nil || strings.Contains(dev.output(), "cut off") {
		t.Errorf("it ends with a viewer: %v\n%s", err, dev.output())
	}
}

// redriveByKeyboard finds a dead letter, opens it, gives it back and leaves it, without a mouse.
func redriveByKeyboard(p *browsertest.Tab) {
	p.Helper()
	press := func(keys ...string) {
		p.Helper()
		for _, key := range keys {
			p.Run(chromedp.KeyEvent(key))
		}
	}
	press("/")
	p.Wait(`document.activeElement.id === 'search'`)
	p.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('#search').value = ''`)) // where the key's character comes by itself
	press("fulfilment 0@0")
	p.Wait(`document.querySelectorAll('tbody tr').length === 1 && location.hash.includes('search=fulfilment')`)
	press(kb.Escape, "g", kb.ArrowDown, kb.ArrowUp)
	p.Wait(`document.activeElement.dataset.section === 'dead-letters'`)
	p.Run(chromedp.Evaluate[chromedp.Void](`document.querySelector('tbody tr a').focus()`))
	press(kb.Enter)
	p.Wait(`document.activeElement.id === 'aside-title' && document.querySelector('#aside [data-action=redrive]') !== null`)
	press(kb.Tab, kb.Escape)
	p.Wait(`document.querySelector('#aside').hidden && document.activeElement.closest('tr')?.dataset.id === 'shop-fulfilment/0@0'`)
	press(kb.Enter)
	p.Wait(`document.activeElement.id === 'aside-title' && document.querySelector('#aside [data-action=redrive]') !== null`)
	press(kb.Tab)
	p.Wait(`document.activeElement.dataset.action === 'redrive'`)
	press(kb.Enter)
	p.Wait(`document.querySelector('#dialog').open && document.activeElement.id === 'reason'`)
	press("try again", kb.Tab, kb.Tab)
	p.Wait(`document.activeElement.id === 'confirm'`)
	press(kb.Enter)
	p.Wait(`document.querySelector('#dialog-said').textContent.startsWith('The event was given back')`)
	press(kb.Escape, kb.Escape)
	p.Wait(`!document.querySelector('#dialog').open && document.querySelector('#aside').hidden`)
	p.Run(chromedp.Click(".tools > button"))
}

// audited reads what the console has told its topic.
func audited(t *testing.T, kafka string) {
	t.Helper()
	out, errs, code := command(t, "", "tail", "millrace.console.attempted", "--kafka", kafka, "--from", "earliest", "--until-end", "--json")
	if code != 0 {
		t.Fatal(errs)
	}
	var told bytes.Buffer
	for _, line := range jsonLines[struct {
		Value struct{ Outcome, Principal, Section, Action, Reason string }
	}](t, out) {
		v := line.Value
		fmt.Fprintf(&told, "%s %s %s %s %q\n", v.Outcome, v.Principal, v.Section, v.Action, v.Reason)
	}
	const discarded = "asked developer dead-letters discard \"never were orders\"\ndone developer dead-letters discard \"never were orders\"\n"
	want := "asked developer dead-letters redrive \"try again\"\ndone developer dead-letters redrive \"try again\"\n" + strings.Repeat(discarded, 6) +
		"asked developer jobs redrive \"\"\ndone developer jobs redrive \"\"\n"
	if told.String() != want {
		t.Errorf("the audit has\n%s\nwant\n%s", told.String(), want)
	}
}
