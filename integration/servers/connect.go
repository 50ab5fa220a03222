package servers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Connect has a Kafka Connect worker for the broker at an address as [Kafka] gives it, with Debezium's PostgreSQL
// connector: Connect 4.3.1 and Debezium 3.7.0.Final, standalone, where it is started. Its address is that of its REST
// interface. It has no image: where Docker is asked for, it is a process as well, which needs Java 17, and Maven the
// first time.
func Connect(ctx context.Context, kafka string) (*Server, error) {
	process := func(ctx context.Context) (*Server, error) { return connectProcess(ctx, kafka) }
	return kind{name: "Kafka Connect", variable: "CONNECT_URL", docker: process, process: process}.start(ctx)
}

func connectProcess(ctx context.Context, kafka string) (*Server, error) {
	if err := need("java", "bash"); err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	_, file, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(file), "..", "..", "deploy", "kafka", "local", "connect.sh")
	p, err := launch(func(dir string) *exec.Cmd {
		broker := strings.TrimPrefix(kafka, kafkaURL(""))
		cmd := exec.Command("bash", script, dir, broker, strconv.Itoa(ports[0])) //nolint:noctx // end stops it
		cmd.Dir = dir
		return cmd
	})
	if err != nil {
		return nil, err
	}
	url := "http://127.0.0.1:" + strconv.Itoa(ports[0])
	return p.serve(ctx, url, func(ctx context.Context) error { return askConnect(ctx, http.MethodGet, url+"/connectors", nil, nil) })
}

// Deploy gives a worker the connector of that name, or changes it.
func Deploy(ctx context.Context, worker *Server, name string, config map[string]string) error {
	return askConnect(ctx, http.MethodPut, worker.URL+"/connectors/"+name+"/config", config, nil)
}

// Withdraw takes a connector away. What it has read and not yet confirmed is given back to its slot.
func Withdraw(ctx context.Context, worker *Server, name string) error {
	return askConnect(ctx, http.MethodDelete, worker.URL+"/connectors/"+name, nil, nil)
}

// Stop ends a connector's task. Its configuration and its offsets stay.
func Stop(ctx context.Context, worker *Server, name string) error {
	return askConnect(ctx, http.MethodPut, worker.URL+"/connectors/"+name+"/stop", nil, nil)
}

// Resume starts a connector's task where it was stopped.
func Resume(ctx context.Context, worker *Server, name string) error {
	return askConnect(ctx, http.MethodPut, worker.URL+"/connectors/"+name+"/resume", nil, nil)
}

// Forget takes a stopped connector's offsets away.
func Forget(ctx context.Context, worker *Server, name string) error {
	return askConnect(ctx, http.MethodDelete, worker.URL+"/connectors/"+name+"/offsets", nil, nil)
}

// ErrConnector is found in the error of a connector that has failed.
var ErrConnector = errors.New("servers: the connector has failed")

// Deployed says whether the connector and its task run, or why they failed.
func Deployed(ctx context.Context, worker *Server, name string) (bool, error) {
	type state struct{ State, Trace string }
	var status struct {
		Connector state
		Tasks     []state
	}
	if err := askConnect(ctx, http.MethodGet, worker.URL+"/connectors/"+name+"/status", nil, &status); err != nil {
		return false, err
	}
	running := len(status.Tasks) > 0
	for _, s := range append(status.Tasks, status.Connector) {
		if s.State == "FAILED" {
			return false, fmt.Errorf("%w: %s: %s", ErrConnector, name, s.Trace)
		}
		running = running && s.State == "RUNNING"
	}
	return running, nil
}

// askConnect speaks to the REST interface. Connections are not kept, so that none outlives a test.
func askConnect(ctx context.Context, method, url string, body, answer any) error {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, url, &sent)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case response.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("servers: Connect answers %s %s with status %d: %s", method, url, response.StatusCode, said)
	case answer != nil:
		return json.Unmarshal(said, answer)
	}
	return nil
}
