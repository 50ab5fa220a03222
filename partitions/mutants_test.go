package partitions_test

import (
	"testing"

	"github.com/millrace/millrace/internal/mutants"
)

const commitOutside = `import (
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

func (b *batch) sendSomehow(ctx context.Context) error {
	if mutant("offsets outside the transaction") {
		return b.sendOutside(ctx)
	}
	return b.sendOffsets(ctx)
}
`

// TestMutantsAreCaught makes each mistake on purpose and runs the simulation, which must fail by its oracle.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	const simulation, oracle = "TestSimulation", "oracle_test.go"
	mutants.Check(t, "partitions", commitOutside, map[string]mutants.Mutant{
		"no fence": {
			File: "commit.go", Test: simulation, Found: oracle,
			Old: "	request.MemberID, request.Generation = b.membership.member, b.membership.generation\n",
			New: "	request.MemberID, request.Generation = b.membership.member, b.membership.generation\n" +
				"	if mutant(\"no fence\") {\n		request.MemberID, request.Generation = \"\", -1\n	}\n",
		},
		"offsets outside the transaction": {
			File: "commit.go", Test: simulation, Found: oracle, Old: "b.sendOffsets(ctx)", New: "b.sendSomehow(ctx)",
		},
		"overlay kept on abort": {
			File: "lane.go", Test: simulation, Found: oracle, Old: "		err = b.commit()",
			New: "		if err = b.commit(); err != nil && mutant(\"overlay kept on abort\") {\n			_ = b.apply()\n		}",
		},
		"restore short by one": {
			File: "restore.go", Test: simulation, Found: oracle, Old: "	r.position.Written = time.Now()\n",
			New: "	if finished && len(changes) > 0 && mutant(\"restore short by one\") {\n		changes = changes[:len(changes)-1]\n	}\n" +
				"	r.position.Written = time.Now()\n",
		},
	}, "-seeds", "5000", "-until-failure")
}
