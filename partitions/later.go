package partitions

import (
	"fmt"
	"strconv"

	"github.com/millrace/millrace/bus"
)

// Question is a command that waits for its answer. It is data, so that a row can keep it. See [Command.Later].
type Question struct {
	ID string `json:"id"`
	To int32  `json:"to"` // the partition of answers where somebody waits, or -1
}

// Later keeps back the answer to the command that is handled: what the handler returns is not sent, unless it is an error.
// [Command.Reply] answers in another transaction of the shard, whoever owns it then. Who asks waits as long as its context
// lasts.
func (c *Command[In, Out]) Later(tx *Tx) Question {
	tx.later = true
	return Question{ID: tx.record.ID(), To: tx.answerTo()}
}

// Reply answers questions that were kept by [Command.Later], when the transaction commits.
func (c *Command[In, Out]) Reply(tx *Tx, out Out, questions ...Question) {
	value, err := c.out.Encode(out)
	if err == nil && len(value) > maxRecord {
		err = fmt.Errorf("%w: the answer is larger than %d bytes", ErrLimit, maxRecord)
	}
	if err != nil {
		tx.fail(fmt.Errorf("command %s: %w", c.name, err))
		return
	}
	for _, q := range questions {
		if tx.emitted++; tx.emitted > maxEmitted {
			tx.fail(fmt.Errorf("%w: one call emits more than %d messages and answers", ErrLimit, maxEmitted))
			return
		}
		tx.reply(q, value, bus.Headers{{Key: bus.HeaderID, Value: []byte(q.ID)}})
	}
}

// answerTo is the partition of answers that the record names, or -1 where nobody waits.
func (tx *Tx) answerTo() int32 {
	to, _ := tx.record.Headers.Get(headerAnswerTo)
	partition, err := strconv.ParseInt(to, 10, 32)
	if err != nil || partition < 0 || int(partition) >= tx.batch.engine.count {
		return -1
	}
	return int32(partition)
}

func (tx *Tx) reply(q Question, value []byte, headers bus.Headers) {
	b := tx.batch
	if q.To < 0 || int(q.To) >= b.engine.count {
		return
	}
	b.emit(b.life, &bus.Record{Topic: bus.Topic(b.engine.config.answerTopic()), Value: value, Headers: headers})
	b.outputs[len(b.outputs)-1].Partition = q.To
}
