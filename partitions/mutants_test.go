package partitions_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is a mistake that the simulation must find: each old text of a file becomes the new one.
type mutant struct {
	file     string
	old, new string
	added    string
}

const commitOutside = `package partitions

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func (b *batch) sendOutside(ctx context.Context) error {
	request := kmsg.NewPtrOffsetCommitRequest()
	request.Group, request.MemberID, request.Generation = b.engine.config.name, b.membership.member, b.membership.generation
	for _, name := range b.engine.inputs {
		topic := kmsg.NewOffsetCommitRequestTopic()
		topic.Topic, topic.TopicID = name, b.engine.ids[name]
		for s := range b.overlays {
			partition := kmsg.NewOffsetCommitRequestTopicPartition()
			partition.Partition, partition.Offset = s.id, b.next(s, name)
			topic.Partitions = append(topic.Partitions, partition)
		}
		request.Topics = append(request.Topics, topic)
	}
	_, err := request.RequestWith(ctx, b.engine.client)
	return err
}
`

func mutants() map[string]mutant {
	return map[string]mutant{
		"no fence": {
			file: "commit.go",
			old:  "request.MemberID, request.Generation = b.membership.member, b.membership.generation",
			new:  "request.MemberID, request.Generation = \"\", -1",
		},
		"offsets outside the transaction": {
			file: "commit.go", old: "b.sendOffsets(ctx)", new: "b.sendOutside(ctx)", added: commitOutside,
		},
		"overlay kept on abort": {
			file: "lane.go",
			old:  "		err = b.commit()",
			new:  "		if err = b.commit(); err != nil {\n			_ = b.apply()\n		}",
		},
		"restore short by one": {
			file: "restore.go",
			old:  "	r.position.Written = time.Now()\n",
			new:  "	if finished && len(changes) > 0 {\n		changes = changes[:len(changes)-1]\n	}\n	r.position.Written = time.Now()\n",
		},
	}
}

// TestMutantsAreCaught makes each mistake on purpose and runs the simulation, which must fail by its oracle.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	for name, m := range mutants() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), "go", "test", "-tags", "synctests", "-overlay", m.overlay(t),
				"-run", "^TestSimulation$", "-count=1", "-timeout", "10m", ".", "-args", "-seeds", "5000", "-until-failure")
			output, err := command.CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || !exit.Exited() {
				t.Fatalf("the simulation does not find it: %v\n%s", err, output)
			}
			if !strings.Contains(string(output), "oracle_test.go") {
				t.Fatalf("the simulation failed for another reason:\n%s", output)
			}
		})
	}
}

// overlay writes what the go command reads instead of the sources.
func (m mutant) overlay(t *testing.T) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(m.file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(source), m.old) != 1 {
		t.Fatalf("%s does not have %q once: bring the mutant up to date", m.file, m.old)
	}
	folder, replace := t.TempDir(), map[string]string{}
	put := func(name, text string) {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(here, name)] = path
	}
	put(m.file, strings.Replace(string(source), m.old, m.new, 1))
	if m.added != "" {
		put("mutant.go", m.added)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
