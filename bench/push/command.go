package push

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/millrace/millrace/bench/flows/fanout"
	"github.com/millrace/millrace/bench/sides"
)

// child is the hidden command of Millrace's process.
const child = "push-side"

type settings struct {
	kafka       string
	json, quick bool
	runs        int
	only        string
	clients     []int
	long, warm  time.Duration
}

// one is a side, and what it is told.
type one struct {
	sides.Side

	work fanout.Work
}

// Benches are the bench of this package, and the hidden command of Millrace's process.
func Benches() []string { return []string{"push", child} }

// Run does what the arguments say; the first is one of Benches.
func Run(ctx context.Context, args []string) (err error) {
	if args[0] == child {
		return fanout.Side(ctx, args[1], open)
	}
	var s settings
	flags := flag.NewFlagSet("push", flag.ContinueOnError)
	flags.StringVar(&s.kafka, "kafka", os.Getenv("KAFKA_URL"), "address of a Kafka cluster; without it a broker is started")
	flags.BoolVar(&s.json, "json", false, "print one JSON object a line")
	flags.BoolVar(&s.quick, "quick", false, "one run, 100 and 1,000 clients, shorter, warmed up less")
	flags.IntVar(&s.runs, "runs", 3, "turns of each side; figures are medians")
	flags.StringVar(&s.only, "only", "", "only sides whose name contains one of these, as in millrace,kafka")
	flags.Func("clients", "how many clients, as in 1,1000 (default 1,100,1000,5000)", s.crowds)
	flags.DurationVar(&s.long, "long", 10*time.Second, "how long is published at a pace")
	flags.DurationVar(&s.warm, "warm", 20*time.Second, "how long each side that has a broker warms that up before all turns")
	if err := flags.Parse(args[1:]); err != nil {
		return err //nolint:wrapcheck // flag has said it
	}
	if s.quick {
		s.runs, s.long, s.warm = 1, 3*time.Second, 5*time.Second
	}
	switch {
	case s.clients != nil:
	case s.quick:
		s.clients = []int{100, 1000}
	default:
		s.clients = []int{1, 100, 1000, 5000}
	}
	all := []one{
		{sides.Side{Name: "millrace", Command: child, Server: sides.Kafka}, fanout.Work{}},
		{sides.Side{Name: "centrifuge", Folder: "centrifuge"}, fanout.Work{}},
		{sides.Side{Name: "centrifuge", Variant: "tuned", Folder: "centrifuge"}, fanout.Work{Tuned: true}},
		{sides.Side{Name: "centrifuge", Variant: "history", Folder: "centrifuge"}, fanout.Work{Tuned: true, History: true}},
		{
			sides.Side{Name: "centrifuge", Variant: "kafka", Folder: "centrifuge", Server: sides.Kafka},
			fanout.Work{Tuned: true, History: true},
		},
	}
	all = slices.DeleteFunc(all, func(o one) bool {
		return !slices.ContainsFunc(strings.Split(s.only, ","), func(part string) bool { return strings.Contains(o.String(), part) })
	})
	if len(all) == 0 {
		return errors.New("no side is left to measure")
	}
	for i := range all {
		if all[i].Server != nil {
			all[i].Address = s.kafka
		}
		end, failed := all[i].Ready(ctx)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, end()) }()
		all[i].work.Kafka = all[i].Address
		s.kafka = cmp.Or(s.kafka, all[i].Address)
	}
	return s.turns(ctx, all)
}

// crowds reads numbers of clients.
func (s *settings) crowds(text string) error {
	for number := range strings.SplitSeq(text, ",") {
		clients, err := strconv.Atoi(number)
		if err != nil || clients < 1 {
			return fmt.Errorf("%q is no number of clients", number)
		}
		s.clients = append(s.clients, clients)
	}
	return nil
}
