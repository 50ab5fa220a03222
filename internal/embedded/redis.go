package embedded

import (
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

// Redis is a Redis server within the process. It keeps nothing on disk.
type Redis struct{ server *miniredis.Miniredis }

// StartRedis runs a server on a free port of the loopback interface.
func StartRedis() (*Redis, error) {
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("embedded: Redis: %w", err)
	}
	return &Redis{server: server}, nil
}

// URL is its address, redis://host:port.
func (r *Redis) URL() string { return "redis://" + r.server.Addr() }

// Close ends the server.
func (r *Redis) Close() { r.server.Close() }
