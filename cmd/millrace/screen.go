package main

import (
	"fmt"
	"io"
	"os/exec"
	"runtime"
)

// screen is what dev tells the person who started it.
type screen struct{ out io.Writer }

// say prints one line; a closed terminal does not stop the program.
func (s *screen) say(text string) { _, _ = fmt.Fprintln(s.out, text) }

func (s *screen) part(name, at, note string) {
	if note != "" {
		note = "  (" + note + ")"
	}
	s.say(fmt.Sprintf("  %-9s %s%s", name, at, note))
}

// downloading says what comes from the network and where it goes, and draws how far it is.
func (s *screen) downloading(what, folder string) func(done, total int64) {
	s.say("  " + what + " is not installed; downloading it, once, to " + folder)
	const unit = 1 << 20
	shown := int64(-1)
	return func(done, total int64) {
		if total == 0 || done/unit == shown && done < total {
			return
		}
		shown = done / unit
		bar := newProgress(s.out, "  MB of "+what, int(total/unit))
		if bar.set(int(shown)); done >= total {
			bar.end()
		}
	}
}

const tryText = `ready

Try, in another terminal:

  # place an order
  curl -sS -X POST http://%[1]s/orders -H 'Content-Type: application/json' \
    -d '{"id":"order-1","customer":"Ada","items":[{"sku":"tea","quantity":2,"price_cents":450}]}'

  # see its event in Kafka
  %[2]s

  # watch orders travel
  %[3]s http://%[1]s

Ctrl-C stops everything.
`

func (s *screen) ready(http, kafka string) {
	read := "millrace tail outbox.event.order --from earliest --until-end --headers --kafka " + kafka
	if _, err := exec.LookPath("kcat"); err == nil {
		read = fmt.Sprintf(`kcat -b %s -C -t outbox.event.order -e -f 'key %%k\nheaders %%h\n%%s\n\n'`, kafka)
	}
	open := "xdg-open"
	if runtime.GOOS == "darwin" {
		open = "open"
	}
	_, _ = fmt.Fprintf(s.out, tryText, http, read, open)
}
