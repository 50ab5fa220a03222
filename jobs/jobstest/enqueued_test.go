package jobstest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/jobs/jobstest"
	"github.com/millrace/millrace/request"
)

func TestEnqueued(t *testing.T) {
	t.Parallel()
	var published jobstest.Recorder
	acme := request.With(t.Context(), request.Info{Tenant: "acme"})
	due := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	second := sendMail.New(mail{To: "carl"}, jobs.ID("carl"))
	batch := jobs.Batch(sum.New(9, jobs.ID("all")), sendMail.New(mail{To: "dora"}, jobs.ID("dora")))
	err := errors.Join(
		jobs.Enqueue(acme, &published, sendMail.New(mail{"anna", "hello"}, jobs.ID("anna"), jobs.At(due), jobs.Priority(1)), sum.New(1)).Err(),
		jobs.Enqueue(t.Context(), &published,
			sendMail.New(mail{To: "bert"}, jobs.ID("bert"), jobs.Unique("daily", time.Hour, jobs.Reject), jobs.Then(second))).Err(),
		published.Publish(t.Context(), bus.Record{Topic: "mail.jobs", Value: []byte("1")}.Message()).Err(),
		jobs.Enqueue(t.Context(), &published, batch...).Err(),
	)
	if err != nil {
		t.Fatal(err)
	}
	mails := jobstest.Enqueued(t, &published, sendMail)
	if len(mails) != 3 {
		t.Fatalf("%+v", mails)
	}
	if m := mails[0]; m.ID != "anna" || m.Tenant != "acme" || m.Input != (mail{"anna", "hello"}) || !m.Due.Equal(due) || m.Priority != 1 ||
		m.Unique != "" ||
		m.Conflict != "" || m.Batch != "" || len(m.Next) != 0 {
		t.Errorf("%+v", m)
	}
	if m := mails[1]; m.ID != "daily#bert" || m.Tenant != "" || m.Input.To != "bert" || !m.Due.IsZero() || m.Priority != 2 || m.Unique != "daily" ||
		m.Window != time.Hour || m.Conflict != jobs.Reject || !slices.Equal(m.Next, []jobs.Link{{Queue: "mail", Kind: "mail.send", ID: "carl"}}) {
		t.Errorf("%+v", m)
	}
	if m := mails[2]; m.ID != "dora" || m.Batch != "sums/all" {
		t.Errorf("%+v", m)
	}
	if sums := jobstest.Enqueued(t, &published, sum); len(sums) != 2 || sums[0].Input != 1 || sums[0].Tenant != "acme" || sums[1].Input != 9 {
		t.Errorf("%+v", sums)
	}
	published.Reset()
	if left := published.Records(); len(left) != 0 {
		t.Errorf("%d records are left", len(left))
	}
}

func TestRecorderRefuses(t *testing.T) {
	t.Parallel()
	var published jobstest.Recorder
	good, bad := sendMail.New(mail{To: "anna"}), sendMail.New(mail{To: "bert"}, jobs.Priority(9))
	results := jobs.Enqueue(t.Context(), &published, good, bad)
	if !errors.Is(results[1].Err, jobs.ErrJob) || results[0].Err == nil || !strings.Contains(results[0].Err.Error(), "nothing was kept") {
		t.Errorf("%v", results)
	}
	if kept := published.Records(); len(kept) != 0 {
		t.Errorf("%d records are kept", len(kept))
	}
	wrong := request.With(t.Context(), request.Info{Tenant: "a/b"})
	if err := jobs.Enqueue(wrong, &published, good).Err(); err == nil {
		t.Error("a tenant that cannot be is kept")
	}
}

// failing records what the kit says of a test.
type failing struct {
	testing.TB

	text string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	panic(f)
}

// fails is what the kit says where f fails the test.
func (f *failing) fails(do func()) (text string) {
	defer func() {
		if v := recover(); v != nil && v != any(f) {
			panic(v)
		}
		text = f.text
	}()
	do()
	return ""
}

func TestFails(t *testing.T) {
	t.Parallel()
	wrong := jobs.Define("Wrong", func(context.Context, *jobs.Attempt, int) (jobs.None, error) { return jobs.None{}, nil })
	large := jobs.Define("large", func(context.Context, *jobs.Attempt, string) (jobs.None, error) { return jobs.None{}, nil })
	other := jobs.Define("mail.send", func(context.Context, *jobs.Attempt, int) (jobs.None, error) { return jobs.None{}, nil }, jobs.Queue("mail"))
	var published jobstest.Recorder
	if err := jobs.Enqueue(t.Context(), &published, sendMail.New(mail{To: "anna"})).Err(); err != nil {
		t.Fatal(err)
	}
	is := &failing{TB: t}
	for want, do := range map[string]func(){
		"dotted lower-case":         func() { jobstest.Work(is, wrong, 1) },
		"is larger than":            func() { jobstest.Work(is, large, strings.Repeat("x", 600<<10)) },
		"unsupported type":          func() { jobstest.Work(is, sum, 1, jobstest.Given(make(chan int))) },
		"mail.send cannot be read:": func() { jobstest.Enqueued(is, &published, other) },
	} {
		if text := is.fails(do); !strings.HasPrefix(text, "jobstest: ") || !strings.Contains(text, want) {
			t.Errorf("%q, want %q", text, want)
		}
	}
}
