package servers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/millrace/millrace/bus"
)

const (
	kafkaStart = 3 * time.Minute
	kafkaStop  = 30 * time.Second
	retryEvery = 250 * time.Millisecond
)

// Kafka returns the address of a Kafka cluster, and what ends it: the one that KAFKA_URL names, else a broker of
// Apache Kafka that runs as a process, from the jars that Maven fetches. It needs Java 17.
func Kafka(ctx context.Context) (address string, stop func() error, err error) {
	if address := os.Getenv("KAFKA_URL"); address != "" {
		return address, func() error { return nil }, nil
	}
	for _, tool := range []string{"java", "mvn", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", nil, fmt.Errorf("servers: no Kafka: set KAFKA_URL, or install %s: %w", tool, err)
		}
	}
	data, err := os.MkdirTemp("", "millrace-kafka")
	if err != nil {
		return "", nil, fmt.Errorf("servers: %w", err)
	}
	broker, controller, err := twoPorts(ctx)
	if err != nil {
		return "", nil, err
	}
	var output bytes.Buffer
	cmd := exec.Command("bash", script(), data, strconv.Itoa(broker), strconv.Itoa(controller)) //nolint:gosec,noctx // stop ends it
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("servers: start Kafka: %w", err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }() // ends with the process, which stop waits for
	stop = func() error {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(kafkaStop):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-exited
		}
		return os.RemoveAll(data)
	}
	address = "kafka://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(broker))
	if err := await(ctx, address, exited); err != nil {
		return "", nil, errors.Join(err, stop(), errors.New(output.String()))
	}
	return address, stop, nil
}

// await returns once the cluster answers.
func await(ctx context.Context, address string, exited chan error) error {
	ctx, cancel := context.WithTimeout(ctx, kafkaStart)
	defer cancel()
	for {
		b, err := bus.Open(ctx, address)
		if err == nil {
			return b.Close() //nolint:wrapcheck // it was only a question
		}
		select {
		case err := <-exited:
			exited <- err
			return fmt.Errorf("servers: Kafka ended: %w", err)
		case <-ctx.Done():
			return fmt.Errorf("servers: Kafka does not answer: %w", err)
		case <-time.After(retryEvery):
		}
	}
}

// script is deploy/kafka/local/run.sh in this checkout.
func script() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "deploy", "kafka", "local", "run.sh")
}

func twoPorts(ctx context.Context) (first, second int, err error) {
	var ports [2]int
	for i := range ports {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return 0, 0, fmt.Errorf("servers: find a port: %w", err)
		}
		defer listener.Close()                         //nolint:errcheck // the port was only looked up
		ports[i] = listener.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // a TCP listener has a TCP address
	}
	return ports[0], ports[1], nil
}
