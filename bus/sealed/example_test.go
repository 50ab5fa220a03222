package sealed_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/sealed"
	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/seal"
)

// invited is an event with what the law calls personal data.
type invited struct {
	Tenant request.Tenant `json:"tenant"`
	Team   string         `json:"team"`
	Email  string         `json:"email"`
}

// Invited is the contract: its definition needs no key.
var Invited = bus.Define("team.member.invited", func(i invited) string { return i.Team })

// A process that publishes or reads the contract seals its field with the keys that it has.
func ExampleCodec() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	keys, err := seal.OpenKeyring(filepath.Join(dir, "keys")) // seal.NewVault in production
	if err != nil {
		fmt.Println(err)
		return
	}
	sealer, err := seal.New(keys)
	if err != nil {
		fmt.Println(err)
		return
	}
	codec, err := sealed.Codec(bus.JSON[invited](), sealer, sealed.Fields[invited]{
		Place: "team.member.invited", Tenant: func(i invited) request.Tenant { return i.Tenant }, Paths: []string{"/email"},
	}, sealed.Destroyed("(forgotten)"))
	if err != nil {
		fmt.Println(err)
		return
	}
	event := Invited.Encoded(codec)
	records, err := bus.Encode(context.Background(), event.New(invited{"acme", "core", "ada@example.com"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("on Kafka:", strings.Contains(string(records[0].Value), "ada@example.com"))
	read, err := event.Decode(records[0])
	fmt.Println("read:", read.Email, err)
	err = sealer.Destroy(context.Background(), "acme")
	fmt.Println("destroyed:", err)
	read, err = event.Decode(records[0])
	fmt.Println("read:", read.Team, read.Email, err)
	// Output:
	// on Kafka: false
	// read: ada@example.com <nil>
	// destroyed: <nil>
	// read: core (forgotten) <nil>
}
