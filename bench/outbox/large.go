package outbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/millrace/millrace/bench/figures"
	"github.com/millrace/millrace/bench/process"
)

// memoryLimit is how much memory, in MB, the relay may use for a transaction of any size.
const memoryLimit = 256

// large sends one transaction through the relay, which holds it in parts only.
func (b *bench) large(ctx context.Context) error {
	return b.alone(ctx, caseLarge, func(p *process.Process, topic string) ([]figures.Figure, error) {
		began := time.Now()
		r, err := b.reader(topic, p, b.rows)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		for r.count == 0 {
			if err := r.take(ctx, begin, func([]byte) {}); err != nil {
				return nil, err
			}
		}
		first := time.Since(began)
		d, err := r.drain(ctx, b.rows)
		if err != nil {
			return nil, err
		}
		found := []figures.Figure{
			figure(caseLarge, "millrace", "rows", float64(b.rows)),
			figure(caseLarge, "millrace", "first", first.Seconds()),
			figure(caseLarge, "millrace", "rate", d.rate),
			figure(caseLarge, "millrace", "cpu", d.cpu),
			figure(caseLarge, "millrace", "rss", d.rss),
		}
		if d.rss > memoryLimit {
			err = fmt.Errorf("the relay used %.0f MB, which is more than %d", d.rss, memoryLimit)
		}
		return found, err
	}, func() error {
		return b.fill(ctx, 1, fmt.Sprintf(`INSERT INTO %s SELECT gen_random_uuid(), 'thing', (n %% %d)::text, 'Made',
			jsonb_build_object('id', n, 'pad', repeat('x', %d)) FROM generate_series(0, %d) n`, b.name, keys, padding, b.rows-1))
	})
}

// alone runs the relay on an outbox of its own, which filled fills, prints what is measured and gives the verdict.
func (b *bench) alone(ctx context.Context, what string, measure func(p *process.Process, topic string) ([]figures.Figure, error),
	filled func() error,
) (err error) {
	b.name = "bench" + strconv.FormatInt(time.Now().UnixNano(), 36)
	slot := b.name + "_" + what
	if err := b.lay(ctx, slot); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.clean(ctx)) }()
	if err := filled(); err != nil {
		return err
	}
	if _, err := b.admin.CreateTopic(ctx, partitions, 1, nil, slot); err != nil {
		return err //nolint:wrapcheck // a bench
	}
	p, err := startRelay(ctx, work{kafka: b.kafka, database: b.database, slot: slot, name: b.name, topic: slot})
	if err != nil {
		return err
	}
	defer p.End()
	found, verdict := measure(p, slot)
	if err := figures.Print(os.Stdout, b.json, found...); err != nil {
		return err
	}
	if verdict == nil {
		_, err = fmt.Fprintln(os.Stdout, what+": as it must be")
	}
	return errors.Join(verdict, err)
}
