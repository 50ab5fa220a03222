package soak_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// A transfer is the saga that every worker runs: it takes money from one account and gives it to another, in steps that fail
// at random. Accounts are a group's tables, so that what a step does can be counted; the group asks itself.
type transfer struct {
	ID     string `json:"id"`
	From   string `json:"from"`
	To     string `json:"to"`
	Amount int64  `json:"amount"`
}

// payment is what an account is asked for: once for each key, and taken back once.
type payment struct {
	Saga    string `json:"saga"`
	Key     string `json:"key"`
	Account string `json:"account"`
	By      int64  `json:"by"`
	Back    bool   `json:"back,omitempty"`
}

// paid is what has become of a payment.
type paid struct {
	Saga string   `json:"saga"`
	By   int64    `json:"by"`
	Is   payState `json:"is"`
	// Early says that it was taken back before it was made, and so never is.
	Early bool `json:"early,omitempty"`
}

type payState string

const (
	payMade payState = "made"
	payBack payState = "back"

	bankGroup = group + "-bank"
	accounts  = 12
	opening   = 1_000_000
)

var (
	balances = partitions.NewTable[string, int64]("balances")
	payments = partitions.NewTable[string, paid]("payments")
	payCall  = partitions.NewCommand[payment, int64]("pay", func(p payment) string { return p.Account })
)

// pay makes a payment, or takes it back.
func pay(tx *partitions.Tx, p payment) (int64, error) {
	balance, known := balances.Get(tx, p.Account)
	if !known {
		balance = opening
	}
	was, made := payments.Get(tx, p.Key)
	switch {
	case !made && p.Back:
		was = paid{Saga: p.Saga, By: p.By, Is: payBack, Early: true}
	case !made:
		was = paid{Saga: p.Saga, By: p.By, Is: payMade}
		balance += p.By
	case p.Back && was.Is == payMade:
		was.Is = payBack
		balance -= was.By
	}
	balances.Put(tx, p.Account, balance)
	payments.Put(tx, p.Key, was)
	return balance, nil
}

var errLine = errors.New("the line is down")

// bank is the program of a worker that moves money.
type bank struct {
	group *partitions.Group
	flow  *sagas.Flow[transfer, int64]

	mu     sync.Mutex
	chance *rand.Rand
}

// newBank makes the flow; its steps need a group.
func newBank(seed uint64) *bank {
	b := &bank{chance: rand.New(rand.NewPCG(seed, 9))}
	step := func(name string, of func(transfer) payment) *sagas.Step[transfer, int64] {
		ask := func(ctx context.Context, t transfer, back bool) (int64, error) {
			p := of(t)
			p.Saga, p.Key, p.Back = t.ID, sagas.Key(ctx), back
			if err := b.fault(back); err != nil {
				return 0, err
			}
			balance, err := partitions.Ask(ctx, b.group, payCall, p)
			return balance, errors.Join(err, b.silence())
		}
		return sagas.NewStep(name, func(ctx context.Context, t transfer) (int64, error) { return ask(ctx, t, false) },
			func(ctx context.Context, t transfer, _ int64) error {
				_, err := ask(ctx, t, true)
				return err
			}, sagas.Timeout(2*session))
	}
	withdraw := step("withdraw", func(t transfer) payment { return payment{Account: t.From, By: -t.Amount} })
	deposit := step("deposit", func(t transfer) payment { return payment{Account: t.To, By: t.Amount} })
	b.flow = sagas.Define("transfer", func(s *sagas.Saga, t transfer) (int64, error) {
		if _, err := sagas.Do(s, withdraw, t); err != nil {
			return 0, err
		}
		if t.Amount%2 == 0 {
			if err := s.Sleep(timerAfter); err != nil {
				return 0, err
			}
		}
		return sagas.Do(s, deposit, t)
	}, sagas.IDs(func(t transfer) string { return t.ID }))
	return b
}

// fault fails now and then before anything has happened.
func (b *bank) fault(back bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch n := b.chance.IntN(20); {
	case n == 0 && !back:
		return resilience.Permanent(errors.New("the account is closed"))
	case n < 3:
		return errLine
	}
	return nil
}

// silence fails now and then after it has.
func (b *bank) silence() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.chance.IntN(10) == 0 {
		return resilience.Indefinite(errLine)
	}
	return nil
}

// open makes the group.
func (b *bank) open(on *bus.Bus, where ...partitions.Option) (err error) {
	b.group, err = partitions.New(on, bankGroup, append(where, b.flow.Part(), partitions.Use(balances, payments),
		partitions.Answer(payCall, pay), partitions.SessionTimeout(session), partitions.Lanes(2))...)
	return err
}

// transfers starts one more, between random accounts.
func (f *feed) transfers() []bus.Message {
	f.started++
	id := "t" + itoa(f.started)
	account := func() string { return "a" + itoa(f.chance.IntN(accounts)) }
	return []bus.Message{f.bank.flow.New(id, transfer{ID: id, From: account(), To: account(), Amount: 1 + f.chance.Int64N(100)})}
}
