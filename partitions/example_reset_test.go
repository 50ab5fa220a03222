package partitions_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/partitions"
)

// A group that nobody runs is taken back to its beginning; its next run builds its tables again.
func ExampleReset() {
	b, _, end := exampleGroup(partitions.On(Deposited, addUp))
	defer end()
	tally, err := partitions.New(b, "tally", partitions.On(Deposited, addUp), partitions.Use(Balance))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- tally.Run(ctx) }()
	fmt.Println(b.Publish(ctx, Deposited.New(Deposit{"ada", 5})).Err())
	_ = ready(func() error {
		return tally.Do(ctx, "ada", func(tx *partitions.Tx) error {
			if _, found := Balance.Get(tx, "ada"); !found {
				return errors.New("not yet")
			}
			return nil
		})
	})
	_, err = partitions.Reset(ctx, b, "tally")
	fmt.Println(errors.Is(err, partitions.ErrMembers))
	stop()
	<-ended
	erased, err := partitions.Reset(context.Background(), b, "tally")
	fmt.Println(erased.Rows, erased.Inputs, err)
	// Output:
	// <nil>
	// true
	// 1 [bank.deposits] <nil>
}
