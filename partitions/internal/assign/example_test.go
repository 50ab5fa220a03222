package assign_test

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/partitions/internal/assign"
)

func ExampleNew() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "deposits"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()

	plans := make(chan assign.Plan, 8)
	self := func() assign.Node { return assign.Node{ID: "ledger-0", Address: "10.0.0.7:8080", Weight: 1} }
	balancer, err := assign.New(self, 1, func(p assign.Plan) { plans <- p })
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...),
		kgo.ConsumerGroup("ledger"), kgo.ConsumeTopics("deposits"), kgo.Balancers(balancer))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	owner, _ := (<-plans).Owner(2)
	fmt.Println("shard 2 is on", owner.ID, "at", owner.Address)
	// Output: shard 2 is on ledger-0 at 10.0.0.7:8080
}

func ExampleDescribe() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.ListenAddrs()...))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	groups, err := kadm.NewClient(client).DescribeGroups(context.Background(), "ledger")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = assign.Describe(groups["ledger"])
	fmt.Println(err)
	// Output:
	// assign: the group has no members: ledger
}
