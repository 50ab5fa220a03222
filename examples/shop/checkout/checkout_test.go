package checkout_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/bus/bustest"
	"github.com/millrace/millrace/examples/shop"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/internal/pgtest"
	"github.com/millrace/millrace/machines"
	"github.com/millrace/millrace/sagas"
)

var shared pgtest.Shared

func TestMain(m *testing.M) {
	shared.M = m
	goleak.VerifyTestMain(&shared)
}

// till is a checkout at work.
type till struct {
	*testing.T
	pool     *pgxpool.Pool
	bus      *bus.Bus
	checkout *checkout.Checkout
	progress chan checkout.Progress
}

func open(t *testing.T, pace checkout.Pace) *till {
	t.Helper()
	f := &till{T: t, bus: bustest.Open(t), progress: make(chan checkout.Progress, 1000)}
	address, _ := shared.Database(t)
	var err error
	if f.pool, err = pgxpool.New(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.pool.Close)
	if err := shop.Migrate(t.Context(), f.pool); err != nil {
		t.Fatal(err)
	}
	if f.checkout, err = checkout.New(f.pool, f.bus, checkout.At(pace)); err != nil {
		t.Fatal(err)
	}
	if err := f.bus.Verify(t.Context(), f.checkout.Contracts()...); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- f.checkout.Run(ctx) }()
	go func() {
		ended <- f.checkout.Follow(ctx, f.bus, func(_ context.Context, p checkout.Progress) error { f.progress <- p; return nil })
	}()
	t.Cleanup(func() {
		stop()
		for range 2 {
			if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	})
	return f
}

func (f *till) start(order string, cents int64) {
	f.Helper()
	cart := checkout.Cart{Order: order, TotalCents: cents, Lines: []checkout.Line{{"cups-02", 2}, {"made-to-order", 1}, {"cups-02", 1}}}
	if err := f.checkout.Flow.Start(f.Context(), f.bus, order, cart).Err(); err != nil {
		f.Fatal(err)
	}
}

// until waits for the progress of an order.
func (f *till) until(order string, is func(checkout.Progress) bool) checkout.Progress {
	f.Helper()
	limit := time.After(time.Minute)
	var last checkout.Progress
	for {
		select {
		case p := <-f.progress:
			if p.Order != order {
				continue
			}
			if last = p; is(p) {
				return p
			}
		case <-limit:
			f.Fatalf("%s has come no further than %+v", order, last)
		}
	}
}

func ended(state checkout.State, saga sagas.Status) func(checkout.Progress) bool {
	return func(p checkout.Progress) bool { return p.State == state && p.Saga == saga }
}

// sum is how much of the cups is left, how many reservations there are, and what is paid and not refunded.
func (f *till) sum() (cups, reserved int, cents int64) {
	f.Helper()
	err := f.pool.QueryRow(f.Context(), `SELECT (SELECT quantity FROM shop.stock WHERE sku = 'cups-02'),
		(SELECT count(*) FROM shop.reservations), (SELECT coalesce(sum(cents), 0) FROM shop.payments WHERE refunded_at IS NULL)`,
	).Scan(&cups, &reserved, &cents)
	if err != nil {
		f.Fatal(err)
	}
	return cups, reserved, cents
}

func TestDelivered(t *testing.T) {
	t.Parallel()
	f := open(t, checkout.Pace{Approval: time.Minute})
	f.start("small", 100)
	f.start("small", 100)
	p := f.until("small", ended(checkout.Delivered, sagas.Completed))
	if len(p.Journal) < 11 || p.Version != 5 || p.Reason != "" {
		t.Errorf("%+v", p)
	}
	f.start("large", checkout.ApprovedFrom)
	if err := checkout.Approved.Send(t.Context(), f.bus, f.checkout.Flow, "large", "anna").Err(); err != nil {
		t.Fatal(err)
	}
	f.until("large", ended(checkout.Delivered, sagas.Completed))
	if cups, reserved, cents := f.sum(); cups != 100_000-6 || reserved != 6 || cents != 100+checkout.ApprovedFrom {
		t.Errorf("%d cups, %d reservations, %d cents", cups, reserved, cents)
	}
}

