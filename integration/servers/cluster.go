package servers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"
)

// Cluster is several Apache Kafka brokers, each of which is a controller too, as processes of this machine. Topics have
// a replica on each of three brokers, and take a write that two of them have. Brokers are numbered from 0. Its methods
// may be called by one goroutine at a time.
type Cluster struct {
	// URL names all brokers: kafka://host:port,host:port,…
	URL string

	dir     string
	brokers []*broker
}

// A broker that was not heard of for three seconds is taken for dead.
const clusterSettings = `
node.id=%d
controller.quorum.bootstrap.servers=%s
controller.listener.names=CONTROLLER
default.replication.factor=%[3]d
min.insync.replicas=%[4]d
offsets.topic.replication.factor=%[3]d
offsets.topic.num.partitions=6
transaction.state.log.replication.factor=%[3]d
transaction.state.log.min.isr=%[4]d
transaction.state.log.num.partitions=6
share.coordinator.state.topic.replication.factor=%[3]d
share.coordinator.state.topic.min.isr=%[4]d
share.coordinator.state.topic.num.partitions=3
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=5000
controlled.shutdown.enable=true
`

// StartCluster starts brokers and returns once all answer. What they log goes to broker-N.log in the directory logs;
// all else that they keep is gone with [Cluster.Close]. It needs Java 17, and Maven the first time.
func StartCluster(ctx context.Context, brokers int, logs string) (c *Cluster, err error) {
	if err := need("java", "bash"); err != nil {
		return nil, fmt.Errorf("servers: %w: Kafka cluster: %w", ErrMissing, err)
	}
	c = &Cluster{}
	defer func() {
		if err != nil {
			c, err = nil, fmt.Errorf("servers: %w: Kafka cluster: %w", ErrMissing, errors.Join(err, c.Close()))
		}
	}()
	if err := c.lay(ctx, brokers, logs); err != nil {
		return c, err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for _, b := range c.brokers {
		if err := b.start(); err != nil {
			return c, err
		}
	}
	starting, ctx := errgroup.WithContext(ctx)
	for _, b := range c.brokers {
		starting.Go(func() error { return b.ready(ctx) })
	}
	return c, starting.Wait()
}

// lay decides about ports, directories and who is whose controller.
func (c *Cluster) lay(ctx context.Context, count int, logs string) error {
	ports, err := quietPorts(ctx, 2*count) //nolint:mnd // one for each broker, one for its controller
	if err == nil {
		c.dir, err = os.MkdirTemp("", "millrace-cluster")
	}
	if err != nil {
		return err
	}
	var addresses, quorum, voters []string
	for i := range count {
		controller := "127.0.0.1:" + strconv.Itoa(ports[2*i+1])
		quorum = append(quorum, controller)
		voters = append(voters, fmt.Sprintf("%d@%s:%s", i+1, controller, kafkaID()))
	}
	env := []string{"KAFKA_CLUSTER_ID=" + kafkaID(), "KAFKA_INITIAL_CONTROLLERS=" + strings.Join(voters, ",")}
	replicas := min(count, 3) //nolint:mnd // as in production
	for i := range count {
		b := &broker{
			dir: filepath.Join(c.dir, strconv.Itoa(i)), ports: [2]int{ports[2*i], ports[2*i+1]}, env: env,
			settings: fmt.Sprintf(clusterSettings, i+1, strings.Join(quorum, ","), replicas, max(replicas-1, 1)),
		}
		c.brokers = append(c.brokers, b)
		addresses = append(addresses, b.address())
		if err := os.Mkdir(b.dir, 0o700); err != nil { //nolint:mnd // for its owner
			return err
		}
		if b.log, err = os.Create(filepath.Join(logs, fmt.Sprintf("broker-%d.log", i))); err != nil {
			return err
		}
	}
	c.URL = kafkaURL(strings.Join(addresses, ","))
	return nil
}

// kafkaID is a random id as Kafka writes its own.
func kafkaID() string {
	id := make([]byte, 16) //nolint:mnd // a UUID
	_, _ = rand.Read(id)   // it never fails
	id[0] &= 0x7f          // one that begins with "-" is an option to Kafka's tools
	return base64.RawURLEncoding.EncodeToString(id)
}

// Brokers is how many brokers there are, those that do not run included.
func (c *Cluster) Brokers() int { return len(c.brokers) }

// Kill ends a broker with SIGKILL.
func (c *Cluster) Kill(n int) error { return c.at(n, (*broker).kill) }

// Stop lets a broker stand still with SIGSTOP until [Cluster.Cont].
func (c *Cluster) Stop(n int) error {
	return c.at(n, func(b *broker) error { return b.signal(syscall.SIGSTOP) })
}

// Cont lets a broker go on that stands still.
func (c *Cluster) Cont(n int) error {
	return c.at(n, func(b *broker) error { return b.signal(syscall.SIGCONT) })
}

// Restart ends a broker in good order, if it runs, and starts it again with what it had kept. It returns once the
// broker answers, which is before it has caught up.
func (c *Cluster) Restart(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	return c.at(n, func(b *broker) error { return errors.Join(b.end(), b.start(), b.ready(ctx)) })
}

func (c *Cluster) at(n int, do func(*broker) error) error {
	if n < 0 || n >= len(c.brokers) {
		return fmt.Errorf("servers: there is no broker %d of %d", n, len(c.brokers))
	}
	if err := do(c.brokers[n]); err != nil {
		return fmt.Errorf("servers: broker %d: %w", n, err)
	}
	return nil
}

// Close ends all brokers and removes what they kept, except for their logs.
func (c *Cluster) Close() error {
	var ending errgroup.Group
	for _, b := range c.brokers {
		ending.Go(func() error {
			err := b.kill() // nothing of it is wanted any more
			if errors.Is(err, errDown) {
				err = nil
			}
			if b.log != nil {
				err = errors.Join(err, b.log.Close())
			}
			return err
		})
	}
	err := ending.Wait()
	c.brokers = nil
	if c.dir == "" {
		return err
	}
	return errors.Join(err, os.RemoveAll(c.dir))
}
