package servers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Schemas has a registry that speaks Confluent's Schema Registry API: Apicurio Registry 3.0.9, with everything in memory,
// where it is started. It has no image: where Docker is asked for, it is a process as well, which needs Java 17, and Maven
// the first time.
func Schemas(ctx context.Context) (*Server, error) {
	return kind{name: "schema registry", variable: "SCHEMA_REGISTRY_URL", docker: schemasProcess, process: schemasProcess}.start(ctx)
}

func schemasProcess(ctx context.Context) (*Server, error) {
	if err := need("java", "bash"); err != nil {
		return nil, err
	}
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return nil, err
	}
	_, file, _, _ := runtime.Caller(0)
	script := filepath.Join(filepath.Dir(file), "..", "..", "deploy", "kafka", "local", "registry.sh")
	p, err := launch(func(dir string) *exec.Cmd {
		cmd := exec.Command("bash", script, strconv.Itoa(ports[0])) //nolint:noctx // end stops it
		cmd.Dir = dir
		return cmd
	})
	if err != nil {
		return nil, err
	}
	url := "http://127.0.0.1:" + strconv.Itoa(ports[0]) + "/apis/ccompat/v7"
	return p.serve(ctx, url, askSchemas(url))
}

func askSchemas(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/subjects", http.NoBody)
		if err != nil {
			return err
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		said, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
		if err == nil && (answer.StatusCode != http.StatusOK || !strings.HasPrefix(string(said), "[")) {
			err = fmt.Errorf("it answers with status %d: %s", answer.StatusCode, said)
		}
		return err
	}
}
