package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
)

const (
	healthLimit = 10 * time.Second
	// label marks what was started here, so that a script can remove what a killed test binary left behind.
	label = "com.github.millrace"
)

// daemon is a Docker daemon that answers, and where it publishes ports.
type daemon struct {
	host string
	bind netip.Addr
}

func findDaemon(ctx context.Context) (daemon, error) {
	ctx, cancel := context.WithTimeout(ctx, healthLimit)
	defer cancel()
	provider, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(log.NewNoopLogger()))
	if err != nil {
		return daemon{}, fmt.Errorf("find Docker: %w", err)
	}
	defer provider.Close()
	info, err := provider.Client().Info(ctx, client.InfoOptions{})
	if err != nil {
		return daemon{}, fmt.Errorf("no Docker daemon answers; start one: %w", err)
	}
	host, err := provider.DaemonHost(ctx)
	if err != nil {
		return daemon{}, fmt.Errorf("find Docker's address: %w", err)
	}
	// A machine may look like a container and still be the daemon's own.
	if name, err := os.Hostname(); err == nil && name == info.Info.Name && os.Getenv("TESTCONTAINERS_HOST_OVERRIDE") == "" {
		host = "localhost"
	}
	if loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1}); host == "localhost" || host == loopback.String() {
		return daemon{host: loopback.String(), bind: loopback}, nil
	}
	return daemon{host: host, bind: netip.IPv4Unspecified()}, nil
}

// image is a container to run: it listens on one port, which Docker publishes on hostPort, or on a free one where that is 0.
type image struct {
	name           string
	command        []string
	env            map[string]string
	port, hostPort int
}

// imageOf is the image that the variable names, else the official one.
func imageOf(variable, official string) string {
	if name := os.Getenv(variable); name != "" {
		return name
	}
	return official
}

// run starts the container and returns once it answers at the address that url makes of host:port.
func (d daemon) run(ctx context.Context, i image, url func(at string) string, ask func(url string) func(context.Context) error) (*Server, error) {
	port, err := network.ParsePort(strconv.Itoa(i.port) + "/tcp")
	if err != nil {
		return nil, err
	}
	c, err := testcontainers.GenericContainer(ctx, testcontainers.GenericContainerRequest{
		ContainerRequest: testcontainers.ContainerRequest{
			Image: i.name, Cmd: i.command, Env: i.env, ExposedPorts: []string{port.String()},
			Labels: map[string]string{label: "integration"},
			HostConfigModifier: func(host *container.HostConfig) {
				host.PortBindings = network.PortMap{port: {{HostIP: d.bind, HostPort: strconv.Itoa(i.hostPort)}}}
			},
		},
		Logger: log.NewNoopLogger(), Started: true,
	})
	end := func() error {
		return testcontainers.TerminateContainer(c, testcontainers.StopTimeout(0))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("run %s (a missing image is pulled; set TESTCONTAINERS_RYUK_DISABLED=true where nothing can be): %w",
			i.name, err), lastWords(ctx, c), end())
	}
	mapped, err := c.MappedPort(ctx, port.String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("find the port of %s: %w", i.name, err), lastWords(ctx, c), end())
	}
	at := url(net.JoinHostPort(d.host, mapped.Port()))
	alive := func(ctx context.Context) error {
		if state, err := c.State(ctx); err == nil && !state.Running {
			return fmt.Errorf("the container of %s ended with code %d", i.name, state.ExitCode)
		}
		return nil
	}
	if err := await(ctx, ask(at), alive); err != nil {
		return nil, errors.Join(err, lastWords(context.WithoutCancel(ctx), c), end())
	}
	return &Server{URL: at, end: end}, nil
}

// portTaken says whether Docker could not publish a port since something else listens on it.
func portTaken(err error) bool {
	text := err.Error()
	return strings.Contains(text, "already allocated") || strings.Contains(text, "already in use")
}

// lastWords is an error with the end of the container's log, or nil where there is no container.
func lastWords(ctx context.Context, c testcontainers.Container) error {
	if c == nil {
		return nil
	}
	logs, err := c.Logs(ctx)
	if err != nil {
		return err
	}
	defer logs.Close()
	var end tail
	if _, err := io.Copy(&end, logs); err != nil {
		return err
	}
	return errors.New(end.lastWords())
}
