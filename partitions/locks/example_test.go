package locks_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/locks"
)

// exampleManager runs a manager on a broker within this process.
func exampleManager() (m *locks.Manager, end func()) {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		panic(err)
	}
	b, err := bus.Open(context.Background(), "kafka://"+broker.ListenAddrs()[0])
	if err != nil {
		panic(err)
	}
	if m, err = locks.New(b, "ledger", locks.Owner("pod-1")); err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- m.Run(ctx) }()
	return m, func() { stop(); <-ended; _ = b.Close(); broker.Close() }
}

func ExampleManager_Acquire() {
	m, end := exampleManager()
	defer end()
	ctx := context.Background()
	lease, err := m.Acquire(ctx, "account/7", "account/9")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("token:", lease.Token() > 0, "names:", lease.Names())
	work := lease.Context(ctx) // ends when the lease does
	fmt.Println(work.Err())
	fmt.Println(lease.Release(ctx), context.Cause(work))
	// Output:
	// token: true names: [account/7 account/9]
	// <nil>
	// <nil> locks: lease released
}

func ExampleNoWait() {
	m, end := exampleManager()
	defer end()
	ctx := context.Background()
	lease, err := m.Acquire(ctx, "report")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = m.With(locks.NoWait()).Acquire(ctx, "report")
	fmt.Println(errors.Is(err, locks.ErrBusy), err)
	fmt.Println(lease.Release(ctx))
	// Output:
	// true locks: acquire: locks: too many ahead
	// <nil>
}

func ExampleManager_Locks() {
	m, end := exampleManager()
	defer end()
	lease, err := m.Acquire(context.Background(), "a", "b")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, lock := range m.Locks() {
		fmt.Println(lock.Name, lock.Held, lock.Holder.Owner, lock.Holder.Names, len(lock.Waiting))
	}
	fmt.Println(lease.Release(context.Background()))
	// Output:
	// a true pod-1 [a b] 0
	// b true pod-1 [a b] 0
	// <nil>
}

func ExampleLeaseTime() {
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()
	b, err := bus.Open(context.Background(), "kafka://"+broker.ListenAddrs()[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = b.Close() }()
	_, err = locks.New(b, "ledger", locks.LeaseTime(time.Hour))
	fmt.Println(err)
	// Output: locks: wrong definition: lease 1h0m0s must be 1s to 1m0s
}
