package shop

import (
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/examples/shop/hooks"
	"github.com/millrace/millrace/examples/shop/mail"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/push"
)

// OrderPlaced says that a customer placed an order. Its topic is outbox.event.order and its key is the order's id, so
// what happens to one order is in order.
var OrderPlaced = bus.Define("shop.order.placed", func(o Order) string { return o.ID }, bus.Partitions(3))

// The push channels that browsers follow.
var (
	Orders     = push.Define[OrderView]("orders")            // orders that are accepted
	Checkouts  = push.Define[checkout.Progress]("checkouts") // what becomes of orders after that
	Mails      = push.Define[mail.Job]("mails")              // how the jobs are that send mail
	Deliveries = push.Define[hooks.Delivery]("deliveries")   // attempts to deliver webhooks
	Endpoints  = push.Define[webhooks.Notice]("endpoints")   // what becomes of the endpoints of webhooks
)

// OrderView is what a browser is told when an order has been accepted.
type OrderView struct {
	Order  Order     `json:"order"`
	Status Status    `json:"status"`
	Event  EventView `json:"event"`
	Trace  Trace     `json:"trace"`
}

// EventView is the event that caused a view, and its position in Kafka.
type EventView struct {
	ID        string        `json:"id"`
	Type      string        `json:"type"`
	Key       string        `json:"key"`
	Topic     bus.Topic     `json:"topic"`
	Partition bus.Partition `json:"partition"`
	Offset    int64         `json:"offset"`
}

// Trace holds when an order passed each step, all in UTC and by this process's clock except RecordedAt, which is the
// Kafka record's timestamp and so has milliseconds only.
type Trace struct {
	PlacedAt   time.Time `json:"placed_at"`
	RecordedAt time.Time `json:"recorded_at"`
	HandledAt  time.Time `json:"handled_at"`
	AcceptedAt time.Time `json:"accepted_at"`
	SentAt     time.Time `json:"sent_at"`
}
