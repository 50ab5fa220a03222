package partitions

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/millrace/millrace/request"
	"github.com/millrace/millrace/resilience"
)

// AskOption changes how a command is asked. See [Ask].
type AskOption interface{ applyAsk(*inquiry) }

type askOption func(*inquiry)

func (f askOption) applyAsk(q *inquiry) { f(q) }

// Once names the question by a text of 1 to 255 bytes, so that it may be asked again, from any process: it is done once, and who asks
// again is told what the first was answered, for as long as the command's [Remember] says. A refusal has done nothing and is not
// remembered: the question is then looked at anew. Names are those of a tenant and of a key of the shard; what the same name was given to
// before, with another input, is refused with [CodeReused]. A command without Remember takes no such question.
func Once(name string) AskOption {
	return askOption(func(q *inquiry) {
		q.once = name
		if name == "" || len(name) > maxOnce {
			q.err = fmt.Errorf("Once: the name must be text of 1 to %d bytes", maxOnce)
		}
	})
}

const maxOnce = 255

// AnswerOption changes how a command is answered. See [Answer].
type AnswerOption interface{ applyAnswer(*answering) }

type answerOption func(*answering)

func (f answerOption) applyAnswer(a *answering) { f(a) }

// answering is how a command is answered.
type answering struct {
	remember time.Duration
	errs     []error
}

// Remember keeps answers to questions that [Once] names in a table of the group, "asked.<command>", for a time of at least a second, in the
// transactions that they are of. The names of such commands have at most 57 characters, and their handlers must not keep an answer back by
// [Command.Later].
func Remember(d time.Duration) AnswerOption {
	return answerOption(func(a *answering) {
		a.remember = d
		if d < time.Second {
			a.errs = append(a.errs, fmt.Errorf("Remember %s must be at least 1s", d))
		}
	})
}

// CodeReused is the code of the refusal of a question whose name was given to another one. See [Once].
const CodeReused = "reused"

// headerOnce has the name of a question, whose type is then that of its command and onceSuffix: an owner that does not remember knows no
// such command, and does nothing.
const (
	headerOnce = "millrace-once"
	onceSuffix = "!once"
)

// remembered is an answer, and the digest of what was asked.
type remembered struct {
	Asked  []byte          `json:"asked"`
	Answer json.RawMessage `json:"answer"`
}

var errKeptBack = errors.New("a question that is remembered must not be kept back by Later")

// remembering answers a question as it was answered before, or by f.
func remembering(table *Table[[sha256.Size]byte, remembered], f func(*Tx) ([]byte, error)) func(*Tx) ([]byte, error) {
	return func(tx *Tx) ([]byte, error) {
		name, _ := tx.record.Headers.Get(headerOnce)
		key := digest([]byte(request.From(tx.Context()).Tenant), tx.record.Key, []byte(name))
		asked := digest(tx.record.Value)
		before, found := table.Get(tx, key)
		switch {
		case tx.err != nil:
			return nil, tx.err
		case found && !bytes.Equal(before.Asked, asked[:]):
			return nil, &AskError{Code: CodeReused, Message: "the question's name was given to another one before"}
		case found:
			return before.Answer, nil
		}
		value, err := f(tx)
		if err == nil && tx.later {
			tx.later, err = false, errKeptBack
		}
		if err != nil {
			return nil, err
		}
		table.Put(tx, key, remembered{Asked: asked[:], Answer: value})
		return value, tx.err
	}
}

// digest is of several texts, and tells where each ends.
func digest(parts ...[]byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(part)))) // a hash never fails
		_, _ = h.Write(part)
	}
	h.Sum(sum[:0])
	return sum
}

// inquiry is a command that is asked.
type inquiry struct {
	command, key, once string
	value              []byte
	err                error
}

// inquiryOf is a command as it is asked with options.
func inquiryOf[In, Out any](command *Command[In, Out], in In, opts []AskOption) (*inquiry, error) {
	value, err := command.in.Encode(in)
	q := &inquiry{command: command.name, key: command.key(in), value: value, err: err}
	for _, opt := range opts {
		if opt == nil {
			return nil, resilience.Permanent(fmt.Errorf("partitions: ask %s: an option is nil", command.name))
		}
		opt.applyAsk(q)
	}
	if q.err != nil {
		return nil, resilience.Permanent(fmt.Errorf("partitions: ask %s: %w", command.name, q.err))
	}
	return q, nil
}

// event is the type of the question's record.
func (q *inquiry) event() string {
	if q.once != "" {
		return q.command + onceSuffix
	}
	return q.command
}
