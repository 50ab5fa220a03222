package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// broker is one broker of a [Cluster]. Its directory outlives its process.
type broker struct {
	dir      string
	settings string
	ports    [2]int // of the broker and of its controller
	env      []string
	log      *os.File
	process  *process // nil while it does not run
	stopped  bool
}

// Brokers are small: several run beside what is tested.
const (
	brokerHeap = "KAFKA_HEAP=400m"
	brokerJava = "JAVA_TOOL_OPTIONS=-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
)

var errDown = errors.New("the broker does not run")

func (b *broker) start() error {
	if b.process != nil {
		return errors.New("the broker runs already")
	}
	file := filepath.Join(b.dir, "more.properties")
	if err := os.WriteFile(file, []byte(b.settings), 0o600); err != nil { //nolint:mnd // for its owner
		return err
	}
	_, here, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(here), "..", "..", "deploy", "kafka", "local", "run.sh")
	cmd := exec.Command("bash", script, b.dir, strconv.Itoa(b.ports[0]), strconv.Itoa(b.ports[1])) //nolint:noctx // end stops it
	cmd.Dir = b.dir
	cmd.Env = append(append(os.Environ(), b.env...), "KAFKA_SETTINGS="+file, brokerHeap, brokerJava)
	p, err := spawn(cmd, b.log)
	if err != nil {
		return fmt.Errorf("start a broker: %w", err)
	}
	b.process = p
	return nil
}

// ready waits until the broker answers.
func (b *broker) ready(ctx context.Context) error {
	if b.process == nil {
		return errDown
	}
	if err := await(ctx, askKafka(b.url()), b.process.alive); err != nil {
		return errors.Join(err, errors.New(b.process.output.lastWords()))
	}
	return nil
}

func (b *broker) url() string { return kafkaURL(b.address()) }

func (b *broker) address() string { return "127.0.0.1:" + strconv.Itoa(b.ports[0]) }

// signal hands a signal to a running broker.
func (b *broker) signal(s syscall.Signal) error {
	if b.process == nil {
		return errDown
	}
	b.process.signal(s)
	b.stopped = s == syscall.SIGSTOP
	return nil
}

// kill ends the broker as a power failure would.
func (b *broker) kill() error {
	if b.process == nil {
		return errDown
	}
	b.process.signal(syscall.SIGKILL)
	b.process.wg.Wait()
	b.process, b.stopped = nil, false
	return nil
}

// end lets the broker hand over what it leads, and end.
func (b *broker) end() error {
	if b.process == nil {
		return nil
	}
	if b.stopped {
		return b.kill()
	}
	err := b.process.end()
	b.process = nil
	return err
}
