package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
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
    -d '{"id":"order-1","customer":"Ada","email":"ada@example.com","items":[{"sku":"tea","quantity":2,"price_cents":450}]}'

  # see its event in Kafka
  %[2]s

  # watch orders travel
  %[3]s

Ctrl-C stops everything.
`

func (s *screen) ready(http, kafka string) {
	read := self() + " tail outbox.event.order --from earliest --until-end --headers --kafka " + kafka
	if _, err := exec.LookPath("kcat"); err == nil {
		read = fmt.Sprintf(`kcat -b %s -C -t outbox.event.order -e -f 'key %%k\nheaders %%h\n%%s\n\n'`, kafka)
	}
	_, _ = fmt.Fprintf(s.out, tryText, http, read, watch(runtime.GOOS, http))
}

// watch opens the page where there is something to open it with, and follows its stream elsewhere.
func watch(system, http string) string {
	opener := "xdg-open"
	if system == "darwin" {
		opener = "open"
	}
	if _, err := exec.LookPath(opener); err != nil || system == "linux" && os.Getenv("DISPLAY")+os.Getenv("WAYLAND_DISPLAY") == "" {
		return "curl -N 'http://" + http + "/events?channel=orders'    # or http://" + http + " in a browser"
	}
	return opener + " http://" + http
}

// self is how to run this program again.
func self() string {
	path, err := os.Executable()
	if err != nil || strings.Contains(path, string(filepath.Separator)+"go-build") {
		return "go run ./cmd/millrace"
	}
	if found, err := exec.LookPath("millrace"); err == nil && found == path {
		return "millrace"
	}
	return path
}