func TestUndone(t *testing.T) {
	t.Parallel()
	f := open(t, checkout.Pace{Approval: 100 * time.Millisecond})
	f.start("late", checkout.ApprovedFrom)
	if p := f.until("late", ended(checkout.Cancelled, sagas.Compensated)); p.Reason == "" {
		t.Errorf("%+v", p)
	}
	if err := checkout.Approved.Send(t.Context(), f.bus, f.checkout.Flow, "dear", "anna").Err(); err != nil {
		t.Fatal(err)
	}
	f.start("dear", checkout.DeclinedFrom)
	p := f.until("dear", ended(checkout.Cancelled, sagas.Compensated))
	undone := 0
	for _, e := range p.Journal {
		if e.Outcome == checkout.Undone {
			undone++
		}
	}
	if undone != 2 {
		t.Errorf("undone: %+v", p)
	}
	if cups, reserved, cents := f.sum(); cups != 100_000 || reserved != 0 || cents != 0 {
		t.Errorf("%d cups, %d reservations, %d cents", cups, reserved, cents)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	f := open(t, checkout.Pace{Pack: time.Hour})
	f.start("paid", 100)
	f.until("paid", func(p checkout.Progress) bool { return p.State == checkout.Paid })
	if err := f.checkout.Cancel(t.Context(), f.bus, "none"); !errors.Is(err, machines.ErrNotAllowed) {
		t.Errorf("an order that is not there: %v", err)
	}
	if _, _, cents := f.sum(); cents != 100 {
		t.Errorf("%d cents", cents)
	}
	if err := f.checkout.Cancel(t.Context(), f.bus, "paid"); err != nil {
		t.Fatal(err)
	}
	f.until("paid", ended(checkout.Cancelled, sagas.Compensated))
	if cups, reserved, cents := f.sum(); cups != 100_000 || reserved != 0 || cents != 0 {
		t.Errorf("%d cups, %d reservations, %d cents", cups, reserved, cents)
	}
	quick := open(t, checkout.Pace{})
	quick.start("gone", 100)
	quick.until("gone", func(p checkout.Progress) bool { return p.State == checkout.Shipped })
	if err := quick.checkout.Cancel(t.Context(), quick.bus, "gone"); !errors.Is(err, machines.ErrNotAllowed) {
		t.Errorf("a shipped order: %v", err)
	}
	if err := quick.checkout.Flow.Cancel(t.Context(), quick.bus, "by an operator", "gone").Err(); err != nil {
		t.Fatal(err)
	}
	quick.until("gone", ended(checkout.Delivered, sagas.Completed))
	if _, _, cents := quick.sum(); cents != 100 {
		t.Errorf("%d cents", cents)
	}
}

// TestLateAnswer has a step that ships what was shipped by an attempt whose answer was lost, and which has arrived since.
func TestLateAnswer(t *testing.T) {
	t.Parallel()
	f := open(t, checkout.Pace{Ship: 5 * time.Second})
	f.start("lost", 100)
	f.until("lost", func(p checkout.Progress) bool { return p.State == checkout.Packed })
	if err := checkout.Orders.Send(t.Context(), f.bus, "lost", checkout.Shipping{Parcel: "parcel-lost"}).Err(); err != nil {
		t.Fatal(err)
	}
	if p := f.until("lost", ended(checkout.Delivered, sagas.Completed)); p.Journal[len(p.Journal)-1].Text != "ship" {
		t.Errorf("the checkout learns of it before the order has arrived: %+v", p)
	}
	if _, _, cents := f.sum(); cents != 100 {
		t.Errorf("%d cents", cents)
	}
}
