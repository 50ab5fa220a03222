package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/bus"
)

// publishing holds the flags of the command.
type publishing struct {
	key         string
	keyed       bool
	kind        string
	headers     []string
	cloudEvents bool
	tombstone   bool
}

// maxLine bounds one value read from standard input, in bytes.
const maxLine = 16 << 20

// publishBatch is how many values of standard input are on their way together.
const publishBatch = 500

func newPublish(g *global) *cobra.Command {
	f := &publishing{}
	cmd := &cobra.Command{
		Use: "publish TOPIC [VALUE…]", Short: "Publish records",
		Long: "Publish records: the values given, or each line of standard input.\n\n" +
			"A value is sent as it is. --type makes it a CloudEvent in binary mode, with id, source and time.\n" +
			"With --cloudevents each value is a CloudEvent in JSON, whose attributes become headers and whose data becomes the value.",
		Example: "  millrace publish outbox.event.order '{\"id\":\"42\"}' --key 42 --type shop.order.placed\n" +
			"  millrace tail outbox.event.order --from earliest --until-end --json | jq -c .value | millrace publish copy",
		Args: usage(cobra.MinimumNArgs(1)), ValidArgsFunction: g.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.keyed = cmd.Flags().Changed("key")
			if f.tombstone && (!f.keyed || len(args) > 1 || f.cloudEvents) {
				return &usageError{errors.New("--tombstone needs --key, and takes no value")}
			}
			b, err := g.open(cmd.Context())
			if err != nil {
				return err
			}
			defer b.Close() //nolint:errcheck // Publish has waited for everything
			return f.run(cmd, b, bus.Topic(args[0]), args[1:], g.json)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.key, "key", "", "the records' key (none: any partition; with --cloudevents its partitionkey or subject)")
	flags.StringVar(&f.kind, "type", "", "make each value a CloudEvent of this type")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "a header, name=value; may be repeated")
	flags.BoolVar(&f.cloudEvents, "cloudevents", false, "values are CloudEvents in JSON")
	flags.BoolVar(&f.tombstone, "tombstone", false, "one record without a value, which deletes --key from a compacted topic")
	g.wantJSON(cmd)
	return cmd
}

func (f *publishing) run(cmd *cobra.Command, b *bus.Bus, topic bus.Topic, values []string, asJSON bool) error {
	var batch []bus.Message
	flush := func() error {
		results := b.Publish(cmd.Context(), batch...)
		batch = batch[:0]
		for _, result := range results {
			if result.Err == nil {
				if err := printResult(cmd.OutOrStdout(), result, asJSON); err != nil {
					return err
				}
			}
		}
		err := results.Err()
		if errors.Is(err, bus.ErrNoTopic) {
			return fmt.Errorf("no topic %s; see `millrace topics`", topic)
		}
		return err
	}
	for value, err := range f.values(cmd.InOrStdin(), values) {
		if err != nil {
			return err
		}
		record, err := f.record(topic, value)
		if err != nil {
			return err
		}
		if batch = append(batch, record.Message()); len(batch) == publishBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return flush()
}

// values yields the arguments, or else the lines of the input that are not empty.
func (f *publishing) values(in io.Reader, args []string) func(func([]byte, error) bool) {
	return func(yield func([]byte, error) bool) {
		if f.tombstone {
			yield(nil, nil)
			return
		}
		for _, arg := range args {
			if !yield([]byte(arg), nil) {
				return
			}
		}
		if len(args) > 0 {
			return
		}
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, maxLine)
		for lines.Scan() {
			if len(lines.Bytes()) > 0 && !yield([]byte(lines.Text()), nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, fmt.Errorf("read standard input: %w", err))
		}
	}
}

func (f *publishing) record(topic bus.Topic, value []byte) (bus.Record, error) {
	r := bus.Record{Topic: topic, Value: value}
	if f.cloudEvents {
		if err := readCloudEvent(&r, value); err != nil {
			return r, err
		}
	} else if f.kind != "" {
		describeEvent(&r, f.kind)
	}
	if f.keyed {
		r.Key = []byte(f.key)
	}
	for _, header := range f.headers {
		name, text, found := strings.Cut(header, "=")
		if !found || name == "" {
			return r, &usageError{fmt.Errorf("--header %q must be name=value", header)}
		}
		r.Headers = append(r.Headers, bus.Header{Key: name, Value: []byte(text)})
	}
	return r, nil
}

// resultLine is what became of one record as programs read it.
type resultLine struct {
	Topic     bus.Topic     `json:"topic"`
	Partition bus.Partition `json:"partition"`
	Offset    int64         `json:"offset"`
	ID        string        `json:"id,omitempty"`
}

func printResult(out io.Writer, r bus.Result, asJSON bool) error {
	if asJSON {
		return printJSON(out, resultLine{r.Topic, r.Partition, r.Offset, r.ID})
	}
	_, err := fmt.Fprintf(out, "%s %d@%d\n", r.Topic, r.Partition, r.Offset)
	return err //nolint:wrapcheck // the terminal's own
}
