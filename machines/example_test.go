package machines_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/partitions"
)

// State and Event are named strings, so that the compiler knows one machine's from another's.
type (
	State string
	Event string
)

// The states of a door.
const (
	Closed State = "closed"
	Open   State = "open"
)

// Opening and Closing are the payloads of a door's events.
type (
	Opening struct {
		By string `json:"by"`
	}
	Closing struct{}
)

// Event names the payload's event.
func (Opening) Event() Event { return "open" }

// Event names the payload's event.
func (Closing) Event() Event { return "close" }

// Door is what each door knows of itself.
type Door struct {
	Opened int    `json:"opened"`
	Last   string `json:"last"`
}

func count(d machines.Instance[State, Door], o Opening) (Door, machines.Effects) {
	return Door{Opened: d.Data.Opened + 1, Last: o.By}, nil
}

func known(_ machines.Instance[State, Door], o Opening) error {
	if o.By == "" {
		return errors.New("who is it?")
	}
	return nil
}

// Doors close by themselves.
var Doors = machines.Define(machines.Spec[State, Event, Door]{
	Name: "door", Start: Closed,
	On: []machines.Transition[State, Event, Door]{
		{Event: machines.On[Opening](), From: []State{Closed}, To: Open, Guard: machines.Check(known), Do: machines.Do(count)},
		{Event: machines.On[Closing](), From: []State{Open}, To: Closed},
	},
	After: []machines.Timeout[State, Event]{{In: Open, After: time.Minute, Event: machines.On[Closing]()}},
})

// A definition is data: it can be drawn, and asked what it would do, without a broker.
func ExampleDefine() {
	fmt.Print(Doors.Chart().Mermaid())
	next, _, err := Doors.Decide(machines.Instance[State, Door]{ID: "front", State: Closed}, Opening{By: "anna"})
	fmt.Println(next.State, next.Data, err)
	_, _, err = Doors.Decide(next, Opening{By: "bert"})
	fmt.Println(err)
	// Output:
	// stateDiagram-v2
	//     [*] --> closed
	//     closed --> open : open [guarded]
	//     open --> closed : close after 1m0s
	// open {1 anna} <nil>
	// machines: door "front" does not take open in the state "open"
}

func ExampleMachine_Ask() {
	ctx := context.Background()
	broker, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		panic(err)
	}
	defer broker.Close()
	b, err := bus.Open(ctx, "kafka://"+broker.ListenAddrs()[0])
	if err != nil {
		panic(err)
	}
	defer b.Close()
	if err := b.Verify(ctx, Doors.Contracts()...); err != nil {
		panic(err)
	}
	g, err := partitions.New(b, "doors", Doors.Part())
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error)
	go func() { ended <- g.Run(ctx) }()

	fmt.Println(Doors.Send(ctx, b, "back", Opening{By: "anna"}, Closing{}).Err())
	door, err := Doors.Ask(ctx, g, "front", Opening{By: "bert"})
	for errors.Is(err, partitions.ErrNotRunning) {
		door, err = Doors.Ask(ctx, g, "front", Opening{By: "bert"})
	}
	fmt.Println(door.State, door.Data.Last, door.Version, err)
	_, err = Doors.Ask(ctx, g, "front", Opening{By: "carl"})
	fmt.Println(errors.Is(err, machines.ErrNotAllowed))

	stop()
	fmt.Println(<-ended)
	// Output:
	// <nil>
	// open bert 1 <nil>
	// true
	// <nil>
}
