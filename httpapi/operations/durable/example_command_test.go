package durable_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/httpapi/operations/durable"
	"github.com/millrace/millrace/partitions"
)

type (
	// Vote is what clients send, and Ballot what the owner of the poll is asked.
	Vote struct {
		For string `json:"for" enum:"tea,coffee"`
	}
	Ballot struct{ Poll, For string }
	// Count is how many votes there are for it.
	Count struct {
		Votes int `json:"votes"`
	}
)

var (
	votes = partitions.NewTable[string, int]("votes")
	// Voting is asked of the shard of the poll.
	Voting = partitions.NewCommand[Ballot, Count]("vote", func(b Ballot) string { return b.Poll })
)

func votingIn(tx *partitions.Tx, b Ballot) (Count, error) {
	if b.Poll == "closed" {
		return Count{}, &partitions.AskError{Code: "over", Message: "this poll is over"}
	}
	n, _ := votes.Get(tx, b.Poll+"/"+b.For)
	votes.Put(tx, b.Poll+"/"+b.For, n+1)
	return Count{n + 1}, nil
}

// A command is served by a route, which any pod answers. Who sends it again with its key has voted once.
func ExampleCommand() {
	ctx, stop := context.WithCancel(context.Background())
	broker, _ := kfake.NewCluster(kfake.NumBrokers(1))
	defer broker.Close()
	b, err := bus.Open(ctx, "kafka://"+broker.ListenAddrs()[0])
	if err != nil {
		panic(err)
	}
	defer b.Close()
	group, err := partitions.New(b, "polls", partitions.Use(votes), partitions.Answer(Voting, votingIn, partitions.Remember(time.Hour)))
	if err != nil {
		panic(err)
	}
	errs, _ := httpapi.NewErrors(slog.New(slog.DiscardHandler))
	steps := httpapi.Steps{Errors: errs}
	chain, _ := httpapi.Chain(steps)
	router := chi.NewRouter()
	router.Use(chain...)
	api := operations.New(router, steps, operations.About{Title: "Polls", Version: "1"})
	durable.Command(api, group, "poll", Voting, func(id string, v Vote) Ballot { return Ballot{Poll: id, For: v.For} },
		func(context.Context, durable.Access) error { return nil }, // who may do what
		durable.Refused("over", http.StatusGone, "no more votes are taken"))
	if err := api.Publish("/openapi.json"); err != nil {
		panic(err)
	}
	server := httptest.NewServer(router)
	ended := make(chan error)
	go func() { ended <- group.Run(ctx) }()
	for _, err := group.Nodes(); errors.Is(err, partitions.ErrNotRunning); {
		_, err = group.Nodes()
	}

	for _, of := range []struct{ poll, key string }{{"drinks", "a"}, {"drinks", "a"}, {"drinks", "b"}, {"closed", "c"}} {
		r, _ := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/poll/"+of.poll+"/vote", strings.NewReader(`{"for":"tea"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", of.key)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			panic(err)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		fmt.Println(answer.StatusCode, strings.TrimSpace(string(text[:min(len(text), 11)])))
	}
	server.Close()
	stop()
	fmt.Println(<-ended)
	// Output:
	// 200 {"votes":1}
	// 200 {"votes":1}
	// 200 {"votes":2}
	// 410 {"type":"ab
	// <nil>
}
