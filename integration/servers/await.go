package servers

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/millrace/millrace/bus"
)

const (
	askEvery = 200 * time.Millisecond
	askLimit = 10 * time.Second
)

// await returns once ask has no error, or with an error once alive has one or the context ends.
func await(ctx context.Context, ask, alive func(context.Context) error) error {
	ticker := time.NewTicker(askEvery)
	defer ticker.Stop()
	for {
		one, cancel := context.WithTimeout(ctx, askLimit)
		err := ask(one)
		cancel()
		if err == nil {
			return nil
		}
		if ended := alive(ctx); ended != nil {
			return ended
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it does not answer in time: %w", err)
		case <-ticker.C:
		}
	}
}

func askKafka(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		b, err := bus.Open(ctx, url)
		if err != nil {
			return err
		}
		return b.Close()
	}
}

func askPostgres(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			return err
		}
		return conn.Close(ctx)
	}
}

func askRedis(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(url, redisURL("")))
		if err != nil {
			return err
		}
		defer conn.Close()
		if deadline, ok := ctx.Deadline(); ok {
			_ = conn.SetDeadline(deadline) // without it, the server's answer is waited for
		}
		if _, err := conn.Write([]byte("PING\r\n")); err != nil {
			return err
		}
		answer, err := bufio.NewReader(conn).ReadString('\n')
		if err == nil && answer != "+PONG\r\n" {
			err = fmt.Errorf("it answers PING with %q", answer)
		}
		return err
	}
}

// freePorts are ports of this machine that nothing listened on a moment ago.
func freePorts(ctx context.Context, count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a port: %w", err)
		}
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener has a TCP address
	}
	return ports, nil
}
