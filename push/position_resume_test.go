package push_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/push"
)

// TestEveryIDResumes cuts clients at each event that they got, also in the middle of a replay, and resumes them on
// another hub: hubs read the partitions in different orders.
func TestEveryIDResumes(t *testing.T) {
	t.Parallel()
	const rounds, names = 8, 5
	b := bustest.Open(t)
	urls := make([]string, 0, 3)
	start := func(opts ...push.Option) {
		url, _ := serve(t, b, opts...)
		urls = append(urls, url)
	}
	start()
	var channels []push.Channel[string]
	var wanted []string
	for i := range names {
		channels = append(channels, push.Define[string](fmt.Sprintf("c%d", i)))
		wanted = append(wanted, "channel="+channels[i].Name())
	}
	query := "?" + strings.Join(wanted, "&")
	type cut struct {
		id   string
		next [names]int // what each channel sends next
	}
	read := func(s *stream, at cut, until [names]int) (cuts []cut) {
		for at.next != until {
			got, ok := s.next()
			var channel int
			_, err := fmt.Sscanf(got.name, "c%d", &channel)
			if !ok || err != nil || got.data != fmt.Sprintf("%q", fmt.Sprint(at.next[channel])) {
				t.Fatalf("from %s, got %+v, %t; channels are at %v", at.id, got, ok, at.next)
			}
			at.next[channel]++
			at.id = got.id
			cuts = append(cuts, at)
		}
		return cuts
	}
	sent := [names]int{}
	send := func(n int) {
		for range n {
			i := rand.IntN(names)
			publish(t, b, channels[i], "k", fmt.Sprint(sent[i]))
			sent[i]++
		}
	}
	s := connect(t, urls[0]+query, "")
	cuts := []cut{{id: s.lastID}}
	send(20)
	cuts = append(cuts, read(s, cuts[0], sent)...)
	send(20)
	start()
	start(push.History(2, time.Hour))
	for range rounds {
		at := cuts[len(cuts)-1-rand.IntN(min(len(cuts), 30))]
		resumed := connectFrom(t, urls[rand.IntN(len(urls))]+query, at.id)
		cuts = append(cuts, read(resumed, at, sent)...)
		send(rand.IntN(10))
	}
	// Whoever is cut at any of these events misses nothing and gets nothing twice.
	for _, at := range slices.Backward(cuts) {
		resumed := connectFrom(t, urls[rand.IntN(len(urls))]+query, at.id)
		read(resumed, at, sent)
		resumed.close()
	}
}

func TestIDThatNobodyGaveOut(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b)
	fresh := connect(t, url+"?channel=news", "")
	epoch, _, _ := strings.Cut(fresh.lastID, "-")
	for name, id := range map[string]string{
		"future": epoch + "-0.zzzz", "far future": epoch + "-0.1y2p0ij32e8e7", "unknown partition": epoch + "-9.1",
		"other epoch": "1-0.0-1.0-2.0-3.0", "huge": strings.Repeat("9", 900_000), "many": epoch + strings.Repeat("-0.1", 4000),
		"signs": epoch + "-0.+1", "upper case": strings.ToUpper(epoch) + "Z-0.1", "not ASCII": "é", "spaces": "a b",
	} {
		began := time.Now()
		resp := ask(t, url+"?channel=news", id)
		if resp.StatusCode == http.StatusRequestHeaderFieldsTooLarge {
			_ = resp.Body.Close()
			continue
		}
		s := newStream(t, resp, "")
		if got, ok := s.next(); !ok || got.name != "reset" || time.Since(began) > 2500*time.Millisecond {
			t.Errorf("%s: got %+v, %t after %s", name, got, ok, time.Since(began))
		}
		s.close()
	}
}

// TestQuietClientResumes holds a client on a channel where nothing happens while others are busy: what it is told
// between events brings it along, so that it need not read back what was never for it.
func TestQuietClientResumes(t *testing.T) {
	t.Parallel()
	b := bustest.Open(t)
	url, _ := serve(t, b, push.KeepAlive(20*time.Millisecond), push.History(1, time.Hour))
	other, _ := serve(t, b, push.History(1, time.Hour), push.ReadBack(50))
	s := connect(t, url+"?channel=quiet", "")
	begin := s.lastID
	busy := connect(t, url+"?channel=noise", "")
	noise := push.Define[string]("noise")
	for range 100 {
		publish(t, b, noise, "k", "x")
		busy.next()
	}
	for s.lastID != busy.lastID {
		if !s.line(&event{}) {
			t.Fatal("the stream ended")
		}
	}
	s.close()
	if begin == s.lastID {
		t.Fatal("the quiet client stays where it began")
	}
	resumed := connectFrom(t, other+"?channel=quiet", s.lastID)
	publish(t, b, push.Define[string]("quiet"), "k", "at last")
	if got, _ := resumed.next(); got.data != `"at last"` {
		t.Errorf("got %+v", got)
	}
}
