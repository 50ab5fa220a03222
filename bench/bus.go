package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
)

// round is what one side did in one round.
type round struct {
	published sample
	consumed  drained
	paced     paced
}

// benchBus lets every side publish and consume in turns, each round beginning with another side.
func benchBus(ctx context.Context, s settings) error {
	b, err := bus.Open(ctx, s.kafka)
	if err != nil {
		return err
	}
	defer b.Close() //nolint:errcheck // a bench
	encode, err := newRecorder(ctx)
	if err != nil {
		return err
	}
	bare, closeBare, err := franz(s.kafka, encode)
	if err != nil {
		return err
	}
	defer closeBare()
	peer, closePeer, err := watermillSide(s.kafka, encode)
	if err != nil {
		return err
	}
	defer closePeer()
	sides := []side{millrace(b), bare, peer}
	rounds := map[string][]round{}
	for number := range s.rounds + 1 { // the first round warms up
		for turn := range sides {
			side := sides[(number+turn)%len(sides)]
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", number, s.rounds, side.name)
			one, err := runRound(ctx, s, b, side, number)
			if err != nil {
				return fmt.Errorf("%s: %w", side.name, err)
			}
			if number > 0 {
				rounds[side.name] = append(rounds[side.name], one)
			}
		}
	}
	return report(s.json, figures(sides, rounds))
}

func runRound(ctx context.Context, s settings, b *bus.Bus, side side, number int) (done round, err error) {
	n := s.events / side.share
	ctx, cancel := context.WithTimeout(ctx, roundLimit)
	defer cancel()
	topic, quiet := "bench-"+uuid.NewString(), "bench-"+uuid.NewString()
	err = b.Create(ctx, bus.TopicSpec{Name: bus.Topic(topic), Partitions: partitions}, bus.TopicSpec{Name: bus.Topic(quiet), Partitions: partitions})
	if err != nil {
		return done, err
	}
	if done.published, err = measure(n, func() error { return side.publish(ctx, topic, n) }); err != nil {
		return done, fmt.Errorf("publish: %w", err)
	}
	endProfile, err := profile(s, side.name, number)
	if err != nil {
		return done, err
	}
	done.consumed, err = drain(ctx, side, topic, n)
	endProfile()
	if err != nil {
		return done, fmt.Errorf("consume: %w", err)
	}
	if done.paced, err = pace(ctx, side, quiet); err != nil {
		return done, fmt.Errorf("latency: %w", err)
	}
	return done, nil
}

// roundLimit ends a run that hangs.
const roundLimit = 2 * time.Minute
