package durable

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/partitions"
)

// CommandOption changes the route of a command. See [Command].
type CommandOption interface{ applyCommand(*commandConfig) }

type commandConfig struct {
	config

	refusals []refusal
}

type commandOption func(*commandConfig)

func (o commandOption) applyCommand(c *commandConfig) { o(c) }

// refusal is what a code of a command's handler is for clients.
type refusal struct {
	code, meaning string
	status        int
}

// ownCodes are those that no handler chooses.
var ownCodes = []string{ //nolint:gochecknoglobals // constant
	partitions.CodeFailed, partitions.CodePanic, partitions.CodeUnknown, partitions.CodeUndecodable, partitions.CodeReused,
}

// Refused says which status, 400 to 499, a refusal with a code of the command's handler is, and what it means, for the document. The status of
// others is 409.
func Refused(code string, status int, meaning string) CommandOption {
	return commandOption(func(c *commandConfig) {
		switch {
		case code == "" || slices.Contains(ownCodes, code):
			c.errs = append(c.errs, fmt.Errorf("Refused: a handler chooses no code %q", code))
		case status < http.StatusBadRequest || status >= http.StatusInternalServerError || meaning == "":
			c.errs = append(c.errs, fmt.Errorf("Refused %q: say a status of 400 to 499, and what it means", code))
		case slices.ContainsFunc(c.refusals, func(r refusal) bool { return r.code == code }):
			c.errs = append(c.errs, fmt.Errorf("Refused: the code %q is given twice", code))
		}
		c.refusals = append(c.refusals, refusal{code, meaning, status})
	})
}

func commandConfigOf(opts []CommandOption) (c commandConfig) {
	for _, opt := range opts {
		if opt == nil {
			c.errs = append(c.errs, errNilOption)
			continue
		}
		opt.applyCommand(&c)
	}
	return c
}

// outcomes are the problems that come of refusals.
func (c *commandConfig) outcomes(remembered bool) []operations.Outcome {
	all := []operations.Outcome{{Status: http.StatusConflict, Meaning: "it was refused, and nothing was done; code says why"}}
	for _, r := range c.refusals {
		all = append(all, operations.Outcome{Status: r.status, Meaning: r.code + ": " + r.meaning})
	}
	if remembered {
		all = append(all, operations.Outcome{Status: http.StatusUnprocessableEntity, Meaning: "the idempotency key was used for another body"})
	}
	return all
}

// problem says why a command was refused. Where it failed that is nobody's mistake but ours.
func (c *commandConfig) problem(refused *partitions.AskError) error {
	p := &httpapi.Problem{
		Status: http.StatusConflict, Detail: refused.Message, Extensions: []httpapi.Extension{httpapi.Extend("code", refused.Code)},
	}
	switch refused.Code {
	case partitions.CodeFailed, partitions.CodePanic, partitions.CodeUndecodable:
		return refused
	case partitions.CodeReused:
		return &httpapi.Problem{
			Status: http.StatusUnprocessableEntity, Detail: "this idempotency key was used for another request; choose a new one",
		}
	case partitions.CodeUnknown:
		return away(refused)
	}
	for _, r := range c.refusals {
		if r.code == refused.Code {
			p.Status = r.status
		}
	}
	return p
}
