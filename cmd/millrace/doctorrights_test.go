package main_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const mechanism = "SCRAM-SHA-512"

// allow are the rights to do operations on what begins with a name.
func allow(resource kmsg.ACLResourceType, name string, operations ...kmsg.ACLOperation) (rights []kfake.ACL) {
	for _, operation := range operations {
		rights = append(rights, kfake.ACL{
			Resource: resource, Name: name, Pattern: kmsg.ACLResourcePatternTypePrefixed,
			Operation: operation, Allow: true,
		})
	}
	return rights
}

// TestDoctorRights has users who may do all that a group needs, some of it, and nothing.
func TestDoctorRights(t *testing.T) {
	t.Parallel()
	const topic, group, transactions = kmsg.ACLResourceTypeTopic, kmsg.ACLResourceTypeGroup, kmsg.ACLResourceTypeTransactionalId
	const read, write, describe = kmsg.ACLOperationRead, kmsg.ACLOperationWrite, kmsg.ACLOperationDescribe
	all := append(allow(topic, "ledger.", read, write, describe, kmsg.ACLOperationCreate), allow(topic, "deposits", read, describe)...)
	all = append(append(all, allow(group, "ledger", read, describe)...), allow(transactions, "ledger.", write, describe)...)
	some := append(allow(topic, "ledger.changelog", read, write, describe), allow(topic, "ledger.dlq", describe)...)
	some = append(append(some, allow(topic, "deposits", describe)...), allow(group, "ledger", describe)...)
	some = append(some, allow(topic, "ledger.commands", describe, read, write)...)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.EnableACLs(), kfake.Superuser(mechanism, "root", "right"),
		kfake.User(mechanism, "ann", "right", all...), kfake.User(mechanism, "bob", "right", some...), kfake.User(mechanism, "eve", "right"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	at := cluster.ListenAddrs()[0]
	client, err := kgo.NewClient(kgo.SeedBrokers(at), kgo.SASL(scram.Auth{User: "root", Pass: "right"}.AsSha512Mechanism()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin, offsets := kadm.NewClient(client), kadm.Offsets{}
	if answers, err := admin.CreateTopics(t.Context(), 1, 1, nil, "deposits", "ledger.changelog", "ledger.dlq"); err != nil ||
		answers.Error() != nil {
		t.Fatal(err, answers.Error())
	}
	offsets.AddOffset("deposits", 0, 0, -1)
	if answers, err := admin.CommitOffsets(t.Context(), "ledger", offsets); err != nil || answers.Error() != nil {
		t.Fatal(err, answers.Error())
	}
	for user, want := range map[string]struct {
		severity        string
		found, notFound []string
	}{
		"ann": {"ok", []string{"all, as far as brokers tell", "Write on the transactional ids ledger."}, []string{"lacks"}},
		"bob": {
			"problem",
			[]string{
				"Read on the group ledger", "Read and Write on the topic ledger.dlq", "Read on the topic deposits",
				"Write and Describe on the transactional-id ledger.",
			},
			[]string{"ledger.changelog", "ledger.commands", "Describe on the topic deposits"},
		},
		"eve": {"problem", []string{"Read and Describe on the group ledger", "Read and Write and Describe and Create on the topic ledger.dlq"}, nil},
	} {
		out, errs, _ := command(t, "", "doctor", "--kafka", "kafka://"+user+":right@"+at, "--group", "ledger", "--json")
		var told finding
		for _, f := range jsonLines[finding](t, out) {
			if f.Subject == "rights to run the group ledger" {
				told = f
			}
		}
		if told.Severity != want.severity || told.Severity == "problem" &&
			!strings.Contains(told.Change, "--transactional-id ledger. --resource-pattern-type prefixed") {
			t.Errorf("%s: %+v, %s%s", user, told, out, errs)
		}
		for _, text := range want.found {
			if !strings.Contains(told.Found, text) {
				t.Errorf("%s: %q does not have %q", user, told.Found, text)
			}
		}
		for _, text := range want.notFound {
			if strings.Contains(told.Found, text) {
				t.Errorf("%s: %q has %q", user, told.Found, text)
			}
		}
	}
}
