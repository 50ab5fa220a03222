package claimcheck_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/claimcheck"
	"github.com/millrace/millrace/bus/claimcheck/claimchecktest"
	"github.com/millrace/millrace/request"
)

type letter struct {
	ID     string         `json:"id"`
	Tenant request.Tenant `json:"tenant"`
	Text   string         `json:"text"`
}

// Written is the contract: its definition needs no store.
var Written = bus.Define("post.letter.written", func(l letter) string { return l.ID })

// A process that publishes or reads the contract names the store.
func ExampleCodec() {
	store := &claimchecktest.Memory{} // s3.New(os.Getenv("S3_URL")) in production
	codec, err := claimcheck.Codec(bus.JSON[letter](), store, claimcheck.Place[letter]{
		Topic: Written.Contract().Topic(), Tenant: func(l letter) request.Tenant { return l.Tenant },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	event := Written.Encoded(codec)
	ctx := request.With(context.Background(), request.Info{Tenant: "acme"})
	for _, size := range []int{10, 1 << 20} {
		records, err := bus.Encode(ctx, event.New(letter{"1", "acme", strings.Repeat("x", size)}))
		if err != nil {
			fmt.Println(err)
			return
		}
		reference, kept, err := claimcheck.ParseReference(records[0].Value)
		fmt.Println("in the store:", kept, reference.Size, err)
		read, err := event.Decode(records[0])
		fmt.Println("read:", len(read.Text), err)
	}
	// Output:
	// in the store: false 0 <nil>
	// read: 10 <nil>
	// in the store: true 1048612 <nil>
	// read: 1048576 <nil>
}
