package partitions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/partitions/internal/assign"
)

// ErrTopics is found in the error of a group whose topics do not fit each other, or no longer fit its state.
var ErrTopics = errors.New("partitions: topics do not fit")

const topicsChecked = 10 * time.Second

// prepareTopics checks that the inputs are co-partitioned, and makes the changelog and the dead letters where they are missing.
func (e *engine) prepareTopics(ctx context.Context) error {
	given := slices.DeleteFunc(slices.Clone(e.inputs), func(name string) bool { return name == e.config.commandTopic() })
	details, err := e.settled(ctx, given...)
	if err != nil {
		return err
	}
	var counts []string
	e.ids = make(map[string][16]byte)
	for _, name := range given {
		detail := details[name]
		counts = append(counts, fmt.Sprintf("%s has %d", name, len(detail.Partitions)))
		if e.count != 0 && e.count != len(detail.Partitions) {
			return fmt.Errorf("%w: all must have the same number of partitions, and %s", ErrTopics, strings.Join(counts, ", "))
		}
		e.count = len(detail.Partitions)
		e.ids[name] = detail.ID
	}
	if err := e.prepareCommands(ctx); err != nil {
		return err
	}
	changelog := map[string]string{"cleanup.policy": "compact", "max.message.bytes": strconv.Itoa(maxOwnBatch)}
	dead := map[string]string{"retention.ms": "-1", "max.message.bytes": strconv.Itoa(maxOwnBatch)}
	err = e.bus.Create(ctx,
		bus.TopicSpec{Name: bus.Topic(e.changelog), Partitions: e.count, Configs: changelog},
		bus.TopicSpec{Name: bus.Topic(e.config.deadTopic()), Partitions: e.count, Configs: dead},
	)
	if err != nil {
		return fmt.Errorf("create the group's topics: %w", err)
	}
	if details, err = e.settled(ctx, e.changelog); err != nil {
		return err
	}
	e.bus.Limit(ctx, bus.Topic(e.changelog)) // so that the first batch may be as large as later ones
	e.ids[e.changelog] = details[e.changelog].ID
	if had := len(details[e.changelog].Partitions); had != e.count {
		return e.grown(had, e.count)
	}
	return nil
}

// prepareCommands makes the topic of commands where it is an input, and that of answers where the group has commands.
func (e *engine) prepareCommands(ctx context.Context) error {
	commands, answers := e.config.commandTopic(), e.config.answerTopic()
	if !slices.Contains(e.inputs, commands) {
		return nil
	}
	if e.count == 0 {
		e.count = e.config.shards
		if details, err := e.admin.ListTopics(ctx, commands); err == nil && details[commands].Err == nil {
			e.count = len(details[commands].Partitions)
		}
	}
	specs, names := []bus.TopicSpec{{Name: bus.Topic(commands), Partitions: e.count}}, []string{commands}
	if len(e.config.commands) > 0 {
		specs = append(specs, bus.TopicSpec{Name: bus.Topic(answers), Partitions: e.count, Configs: map[string]string{"retention.ms": "3600000"}})
		names = append(names, answers)
	}
	if err := e.bus.Create(ctx, specs...); err != nil {
		return fmt.Errorf("create the topics of commands: %w", err)
	}
	details, err := e.settled(ctx, names...)
	if err != nil {
		return err
	}
	for _, name := range names {
		if n := len(details[name].Partitions); n != e.count {
			return fmt.Errorf("%w: %s has %d partitions instead of %d", ErrTopics, name, n, e.count)
		}
	}
	e.ids[commands] = details[commands].ID
	return nil
}

// settled asks for topics until each broker that may answer knows them: one that was just made is known to some before others.
func (e *engine) settled(ctx context.Context, names ...string) (kadm.TopicDetails, error) {
	for attempt := 1; len(names) > 0; attempt++ {
		details, err := e.admin.ListTopics(ctx, names...)
		if err == nil {
			err = details.Error()
		}
		if err == nil || attempt == 20 || ctx.Err() != nil {
			return details, missing(err != nil, "look at topics %s; create them with Bus.Verify or Bus.Create: %w", strings.Join(names, ", "), err)
		}
		wait(ctx, 100*time.Millisecond)
	}
	return nil, nil //nolint:nilnil // no topics have no details
}

// grown is the error of inputs that have another number of partitions than the state that was made of them.
func (e *engine) grown(had, now int) error {
	anew := ""
	if now > had {
		anew = "stop all nodes and build it anew with `" + e.resetCommand() + "`, "
	}
	return fmt.Errorf("%w: %s has %d partitions and the inputs have %d now; keys have moved to other shards, and state would not follow: "+
		"%sread the inputs again under a new group name, or make them anew with %d partitions", ErrTopics, e.changelog, had, now, anew, had)
}

// watchTopics ends the run when an input has been given more partitions.
func (e *engine) watchTopics(ctx context.Context) error {
	ticker := time.NewTicker(topicsChecked)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		details, err := e.admin.ListTopics(ctx, e.inputs...)
		if err != nil {
			continue
		}
		for _, name := range e.inputs {
			if n := len(details[name].Partitions); n > 0 && n != e.count {
				return e.grown(e.count, n)
			}
		}
	}
}

// memberError is what of a failed membership cannot be mended by joining again.
func memberError(err error) error {
	if topics, ok := errors.AsType[*assign.TopicsError](err); ok {
		return fmt.Errorf("%w: %w", ErrTopics, topics)
	}
	for _, code := range []error{
		kerr.InconsistentGroupProtocol, kerr.GroupAuthorizationFailed, kerr.TopicAuthorizationFailed,
		kerr.SaslAuthenticationFailed, kerr.InvalidSessionTimeout, kerr.InvalidGroupID,
	} {
		if errors.Is(err, code) {
			return err
		}
	}
	return nil
}

// partitioner sends changelog records to their shard, answers to their asker, and all others where every Kafka client would.
func (e *engine) partitioner() kgo.Partitioner {
	return split{changelog: e.changelog, answers: e.config.answerTopic(), others: bus.Partitioner()}
}

type split struct {
	changelog, answers string
	others             kgo.Partitioner
}

func (s split) ForTopic(topic string) kgo.TopicPartitioner {
	if topic == s.changelog || topic == s.answers {
		return kgo.ManualPartitioner().ForTopic(topic)
	}
	return s.others.ForTopic(topic)
}

// shardOf is the shard that a key's records fall to.
func (e *engine) shardOf(key []byte) int32 { return shardOf(key, e.count) }

func shardOf(key []byte, count int) int32 { return int32(bus.PartitionFor(key, count)) }
