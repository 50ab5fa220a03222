package cache_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/resilience"
)

// backwards keeps text from its end to its beginning.
type backwards struct{ failing error }

func (b backwards) turn(text string) (string, error) {
	var out strings.Builder
	for i := len(text); i > 0; i-- {
		out.WriteByte(text[i-1])
	}
	return out.String(), b.failing
}

func (b backwards) Encode(text string) ([]byte, error) {
	turned, err := b.turn(text)
	return []byte(turned), err
}

func (b backwards) Decode(data []byte) (string, error) { return b.turn(string(data)) }

func TestValues(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	load := func(context.Context, string) (string, error) { return "abc", nil }
	c, err := cache.New(s.client(), "texts", load, cache.Shared(), cache.Values(backwards{}))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Get(t.Context(), "one"); err != nil || got != "abc" {
		t.Errorf("%q, %v", got, err)
	}
	if kept, err := s.client().Get(t.Context(), "millrace:cache:texts:1::one").Result(); err != nil || kept != "vcba" {
		t.Errorf("Redis has %q, %v", kept, err)
	}
	for failing, class := range map[error]resilience.Class{
		resilience.Transient(errors.New("keys away")): resilience.ClassTransient, errors.New("not mine"): resilience.ClassPermanent,
	} {
		c, err = cache.New(s.client(), "texts", load, cache.Shared(), cache.Values(backwards{failing}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), "one"); !errors.Is(err, failing) || resilience.ClassOf(err) != class {
			t.Errorf("%v, want it to be %v", err, class)
		}
	}
	if _, err := cache.New(s.client(), "numbers", func(context.Context, string) (int, error) { return 0, nil },
		cache.Values(backwards{})); err == nil {
		t.Error("a codec of another type")
	}
}
