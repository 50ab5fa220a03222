package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/request"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lamp is what the section of these tests has rows of.
type lamp struct {
	id     string
	tenant request.Tenant
	lit    bool
	watts  int64
}

// house has lamps.
type house struct {
	mu    sync.Mutex
	lamps []lamp
	err   error
	reads int
	log   strings.Builder
}

func (h *house) set(lamps ...lamp) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lamps = lamps
}

func (h *house) read(context.Context) ([]lamp, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reads++
	if h.err != nil && strings.HasPrefix(h.err.Error(), "panic") {
		panic(h.err)
	}
	return append([]lamp(nil), h.lamps...), h.err
}

func (h *house) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reads
}

// press lights a lamp; one of 13 watts breaks.
func (h *house) press(ctx context.Context, l lamp, reason string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.watts == 13 {
		return "", errors.New("the lamp broke")
	}
	for i := range h.lamps {
		if h.lamps[i].id == l.id {
			h.lamps[i].lit = true
		}
	}
	info := request.From(ctx)
	fmt.Fprintf(&h.log, "%s by %s for %s: %s\n", l.id, info.Principal, info.Tenant, reason)
	return l.id + " is lit", nil
}

func (h *house) spec() admin.Spec[lamp] {
	return admin.Spec[lamp]{
		Name: "lamps", Title: "Lamps", ID: func(l lamp) string { return l.id }, Tenant: func(l lamp) request.Tenant { return l.tenant }, Read: h.read,
		Columns: []admin.Column[lamp]{
			admin.Code("id", "ID", func(l lamp) string { return l.id }),
			admin.State("state", "State", func(l lamp) (string, admin.Tone) {
				if l.lit {
					return "lit", admin.ToneGood
				}
				return "dark", admin.ToneNone
			}).Filtered(),
			admin.Number("watts", "Watts", func(l lamp) int64 { return l.watts }).When(func(l lamp) bool { return l.watts > 0 }),
			admin.Text("tenant", "Tenant", func(l lamp) string { return string(l.tenant) }).Filtered(),
		},
		Facts: func(all []lamp) []admin.Fact {
			return admin.Describe(len(all), admin.Number("lamps", "Lamps", func(n int) int64 { return int64(n) }))
		},
		Show: func(ctx context.Context, l lamp) (admin.Details, error) {
			return admin.Details{Notes: []admin.Note{{Title: "Note", Text: l.id + " of " + string(request.From(ctx).Tenant)}}}, nil
		},
		Actions: []admin.Action[lamp]{{
			Name: "light", Title: "Light", Role: admin.RoleOperator, Confirm: "The lamp is lit.", Reason: admin.ReasonRequired, Do: h.press,
			When: func(l lamp) error {
				if l.lit {
					return errors.New("it is lit already")
				}
				return nil
			},
		}},
	}
}

// paper is an audit that a test reads.
type paper struct {
	mu      sync.Mutex
	entries []admin.Entry
	fails   map[admin.Outcome]bool
}

func (p *paper) Record(_ context.Context, e admin.Entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails[e.Outcome] {
		return errors.New("no paper")
	}
	p.entries = append(p.entries, e)
	return nil
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var text strings.Builder
	for _, e := range p.entries {
		fmt.Fprintf(&text, "%s %s/%s %s/%s/%s %q %q\n", e.Outcome, e.Principal, e.Tenant, e.Section, e.Row, e.Action, e.Reason, e.Detail)
	}
	return text.String()
}

// badges are credentials as tests have them: "principal tenant role…" as a bearer token, with dots between the words.
type badges struct{}

func (badges) Authenticate(r *http.Request) (httpapi.Identity, error) {
	token, has := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !has {
		return httpapi.Identity{}, httpapi.ErrAnonymous
	}
	words := strings.Split(token, ".")
	if len(words) < 2 {
		return httpapi.Identity{}, &httpapi.Problem{Status: http.StatusUnauthorized, Detail: "no badge"}
	}
	return httpapi.Identity{Principal: request.Principal(words[0]), Tenant: request.Tenant(words[1]), Roles: words[2:]}, nil
}

func sections[Row any](t testing.TB, spec admin.Spec[Row]) admin.Option {
	t.Helper()
	s, err := admin.NewSection(spec)
	if err != nil {
		t.Fatal(err)
	}
	return admin.Sections(s)
}

func open(t testing.TB, audit admin.Audit, opts ...admin.Option) *admin.Console {
	t.Helper()
	errs, err := httpapi.NewErrors(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c, err := admin.New(errs, badges{}, audit, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// reply is an answer that was read.
type reply struct {
	status int
	header http.Header
	body   string
	Detail string
	Rows   []struct {
		ID    string
		Cells []json.RawMessage
	}
	Matched, Total int
	Next           string
}

func (r reply) ids() string {
	var ids []string
	for _, row := range r.Rows {
		ids = append(ids, row.ID)
	}
	return strings.Join(ids, " ")
}

// ask serves one request. The badge may be empty; header fields come in pairs.
func ask(t testing.TB, h http.Handler, badge, method, target, body string, header ...string) reply {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if badge != "" {
		r.Header.Set("Authorization", "Bearer "+badge)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for at := range len(header) / 2 {
		r.Header.Set(header[2*at], header[2*at+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	text := w.Body.Bytes()
	got := reply{status: w.Code, header: w.Header(), body: string(text)}
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		if err := json.Unmarshal(text, &got); err != nil {
			t.Errorf("%s %s: %v in %s", method, target, err, text)
		}
	}
	return got
}
