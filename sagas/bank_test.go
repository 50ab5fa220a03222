package sagas_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/millrace/millrace/resilience"
	"github.com/millrace/millrace/sagas"
)

// transfer is what the tests' sagas are about.
type transfer struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Amount int    `json:"amount"`
}

// receipt is what a step returns.
type receipt struct {
	Key    string `json:"key"`
	Amount int    `json:"amount"`
}

// bank is the world outside: it does everything once for each key, and fails as it is told to.
type bank struct {
	mu       sync.Mutex
	accounts map[string]int
	done     map[string]int // by key: 1 once it is done, 2 once it is undone
	calls    map[string]int
	faults   *rand.Rand
	wrong    []string
}

func newBank(accounts int, faults *rand.Rand) *bank {
	b := &bank{accounts: make(map[string]int), done: make(map[string]int), calls: make(map[string]int), faults: faults}
	for i := range accounts {
		b.accounts[fmt.Sprint("a", i)] = 1000
	}
	return b
}

var errRefused = errors.New("the account is closed")

// move changes an account once for the step's key.
func (b *bank) move(ctx context.Context, account string, by int) (receipt, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := sagas.Key(ctx)
	b.calls[key]++
	fault := -1
	if b.faults != nil {
		fault = b.faults.IntN(20)
	}
	switch {
	case b.done[key] == 2:
		b.wrong = append(b.wrong, "done after it was undone: "+key)
	case b.done[key] == 1:
		return receipt{key, by}, nil
	case fault < 2 && fault >= 0:
		return receipt{}, errors.New("the line is down")
	case fault == 2:
		return receipt{}, resilience.Permanent(errRefused)
	}
	b.accounts[account] += by
	b.done[key] = 1
	if fault == 3 || fault == 4 {
		return receipt{}, resilience.Indefinite(errors.New("no answer"))
	}
	return receipt{key, by}, nil
}

// back takes back what the step's key has done.
func (b *bank) back(ctx context.Context, account string, by int, r receipt) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := sagas.Key(ctx)
	if b.faults != nil && b.faults.IntN(4) == 0 {
		return errors.New("the line is down")
	}
	switch {
	case b.done[key] == 2:
		return nil
	case b.done[key] == 0 && r.Key != "":
		b.wrong = append(b.wrong, "undone before it was done: "+key)
	case b.done[key] == 1:
		b.accounts[account] -= by
	}
	b.done[key] = 2
	return nil
}

func (b *bank) sum() (sum int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, cents := range b.accounts {
		sum += cents
	}
	return sum
}

func quick() sagas.StepOption {
	return sagas.Retry(resilience.RetryPolicy{Attempts: 4, Initial: 50 * time.Millisecond, Max: 2 * time.Second, Multiplier: 3, Jitter: 0.5})
}

// transfers is a flow over the bank: take, wait a moment, give, and tell.
func (b *bank) transfers(opts ...sagas.Option) *sagas.Flow[transfer, receipt] {
	take := sagas.NewStep("take",
		func(ctx context.Context, t transfer) (receipt, error) { return b.move(ctx, t.From, -t.Amount) },
		func(ctx context.Context, t transfer, r receipt) error { return b.back(ctx, t.From, -t.Amount, r) }, quick())
	give := sagas.NewStep("give",
		func(ctx context.Context, t transfer) (receipt, error) { return b.move(ctx, t.To, t.Amount) },
		func(ctx context.Context, t transfer, r receipt) error { return b.back(ctx, t.To, t.Amount, r) }, quick())
	note := sagas.NewStep("note", func(ctx context.Context, _ transfer) (receipt, error) { return b.move(ctx, "notes", 0) }, nil, quick())
	return sagas.Define("transfer", func(s *sagas.Saga, t transfer) (receipt, error) {
		taken, err := sagas.Do(s, take, t)
		if err != nil {
			return receipt{}, err
		}
		if t.Amount%2 == 0 {
			if err := s.Sleep(time.Second); err != nil {
				return receipt{}, err
			}
		}
		if _, err := sagas.Do(s, give, t); err != nil {
			return receipt{}, err
		}
		if _, err := sagas.Do(s, note, t); err != nil {
			return receipt{}, err
		}
		return taken, nil
	}, opts...)
}
