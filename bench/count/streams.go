package count

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// streams is Kafka Streams as streams/ has it. The settings are its defaults but for these: exactly once, commits every
// 100 ms (the default with exactly once), two threads for two cores, no cache, so that every update is logged, and larger
// batches. Of the heaps and collectors tried this pair is the leanest of the quick ones.
func streams(store string) side {
	return side{
		name: "kafka-streams", variant: store, paced: true, spread: true, quick: store == "memory", moves: store == "rocksdb",
		changelog: func(w Work) string { return w.Group + "-count-changelog" },
		command: func(ctx context.Context, w Work) (*exec.Cmd, error) {
			folder := streamsFolder()
			args := []string{
				"-XX:+UseParallelGC", "-Xmx" + heap, "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
				"-Dorg.slf4j.simpleLogger.log.org.apache.kafka.clients.admin=off",
				"-Dpad=" + strconv.Itoa(w.Pad),
				"-cp", filepath.Join(folder, "classes") + ":" + filepath.Join(folder, "jars", "*"),
				"Count", w.Input, w.Output, store,
				"application.id=" + w.Group, "bootstrap.servers=" + strings.Join(w.Brokers, ","), "state.dir=" + w.Dir,
				"num.stream.threads=" + strconv.Itoa(w.Lanes), "commit.interval.ms=100", "statestore.cache.max.bytes=0",
				"producer.compression.type=none", "producer.batch.size=131072", "num.standby.replicas=" + strconv.Itoa(w.Standbys),
			}
			if w.Session > 0 {
				args = append(args, fmt.Sprintf("consumer.session.timeout.ms=%d", w.Session.Milliseconds()),
					fmt.Sprintf("consumer.heartbeat.interval.ms=%d", (w.Session/12).Milliseconds())) //nolint:mnd // as Millrace does
			}
			return exec.CommandContext(ctx, "java", args...), nil //nolint:gosec // a bench
		},
	}
}

const heap = "512m"

func streamsFolder() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "streams", "target")
}

// buildStreams lets Maven compile the program and fetch its jars.
func buildStreams(ctx context.Context) error {
	build := exec.CommandContext(ctx, "mvn", "-q", "-B", "-Dstyle.color=never", "-f", filepath.Dir(streamsFolder()), //nolint:gosec // a bench
		"compile", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=target/jars")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("kafka-streams needs Java 17 and Maven: %w", err)
	}
	return nil
}
