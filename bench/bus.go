package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/millrace/millrace/bus"
)

// benchBus lets every side publish and consume in turns.
func benchBus(ctx context.Context, s settings) error {
	b, err := bus.Open(ctx, s.kafka)
	if err != nil {
		return err //nolint:wrapcheck // a bench
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
	samples := map[string][]sample{}
	latencies := map[string][]time.Duration{}
	for round := range s.rounds + 1 { // the first round warms up
		for _, side := range sides {
			topic := "bench-" + uuid.NewString()
			if err := b.Create(ctx, bus.TopicSpec{Name: bus.Topic(topic), Partitions: partitions}); err != nil {
				return err //nolint:wrapcheck // a bench
			}
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round, s.rounds, side.name)
			n := s.events / side.share
			published, err := measure(n, func() error { return side.publish(ctx, topic, n) })
			if err != nil {
				return fmt.Errorf("%s: publish: %w", side.name, err)
			}
			endProfile, err := profile(s, side.name, round)
			if err != nil {
				return err
			}
			consumed, err := measure(n, func() error { return side.consume(ctx, topic, topic, n) })
			endProfile()
			if err != nil {
				return fmt.Errorf("%s: consume: %w", side.name, err)
			}
			paced, err := pace(ctx, side, topic)
			if err != nil {
				return fmt.Errorf("%s: latency: %w", side.name, err)
			}
			if round > 0 {
				samples["publish "+side.name] = append(samples["publish "+side.name], published)
				samples["consume "+side.name] = append(samples["consume "+side.name], consumed)
				latencies[side.name] = append(latencies[side.name], paced...)
			}
		}
	}
	return report(s.json, figures(sides, samples, latencies))
}

const pacedEvents = 200

// pace publishes single events, 200 a second, and returns how long each took to be acknowledged.
func pace(ctx context.Context, side side, topic string) ([]time.Duration, error) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	took := make([]time.Duration, pacedEvents)
	for i := range took {
		<-ticker.C
		began := time.Now()
		if err := side.one(ctx, topic, i); err != nil {
			return nil, err
		}
		took[i] = time.Since(began)
	}
	return took, nil
}

func figures(sides []side, samples map[string][]sample, latencies map[string][]time.Duration) []figure {
	var all []figure
	rates := map[string]float64{}
	for _, work := range []string{"publish", "consume"} {
		for _, side := range sides {
			var rate, cpu, allocations []float64
			for _, one := range samples[work+" "+side.name] {
				rate, cpu, allocations = append(rate, one.rate), append(cpu, one.cpu), append(allocations, one.allocations)
			}
			rates[work+side.name] = median(rate)
			all = append(all, figure{"bus", work, side.name, "rate", median(rate)},
				figure{"bus", work, side.name, "cpu", median(cpu)}, figure{"bus", work, side.name, "allocations", median(allocations)})
			if work == "publish" {
				all = append(all, figure{"bus", "one", side.name, "p50", ms(quantile(latencies[side.name], 0.5))},
					figure{"bus", "one", side.name, "p99", ms(quantile(latencies[side.name], 0.99))})
			}
		}
		all = append(all, figure{"bus", work, "millrace", "of franz-go", rates[work+"millrace"] / rates[work+"franz-go"]},
			figure{"bus", work, "millrace", "of watermill", rates[work+"millrace"] / rates[work+"watermill"]})
	}
	return all
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
