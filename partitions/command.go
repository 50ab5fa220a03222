package partitions

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/resilience"
)

// Command is a question to the shard of a key, and its answer. Its definition is data.
type Command[In, Out any] struct {
	name string
	key  func(In) string
	in   bus.Codec[In]
	out  bus.Codec[Out]
}

// NewCommand defines a command that is asked of the shard that key names. The name is like those of [NewTable]; in and
// out are JSON. What is wrong is returned by [New], which is given the command by [Answer].
func NewCommand[In, Out any](name string, key func(In) string) *Command[In, Out] {
	return &Command[In, Out]{name: name, key: key, in: bus.JSON[In](), out: bus.JSON[Out]()}
}

// Name is the command's name.
func (c *Command[In, Out]) Name() string { return c.name }

// Key is the key of the shard that is asked.
func (c *Command[In, Out]) Key(in In) string { return c.key(in) }

// Answer answers a command in a transaction of its shard: what f did and the answer become visible together. When f
// returns an error or panics, nothing of what it did remains, and the error is the answer: an [*AskError] as it is, any
// other under the code [CodeFailed]. Nothing is tried again. All nodes of a group are given the same commands, also those
// that only ask. They are records of the topic "<group>.commands", which has as many partitions as the group's inputs.
func Answer[In, Out any](command *Command[In, Out], f func(*Tx, In) (Out, error), opts ...AnswerOption) Option {
	var how answering
	for _, opt := range opts {
		if opt == nil {
			how.errs = append(how.errs, errors.New("Answer: an option is nil"))
			continue
		}
		opt.applyAnswer(&how)
	}
	return option(func(c *config) {
		if command == nil || command.key == nil || f == nil {
			c.errs = append(c.errs, errors.New("Answer: the command, its key and the function must not be nil"))
			return
		}
		c.errs = append(c.errs, how.errs...)
		c.errs = append(c.errs, missing(!partPattern.MatchString(command.name),
			"command name %q must be 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter", command.name))
		handlers := c.topic(bus.Topic(c.commandTopic()))
		if handlers.byType[command.name] != nil {
			c.errs = append(c.errs, fmt.Errorf("command %q has two answers", command.name))
		}
		if c.commands == nil {
			c.commands, c.remembers = make(map[string]any), make(map[string]time.Duration)
			handlers.anything = &handler{name: "unknown command", invoke: func(tx *Tx) error {
				return tx.answer(func() ([]byte, error) { return nil, &AskError{Code: CodeUnknown, Message: "no such command"} })
			}}
		}
		c.commands[command.name] = command
		do := func(tx *Tx) ([]byte, error) { return command.handle(tx, f) }
		handlers.byType[command.name] = answers(command.name, do)
		if how.remember > 0 {
			kept := NewTable[[sha256.Size]byte, remembered]("asked."+command.name, TTL(how.remember))
			Use(kept).applyGroup(c)
			c.remembers[command.name] = how.remember
			handlers.byType[command.name+onceSuffix] = answers(command.name, remembering(kept, do))
		}
	})
}

func answers(name string, do func(*Tx) ([]byte, error)) *handler {
	return &handler{name: name, invoke: func(tx *Tx) error { return tx.answer(func() ([]byte, error) { return do(tx) }) }}
}

// handle is the answer to the command that tx has.
func (c *Command[In, Out]) handle(tx *Tx, f func(*Tx, In) (Out, error)) ([]byte, error) {
	in, err := c.in.Decode(tx.record.Value)
	if err != nil {
		return nil, &AskError{Code: CodeUndecodable, Message: "the command cannot be decoded"}
	}
	out, err := f(tx, in)
	if err = errors.Join(err, tx.err); err != nil {
		return nil, err
	}
	if tx.later {
		return nil, nil
	}
	return c.out.Encode(out)
}

// Codes of errors that no handler chose.
const (
	// CodeFailed: the handler returned another error.
	CodeFailed = "failed"
	// CodePanic: the handler panicked.
	CodePanic = "panic"
	// CodeUnknown: the owner answers no command of that name.
	CodeUnknown = "unknown"
	// CodeUndecodable: the owner could not read the command.
	CodeUndecodable = "undecodable"
)

// AskError is an answer that is an error. A handler returns one to choose its code. Nothing was done, and asking the
// same again gives the same, unless something else changes: its class is permanent.
type AskError struct {
	Command string
	Code    string
	Message string
}

func (e *AskError) Error() string {
	return fmt.Sprintf("%s refused: %s: %s", e.Command, e.Code, e.Message)
}

// Class is permanent.
func (e *AskError) Class() resilience.Class { return resilience.ClassPermanent }

// Headers of commands and answers, beside ce_id and ce_type.
const (
	headerAnswerTo = "millrace-answer-to"
	headerError    = "millrace-error"
)

// answer emits what f returns to the partition of answers that the record names. An error takes back what f did.
func (tx *Tx) answer(f func() ([]byte, error)) error {
	b := tx.batch
	before := b.mark(tx.overlay)
	value, err := tx.guard(f)
	if tx.broken != nil {
		return tx.broken
	}
	if err == nil && len(value) > maxRecord {
		err = fmt.Errorf("%w: the answer is larger than %d bytes", ErrLimit, maxRecord)
	}
	if err == nil && tx.later {
		return nil
	}
	headers := bus.Headers{{Key: bus.HeaderID, Value: []byte(tx.record.ID())}}
	if err != nil {
		b.rollback(tx.overlay, before)
		tx.err = nil
		refusal, ok := errors.AsType[*AskError](err)
		if !ok {
			refusal = &AskError{Code: CodeFailed, Message: err.Error()}
		}
		headers = append(headers, bus.Header{Key: headerError, Value: []byte(refusal.Code)})
		value = []byte(refusal.Message[:min(len(refusal.Message), maxRecord)])
	}
	tx.reply(Question{To: tx.answerTo()}, value, headers)
	return nil
}

func (tx *Tx) guard(f func() ([]byte, error)) (value []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			tx.batch.engine.logger.Error("partitions: a command panicked", "group", tx.batch.engine.config.name,
				"command", tx.record.Type(), "error", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = &AskError{Code: CodePanic, Message: "the command failed"}
		}
	}()
	return f()
}
