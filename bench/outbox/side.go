package outbox

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// work is what a side is told: where it reads and where to.
type work struct {
	kafka, database string
	slot            string
	name            string // of the table and the publication
	topic           string
	dir             string
}

// side is a program under test, in a process of its own.
type side struct {
	name, variant, slot string
	quick               bool
	start               func(ctx context.Context, w work) (*process, error)
}

func (s side) String() string { return strings.TrimSpace(s.name + " " + s.variant) }

func sides() []side {
	tuned := map[string]string{"poll.interval.ms": "1", "max.batch.size": "20480", "max.queue.size": "81920"}
	return []side{
		{name: "millrace", slot: "millrace", quick: true, start: startRelay},
		{name: "debezium", variant: "defaults", slot: "defaults", start: debezium(nil)},
		{name: "debezium", variant: "tuned", slot: "tuned", quick: true, start: debezium(tuned)},
	}
}

// router is the configuration of both: Debezium's defaults, with a topic of the turn's own.
func (w work) router() map[string]string {
	const converter = "org.apache.kafka.connect.storage.StringConverter"
	return map[string]string{
		"topic.prefix": w.name, "key.converter": converter, "value.converter": converter,
		"transforms": "outbox", "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
		"transforms.outbox.route.topic.replacement": w.topic,
	}
}

// connection is the database for a connector.
func (w work) connection() (map[string]string, error) {
	at, err := url.Parse(w.database)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	password, _ := at.User.Password()
	port := at.Port()
	if port == "" {
		port = "5432"
	}
	return map[string]string{
		"database.hostname": at.Hostname(), "database.port": port, "database.user": at.User.Username(),
		"database.password": password, "database.dbname": strings.TrimPrefix(at.Path, "/"),
	}, nil
}

// process is a side at work.
type process struct {
	cmd    *exec.Cmd
	stop   context.CancelFunc
	wg     sync.WaitGroup
	exited chan struct{}
	err    error
}

const stopLimit = 30 * time.Second

func spawn(ctx context.Context, build func(ctx context.Context) *exec.Cmd) (*process, error) {
	ctx, stop := context.WithCancel(ctx)
	cmd := build(ctx)
	cmd.Stderr, cmd.WaitDelay = os.Stderr, stopLimit
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if err := cmd.Start(); err != nil {
		stop()
		return nil, err //nolint:wrapcheck // a bench
	}
	p := &process{cmd: cmd, stop: stop, exited: make(chan struct{})}
	p.wg.Go(func() {
		p.err = cmd.Wait()
		close(p.exited)
	})
	return p, nil
}

// alive fails once the process has ended by itself.
func (p *process) alive() error {
	select {
	case <-p.exited:
		return fmt.Errorf("the side ended early: %w", p.err)
	default:
		return nil
	}
}

// end interrupts the process and waits for it.
func (p *process) end() {
	p.stop()
	p.wg.Wait()
}
