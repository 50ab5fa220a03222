package partitions_test

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
)

func acls(all []partitions.Access) (list []kfake.ACL) {
	resources := map[string]kmsg.ACLResourceType{
		"topic": kmsg.ACLResourceTypeTopic, "group": kmsg.ACLResourceTypeGroup, "transactional-id": kmsg.ACLResourceTypeTransactionalId,
	}
	operations := map[string]kmsg.ACLOperation{
		"Create": kmsg.ACLOperationCreate, "Read": kmsg.ACLOperationRead, "Write": kmsg.ACLOperationWrite, "Describe": kmsg.ACLOperationDescribe,
	}
	for _, a := range all {
		pattern := kmsg.ACLResourcePatternTypeLiteral
		if a.Prefixed {
			pattern = kmsg.ACLResourcePatternTypePrefixed
		}
		for _, operation := range a.Operations {
			list = append(list, kfake.ACL{Resource: resources[a.Resource], Name: a.Name, Pattern: pattern, Operation: operations[operation], Allow: true})
		}
	}
	return list
}

// TestAccess runs a group that may do what Access lists, and nothing else.
func TestAccess(t *testing.T) {
	t.Parallel()
	double := partitions.NewCommand[int, int]("double", func(int) string { return "k" })
	in := bus.Define("test.in", func(int) string { return "k" }, bus.InTopic("in"))
	out := bus.Define("test.out", func(int) string { return "k" }, bus.InTopic("out"))
	group := func(b *bus.Bus) *partitions.Group {
		g, err := partitions.New(b, "guarded", partitions.Lanes(1), partitions.On(in, func(tx *partitions.Tx, n int) error {
			tx.Emit(out.New(n))
			return nil
		}), partitions.Answer(double, func(_ *partitions.Tx, n int) (int, error) { return 2 * n, nil }))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	all := group(&bus.Bus{}).Access("out")
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "in", "out"), kfake.EnableSASL(), kfake.EnableACLs(),
		kfake.Superuser("SCRAM-SHA-512", "root", "root"), kfake.User("SCRAM-SHA-512", "pod", "pod", acls(all)...))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	open := func(user string) *bus.Bus {
		b, err := bus.Open(t.Context(), "kafka://"+user+":"+user+"@"+cluster.ListenAddrs()[0]+"?sasl=scram-sha-512")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	root, pod := open("root"), open("pod")
	defer root.Close()
	defer pod.Close()
	ctx, stop := context.WithCancel(t.Context())
	g, ended := group(pod), make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	if err := root.Publish(t.Context(), in.New(7)).Err(); err != nil {
		t.Fatal(err)
	}
	for event, err := range bus.Tail(t.Context(), root, out, bus.Earliest) {
		if err != nil || event.Value != 7 {
			t.Errorf("emitted %d, %v", event.Value, err)
		}
		break
	}
	if got, err := partitions.Ask(t.Context(), g, double, 4); got != 8 || err != nil {
		t.Errorf("asked: %d, %v", got, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if text := all[len(all)-1].String(); text != "--transactional-id guarded. --resource-pattern-type prefixed --operation Write --operation Describe" {
		t.Error(text)
	}
}
