package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/golang-jwt/jwt/v5"

	"github.com/millrace/millrace/bus/bustest"
)

// gateways are processes of `millrace push`.
type gateways struct {
	*testing.T
	kafka, redis, secret, operator, tickets string
}

func newGateways(t *testing.T) *gateways {
	t.Helper()
	g := &gateways{T: t, kafka: bustest.Broker(t), redis: "redis://" + miniredis.RunT(t).Addr()}
	file := func(name string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(strings.Repeat(name[:1], 40)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	g.secret, g.operator, g.tickets = file("jwt"), file("operator"), file("tickets")
	return g
}

func (g *gateways) start() (*process, string) {
	g.Helper()
	p := launch(g.T, func(cmd *exec.Cmd) {
		cmd.Args = []string{
			cmd.Path, "push", "--http", "127.0.0.1:0", "--jwt-secret", g.secret, "--operator-secret", g.operator, "--ticket-secret", g.tickets,
			"--drain-delay", "10ms", "--presence", "news",
		}
		cmd.Env = environment("KAFKA_URL="+g.kafka, "REDIS_URL="+g.redis)
	}).awaitReady(g.T)
	return p, "http://" + regexp.MustCompile(`msg=ready http=(\S+)`).FindStringSubmatch(p.output())[1]
}

// token is one of ann's, of acme.
func (g *gateways) token() string {
	g.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "ann", "tenant": "acme", "exp": time.Now().Add(time.Minute).Unix(), "push": map[string][]string{"subscribe": {"news"}},
	}).SignedString([]byte(strings.Repeat("j", 40)))
	if err != nil {
		g.Fatal(err)
	}
	return text
}

// ask makes a request, and returns its status and what it says.
func (g *gateways) ask(method, url, secret, body string) (status int, says *bufio.Scanner) {
	g.Helper()
	r, err := http.NewRequestWithContext(g.Context(), method, url, strings.NewReader(body))
	if err != nil {
		g.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Accept", "application/x-ndjson, application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		g.Fatal(err)
	}
	g.Cleanup(func() { _ = response.Body.Close() })
	return response.StatusCode, bufio.NewScanner(response.Body)
}

// line is a line of an NDJSON stream.
type line struct {
	ID, Key string
	Data    json.RawMessage
}

// next is the next message of a stream, and the last id that was seen.
func (g *gateways) next(from *bufio.Scanner, lastID *string) line {
	g.Helper()
	for from.Scan() {
		var l line
		if len(from.Bytes()) > 0 && json.Unmarshal(from.Bytes(), &l) != nil {
			g.Fatalf("%q", from.Text())
		}
		if l.ID != "" {
			*lastID = l.ID
		}
		if l.Data != nil {
			return l
		}
	}
	g.Fatal("the stream has ended: ", from.Err())
	return line{}
}

func TestPushGateway(t *testing.T) {
	t.Parallel()
	g := newGateways(t)
	first, one := g.start()
	_, two := g.start()
	operator := strings.Repeat("o", 40)
	publish := func(url, body string, want int) {
		t.Helper()
		if status, said := g.ask(http.MethodPost, url+"/publish", operator, body); status != want {
			said.Scan()
			t.Fatalf("%s: %d %s", body, status, said.Text())
		}
	}
	for url, secret := range map[string]string{one + "/events?channel=news": "", two + "/connections": "x", one + "/poll?channel=news": "x.y.z"} {
		if status, _ := g.ask(http.MethodGet, url, secret, ""); status != http.StatusUnauthorized {
			t.Errorf("%s: %d", url, status)
		}
	}
	var ticket struct{ Ticket string }
	status, said := g.ask(http.MethodPost, one+"/ticket", g.token(), "")
	if said.Scan(); status != http.StatusOK || json.Unmarshal(said.Bytes(), &ticket) != nil {
		t.Fatal(status)
	}
	_, byTicket := g.ask(http.MethodGet, two+"/events?channel=news&ticket="+ticket.Ticket, "", "")
	_, stream := g.ask(http.MethodGet, one+"/events?channel=news", g.token(), "")
	lastID, other := "", ""
	publish(two, `{"channel":"news","key":"1","data":{"a":1}}`, http.StatusOK)
	publish(two, `[{"channel":"news","key":"2","tenant":"acme","data":"b"},{"channel":"news","tenant":"other","data":"no"},`+
		`{"channel":"news","data":3}]`, http.StatusOK)
	for _, want := range []string{`1 {"a":1}`, `2 "b"`, ` 3`} {
		if got := g.next(stream, &lastID); got.Key+" "+string(got.Data) != want {
			t.Errorf("got %s %s, want %s", got.Key, got.Data, want)
		}
		if got := g.next(byTicket, &other); got.Key+" "+string(got.Data) != want {
			t.Errorf("by a ticket: got %s %s, want %s", got.Key, got.Data, want)
		}
	}
	for body, want := range map[string]int{
		`{"channel":"NEWS","data":1}`: 422, `{"channel":"news"}`: 422, `{`: 400, `[]`: 400,
		`{"channel":"news","tenant":"-","data":1}`: 422,
	} {
		publish(two, body, want)
	}
	var out bytes.Buffer
	census := exec.CommandContext(t.Context(), os.Getenv(binaryVariable), "connections", one, two, "--operator-secret", g.operator)
	census.Stdout, census.Stderr = &out, &out
	if err := census.Run(); err != nil || strings.Count(out.String(), "application/x-ndjson") != 2 || strings.Count(out.String(), "acme") != 2 {
		t.Errorf("%v\n%s", err, out.String())
	}
	if err := first.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-first.exited
	publish(two, `{"channel":"news","key":"4","data":"missed"}`, http.StatusOK)
	_, resumed := g.ask(http.MethodGet, two+"/events?channel=news&last_event_id="+lastID, g.token(), "")
	if got := g.next(resumed, &lastID); string(got.Data) != `"missed"` {
		t.Errorf("got %s", got.Data)
	}
}

func TestPushUsage(t *testing.T) {
	t.Parallel()
	g := newGateways(t)
	for _, each := range []struct {
		args []string
		want string
	}{
		{nil, "say who may connect"},
		{[]string{"--anonymous", "--ticket-secret", g.tickets}, "of no use without tokens"},
		{[]string{"--jwt-secret", g.secret, "--ticket-secret", g.tickets}, "needs --redis"},
		{[]string{"--jwt-secret", "/nowhere"}, "--jwt-secret"},
		{[]string{"--jwt-key", g.secret}, "no PEM block"},
		{[]string{"--anonymous", "--origin", "["}, "Origins"},
		{[]string{"--anonymous", "--tenant-connections", "0"}, "Connections must be positive"},
		{[]string{"--anonymous", "--tenant-calls", "0"}, "TenantCalls"},
		{[]string{"--anonymous", "--publishing", "NO"}, "define channel"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Getenv(binaryVariable), append([]string{"push", "--http", "127.0.0.1:0"}, each.args...)...)
		cmd.Env = environment("KAFKA_URL=" + g.kafka)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), each.want) {
			t.Errorf("%v: %v\n%s", each.args, err, out)
		}
	}
}
