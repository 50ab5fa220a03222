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
)

const (
	kafkaImage = "apache/kafka:4.3.1"
	// portTries is how often another port is taken when somebody else was quicker.
	portTries = 3
)

// Kafka has an Apache Kafka broker, 4.3.1 where it is started. A process needs Java 17, and Maven the first time.
func Kafka(ctx context.Context) (*Server, error) {
	return kind{name: "Kafka", variable: "KAFKA_URL", docker: kafkaContainer, process: kafkaProcess}.start(ctx)
}

// kafkaContainer publishes a port that is chosen first, since the broker must be told where its clients find it.
func kafkaContainer(ctx context.Context) (*Server, error) {
	d, err := findDaemon(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	for range portTries {
		ports, err := freePorts(ctx, 1)
		if err != nil {
			return nil, err
		}
		server, err := d.run(ctx, image{
			name:    imageOf("MILLRACE_KAFKA_IMAGE", kafkaImage),
			command: []string{"/etc/kafka/docker/run"}, env: kafkaSettings(d.host, ports[0]), port: kafkaPort, hostPort: ports[0],
		}, kafkaURL, askKafka)
		if err == nil {
			return server, nil
		}
		if errs = append(errs, err); !portTaken(err) {
			break
		}
	}
	return nil, errors.Join(errs...)
}

const kafkaPort = 9092

func kafkaSettings(host string, port int) map[string]string {
	return map[string]string{
		"KAFKA_PROCESS_ROLES":                                    "broker,controller",
		"KAFKA_NODE_ID":                                          "1",
		"KAFKA_BROKER_SESSION_TIMEOUT_MS":                        "60000", // a busy machine is no dead broker
		"KAFKA_CONTROLLER_QUORUM_VOTERS":                         "1@localhost:9093",
		"KAFKA_LISTENERS":                                        "PLAINTEXT://:9092,CONTROLLER://:9093,INTERNAL://:9094",
		"KAFKA_ADVERTISED_LISTENERS":                             fmt.Sprintf("PLAINTEXT://%s:%d,INTERNAL://localhost:9094", host, port),
		"KAFKA_CONTROLLER_LISTENER_NAMES":                        "CONTROLLER",
		"KAFKA_INTER_BROKER_LISTENER_NAME":                       "INTERNAL",
		"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP":                   "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT",
		"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR":                 "1",
		"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR":         "1",
		"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR":                    "1",
		"KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
		"KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR":            "1",
		"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS":                 "0",
		"KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS":                     "1000",
		"KAFKA_AUTO_CREATE_TOPICS_ENABLE":                        "false",
		"KAFKA_NUM_PARTITIONS":                                   "1",
	}
}

func kafkaProcess(ctx context.Context) (*Server, error) {
	return KafkaProcess(ctx, 0, func([]int) string { return "" })
}

// KafkaProcess starts a broker with settings of its own, which go before the usual ones. settings gets the ports of the
// broker and of its controller, and as many more as asked for.
func KafkaProcess(ctx context.Context, more int, settings func(ports []int) string) (*Server, error) {
	if err := need("java", "bash"); err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 2+more) //nolint:mnd // one for the broker, one for its controller
	if err != nil {
		return nil, err
	}
	_, file, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(file), "..", "..", "deploy", "kafka", "local", "run.sh")
	p, err := launch(func(dir string) *exec.Cmd {
		cmd := exec.Command("bash", script, dir, strconv.Itoa(ports[0]), strconv.Itoa(ports[1])) //nolint:noctx // end stops it
		if text := settings(ports); text != "" {
			file := filepath.Join(dir, "more.properties")
			cmd.Env = append(os.Environ(), "KAFKA_SETTINGS="+file)
			cmd.Err = errors.Join(cmd.Err, os.WriteFile(file, []byte(text), 0o600)) //nolint:mnd // for its owner: there may be passwords
		}
		return cmd
	})
	if err != nil {
		return nil, err
	}
	url := kafkaURL("127.0.0.1:" + strconv.Itoa(ports[0]))
	return p.serve(ctx, url, askKafka(url))
}

func kafkaURL(at string) string { return "kafka://" + at }
