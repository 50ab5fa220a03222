package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/internal/pgtest"
)

// TestClaimcheck collects, first without deleting, and looks at the bucket.
func TestClaimcheck(t *testing.T) {
	t.Parallel()
	at := newBucket(t)
	event := bus.Define("office.cli.scanned", func(string) string { return "1" })
	codec, err := claimcheck.Codec(bus.JSON[string](), at.store, claimcheck.Place[string]{Topic: event.Contract().Topic()}, claimcheck.Over(10))
	if err != nil {
		t.Fatal(err)
	}
	event = event.Encoded(codec)
	topic := string(event.Contract().Topic())
	if err := at.bus.Create(t.Context(), bus.TopicSpec{Name: event.Contract().Topic(), Partitions: 1}); err != nil {
		t.Fatal(err)
	}
	if err := at.bus.Publish(t.Context(), event.New(strings.Repeat("x", 100))).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := codec.Encode(strings.Repeat("y", 100)); err != nil { // and it is not published
		t.Fatal(err)
	}
	type line struct {
		Objects, Kept, Deleted, Young int
		DryRun                        bool `json:"dry_run"`
	}
	for _, test := range []struct {
		args []string
		want line
	}{
		{[]string{"--dry-run"}, line{Objects: 2, Young: 2, DryRun: true}},
		{[]string{"--dry-run", "--grace", "1ns"}, line{Objects: 2, Kept: 1, Deleted: 1, DryRun: true}},
	} {
		out, errs, code := command(t, "", append([]string{"claimcheck", "gc", topic, "--kafka", at.kafka, "--s3", at.url, "--json"}, test.args...)...)
		if got := jsonLines[line](t, out); code != 0 || len(got) != 1 || got[0] != test.want {
			t.Errorf("%v: code %d, %+v, %s", test.args, code, got, errs)
		}
	}
	out, errs, code := command(t, "", "claimcheck", "gc", topic, "--kafka", at.kafka, "--s3", at.url)
	if code != 0 || !strings.HasPrefix(out, "deleted 0 of 2 payloads") {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
	if _, errs, code := command(t, "", "claimcheck", "gc", "not.there", "--kafka", at.kafka, "--s3", at.url); code != 1 ||
		!strings.Contains(errs, "not exist") {
		t.Errorf("a topic that is not there: code %d, %s", code, errs)
	}
	if _, errs, code := command(t, "", "claimcheck", "gc", topic, "--kafka", at.kafka, "--s3", "s3://key:hunter2@host"); code == 0 ||
		strings.Contains(errs, "hunter2") {
		t.Errorf("a wrong address: code %d, %s", code, errs)
	}
	_, errs, code = command(t, "", "claimcheck", "gc", topic, "--kafka", at.kafka, "--s3", at.url, "--database", pgtest.Open(t), "--grace", "1ns")
	if code != 1 || !strings.Contains(errs, "nothing is deleted") || !strings.Contains(errs, "--outbox-slot") {
		t.Errorf("a database without an outbox: code %d, %s", code, errs)
	}
	if found := doctorS3(t, at.kafka, at.url)["connection"]; !strings.HasPrefix(found, "ok") {
		t.Errorf("doctor says %s", found)
	}
}

// doctorS3 is what doctor says of the bucket, by subject.
func doctorS3(t *testing.T, kafka, bucket string) map[string]string {
	t.Helper()
	subjects := map[string]string{}
	out, _, _ := command(t, "", "doctor", "--kafka", kafka, "--s3", bucket, "--json", "--all")
	for _, f := range jsonLines[struct{ Server, Severity, Subject, Found string }](t, out) {
		if f.Server == "s3" {
			subjects[f.Subject] = f.Severity + ": " + f.Found
		}
	}
	return subjects
}

// commit has a group read a topic.
func commit(t *testing.T, kafka, group, topic string) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.TrimPrefix(kafka, "kafka://")))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	offsets := kadm.Offsets{}
	offsets.AddOffset(topic, 0, 0, -1)
	if answers, err := kadm.NewClient(client).CommitOffsets(t.Context(), group, offsets); err != nil || answers.Error() != nil {
		t.Fatal(err, answers.Error())
	}
}

// TestDoctorS3 has a bucket that keeps old versions for ever, and expires the payloads of a topic that keeps its records for longer, and
// then those of one whose group keeps dead letters for longer. A group that reads another topic alone is none of its business.
func TestDoctorS3(t *testing.T) {
	t.Parallel()
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		switch {
		case query.Has("versioning"):
			_, _ = fmt.Fprint(w, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
		case query.Has("lifecycle"):
			_, _ = fmt.Fprint(w, "<LifecycleConfiguration><Rule><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule></"+
				"LifecycleConfiguration>")
		case query.Get("prefix") == "long/" || query.Get("prefix") == "short/":
			_, _ = fmt.Fprintf(w, "<ListBucketResult><Contents><Key>%sx</Key></Contents></ListBucketResult>", query.Get("prefix"))
		case query.Has("prefix"):
			_, _ = fmt.Fprint(w, "<ListBucketResult></ListBucketResult>")
		}
	}))
	defer bucket.Close()
	kafka := bustest.Broker(t)
	b, err := bus.Open(t.Context(), kafka)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for name, retention := range map[bus.Topic]string{"long": "864000000", "short": "86400000"} {
		if err := b.Create(t.Context(), bus.TopicSpec{Name: name, Partitions: 1, Configs: map[string]string{"retention.ms": retention}}); err != nil {
			t.Fatal(err)
		}
	}
	at := "s3://key:secret@" + bucket.Listener.Addr().String() + "/bucket?region=us-east-1&tls=false&path=true"
	found := doctorS3(t, kafka, at)
	if found["payloads that expire before their records"] != "problem: long after 3 days" || !strings.HasPrefix(found["old versions"], "advice") {
		t.Errorf("%v", found)
	}
	for _, test := range []struct{ group, reads, want string }{
		{"other", "long", "problem: long after 3 days"},
		{"mailer", "short", "problem: long after 3 days, short after 3 days (mailer.dlq keeps records for longer)"},
	} {
		commit(t, kafka, test.group, test.reads)
		letters := bus.TopicSpec{Name: bus.Topic(test.group + ".dlq"), Partitions: 1, Configs: map[string]string{"retention.ms": "-1"}}
		if err := b.Create(t.Context(), letters); err != nil {
			t.Fatal(err)
		}
		if found := doctorS3(t, kafka, at)["payloads that expire before their records"]; found != test.want {
			t.Errorf("%s, want %s", found, test.want)
		}
	}
	if found := doctorS3(t, kafka, "s3://key:secret@127.0.0.1:1/bucket?tls=false"); !strings.HasPrefix(found["connection"], "problem") {
		t.Errorf("%v", found)
	}
}
