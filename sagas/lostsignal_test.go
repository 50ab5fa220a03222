//go:build synctests

package sagas_test

import (
	"errors"
	"testing"
	"time"

	"github.com/millrace/millrace/partitions/partitionstest"
	"github.com/millrace/millrace/sagas"
)

// TestLostSignalOrder sends a signal to a branch that has lost and another one after it: they are met in their order.
func TestLostSignalOrder(t *testing.T) {
	t.Parallel()
	win, x := sagas.NewSignal[string]("win"), sagas.NewSignal[string]("x")
	flow := sagas.Define("lost", func(s *sagas.Saga, _ int) (heard []string, err error) {
		_, err = sagas.First(s, func(s *sagas.Saga) error {
			_, err := sagas.Await(s, win, 0)
			return err
		}, func(s *sagas.Saga) error {
			text, err := sagas.Await(s, x, 0)
			if err == nil {
				heard = append(heard, text)
				_, err = sagas.Await(s, x, 0)
				return errors.Join(err, errors.New("no"))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if len(heard) > 0 {
			return heard, nil
		}
		for range 2 {
			text, err := sagas.Await(s, x, time.Minute)
			if err != nil {
				return append(heard, err.Error()), nil
			}
			heard = append(heard, text)
		}
		return heard, nil
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		const n = 60
		for i := range n {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		for i := range n {
			w.Publish(win.New(flow, id(i), ""), x.New(flow, id(i), "first"), x.New(flow, id(i), "second"))
		}
		w.Settle()
		w.Advance(2 * time.Minute)
		kinds := map[string]int{}
		for i := range n {
			out, err := flow.Handle(g.Owner(id(i)).Group(), id(i)).Result(short(t))
			if err != nil {
				t.Error(err)
			}
			text := ""
			for _, o := range out {
				text += o + " "
			}
			kinds[text]++
		}
		if kinds["second first "] > 0 {
			t.Errorf("%d of %d have heard the second first", kinds["second first "], n)
		}
	})
}

// TestLostSignalWaiter sends a signal to a branch that has lost, for which another one has been waiting: that one meets it.
func TestLostSignalWaiter(t *testing.T) {
	t.Parallel()
	win, x := sagas.NewSignal[string]("win"), sagas.NewSignal[string]("x")
	flow := sagas.Define("waiter", func(s *sagas.Saga, _ int) (heard string, err error) {
		err = sagas.All(s, 0, func(s *sagas.Saga) error {
			_, err := sagas.First(s, func(s *sagas.Saga) error {
				_, err := sagas.Await(s, win, 0)
				return err
			}, func(s *sagas.Saga) error {
				text, err := sagas.Await(s, x, 0)
				if err == nil {
					heard = "loser: " + text
				}
				return err
			})
			return err
		}, func(s *sagas.Saga) error {
			if err := s.Sleep(time.Second); err != nil { // it waits for x second
				return err
			}
			text, err := sagas.Await(s, x, time.Minute)
			if errors.Is(err, sagas.ErrTimeout) {
				text, err = "timeout", nil
			}
			if heard == "" {
				heard = text
			}
			return err
		})
		return heard, err
	})
	run(t, flow, func(t *testing.T, w *partitionstest.World, g *partitionstest.Group) { //nolint:thelper // it is the test
		g.Start()
		const n = 60
		for i := range n {
			w.Publish(flow.New(id(i), i))
		}
		w.Settle()
		w.Advance(2 * time.Second)
		w.Settle()
		for i := range n {
			w.Publish(win.New(flow, id(i), ""), x.New(flow, id(i), "x"))
		}
		w.Settle()
		w.Advance(2 * time.Minute)
		kinds := map[string]int{}
		for i := range n {
			out, err := flow.Handle(g.Owner(id(i)).Group(), id(i)).Result(short(t))
			if err != nil {
				t.Error(err)
			}
			kinds[out]++
		}
		if kinds["timeout"] > 0 {
			t.Errorf("%d of %d time out with the signal in the inbox", kinds["timeout"], n)
		}
	})
}
