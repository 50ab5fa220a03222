package main

import (
	"errors"

	"github.com/redis/go-redis/v9"
)

// redisClient connects when it is first asked something, and again whenever Redis is back: a process starts without it. What the process does
// meanwhile is each use's own: requests with idempotency keys and tickets are refused with 503, and the check "redis" tells.
func redisClient(url string) (*redis.Client, error) {
	opts, err := redis.ParseURL(url)
	if err != nil {
		return nil, &usageError{errors.New("REDIS_URL (or --redis) must be of the form redis://host:6379")}
	}
	return redis.NewClient(opts), nil
}
