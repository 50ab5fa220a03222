package cache_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/millrace/millrace/cache"
	"github.com/millrace/millrace/request"
)

func ExampleCache() {
	server, err := miniredis.Run()
	if err != nil {
		return
	}
	defer server.Close()
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	price := map[string]int{"tea": 3}
	prices, err := cache.New(client, "prices", func(_ context.Context, product string) (int, error) {
		fmt.Println("asking the database for", product)
		if cents, sold := price[product]; sold {
			return cents, nil
		}
		return 0, cache.ErrNotFound
	}, cache.TTL(time.Hour, time.Minute))
	if err != nil {
		fmt.Println(err)
		return
	}
	// A process runs prices.Run(ctx) beside, to hear of invalidations.
	ctx := request.With(context.Background(), request.Info{Tenant: "acme"})
	for range 2 {
		fmt.Println(prices.Get(ctx, "tea"))
	}
	price["tea"] = 4
	if err := prices.Invalidate(ctx, "tea"); err != nil {
		fmt.Println(err)
	}
	fmt.Println(prices.Get(ctx, "tea"))
	_, err = prices.Get(ctx, "gold")
	fmt.Println(errors.Is(err, cache.ErrNotFound))
	// Output:
	// asking the database for tea
	// 3 <nil>
	// 3 <nil>
	// asking the database for tea
	// 4 <nil>
	// asking the database for gold
	// true
}

func ExampleLimiter() {
	server, err := miniredis.Run()
	if err != nil {
		return
	}
	defer server.Close()
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	limit, err := cache.NewLimiter(client, "api", cache.Rate{Count: 1, Per: time.Minute, Burst: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := request.With(context.Background(), request.Info{Tenant: "acme"})
	for range 3 {
		decision, err := limit.Take(ctx, "orders", 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		header := http.Header{}
		decision.SetHeaders(header)
		fmt.Println(decision.Allowed, header.Get("RateLimit-Policy"), decision.Remaining)
	}
	// Output:
	// true "api";q=2;w=120 1
	// true "api";q=2;w=120 0
	// false "api";q=2;w=120 0
}
