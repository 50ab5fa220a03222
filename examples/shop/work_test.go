package shop_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/checkout"
)

// TestWorkInABrowser lets a visitor register an endpoint and place an order, and see its mails and its deliveries, live and after a reload.
func TestWorkInABrowser(t *testing.T) {
	t.Parallel()
	p := chromium(t)
	f := open(t, nil, shop.Pace(checkout.Pace{Approval: time.Minute, Pack: 300 * time.Millisecond, Ship: 300 * time.Millisecond}))
	f.run()
	p.look(1280, 900, "light")
	p.run(chromedp.Navigate(f.url))
	p.wait(`document.querySelector('#link').dataset.state === 'live' && document.querySelector('#mail-counts dd').textContent === '0'`)
	p.run(chromedp.SetValue("#hook-url", "http://169.254.169.254/"), chromedp.Click("#register button"))
	p.wait(`document.querySelector('#hook-problem').checkVisibility()`)
	p.run(chromedp.SetValue("#hook-url", f.url+"/hooks/receiver?fail=1"), chromedp.Click("#register button"))
	p.wait(`document.querySelector('#endpoints b')?.textContent === '/hooks/receiver?fail=1'`)
	p.run(chromedp.SetValue("#email", "ada@flaky.example"), chromedp.Click("#place"))
	p.wait(`document.querySelector('#jobs li[data-state=retrying] .due') !== null`)
	p.run(chromedp.ScrollIntoView("#mail"))
	p.shoot("work-retrying")
	p.run(chromedp.SetValue("#email", "ada@nowhere.example"), chromedp.Click("#place"))
	p.wait(`document.querySelectorAll('#jobs li[data-state=dead]').length === 2 && document.querySelector('#mail-counts [data-state=dead] dd').textContent === '2'`)
	p.wait(`document.querySelectorAll('#jobs li[data-state=done]').length === 2 && document.querySelector('#mails-kept').textContent === '2 mails kept'`)
	p.wait(`document.querySelectorAll('#deliveries li[data-state=delivered]').length === 10`)
	p.wait(`document.querySelector('#received').textContent === '10 received, each once · 10 refused'`)
	p.wait(`document.querySelector('#endpoints small').textContent === '10 delivered'`)
	p.run(chromedp.Click("#mails summary"))
	if got := p.text("#mails pre"); !strings.Contains(got, "Dear Ada Lovelace") {
		t.Errorf("the mail says %q", got)
	}
	p.run(chromedp.ScrollIntoView("#mail"))
	p.shoot("work")
	p.accessible("work")
	p.look(1280, 900, "dark")
	p.shoot("work-dark")
	p.accessible("work dark")
	p.look(390, 844, "light", chromedp.EmulateMobile)
	p.run(chromedp.Reload())
	p.wait(`document.querySelectorAll('#jobs li').length === 4 && document.querySelectorAll('#mails li').length === 2 && document.querySelectorAll('#deliveries li').length === 10`)
	p.wait(`document.documentElement.scrollWidth <= innerWidth`)
	for name, at := range map[string]string{"mail": "#mail", "hooks": "#hooks"} {
		p.run(chromedp.ScrollIntoView(at))
		p.shoot("work-mobile-" + name)
	}
	p.accessible("work mobile")
	p.run(chromedp.Click("#endpoints button"))
	p.wait(`!document.querySelector('#endpoints li') && !document.querySelector('#deliveries li')`)
	if got := p.complaints(false); len(got) != 0 {
		t.Errorf("the console says %q", got)
	}
}
