package servers

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports below those that systems give to clients: no client takes one while its broker is down, and none connects to itself.
const (
	quietFrom  = 12_000
	quietTo    = 30_000
	quietTries = 200
)

// quietPorts are ports of this machine that a server can have again after it has ended.
func quietPorts(ctx context.Context, count int) ([]int, error) {
	ports := make([]int, 0, count)
	for range quietTries {
		if len(ports) == count {
			return ports, nil
		}
		port := quietFrom + rand.IntN(quietTo-quietFrom)
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		defer listener.Close()
		ports = append(ports, port)
	}
	return nil, fmt.Errorf("find %d ports from %d to %d: all that were tried are taken", count, quietFrom, quietTo)
}
