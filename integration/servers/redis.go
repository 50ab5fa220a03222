package servers

import (
	"context"
	"os/exec"
	"strconv"
)

const (
	redisImage = "redis:8"
	redisPort  = 6379
)

// Redis has a Redis server that keeps nothing on disk and evicts no key. A process needs redis-server.
func Redis(ctx context.Context) (*Server, error) {
	return kind{name: "Redis", variable: "REDIS_URL", docker: redisContainer, process: redisProcess}.start(ctx)
}

// redisCommand is for networks where only this machine or a container's neighbours reach the server.
func redisCommand(more ...string) []string {
	return append([]string{
		"redis-server", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--protected-mode", "no",
	}, more...)
}

func redisContainer(ctx context.Context) (*Server, error) {
	d, err := findDaemon(ctx)
	if err != nil {
		return nil, err
	}
	return d.run(ctx, image{
		name: imageOf("MILLRACE_REDIS_IMAGE", redisImage), command: redisCommand("--bind", "0.0.0.0"), port: redisPort,
	}, redisURL, askRedis)
}

func redisProcess(ctx context.Context) (*Server, error) {
	if err := need("redis-server"); err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	command := redisCommand("--bind", "127.0.0.1", "--port", strconv.Itoa(ports[0]))
	p, err := launch(func(dir string) *exec.Cmd {
		cmd := exec.Command(command[0], command[1:]...) //nolint:noctx // end stops it
		cmd.Dir = dir
		return cmd
	})
	if err != nil {
		return nil, err
	}
	url := redisURL("127.0.0.1:" + strconv.Itoa(ports[0]))
	return p.serve(ctx, url, askRedis(url))
}

func redisURL(at string) string { return "redis://" + at }
