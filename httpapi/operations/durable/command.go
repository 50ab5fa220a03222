package durable

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/millrace/millrace/httpapi/operations"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// keyedAt is the path of a command, and the name of the request.
type keyedAt struct {
	at

	Key string `header:"Idempotency-Key" jsonschema:"names the request: it is done once, and answered as it was" pattern:"^(\"[!#-\\[\\]-~]{1,255}\"|[!#-~]{1,255})$"` //nolint:lll // a tag cannot be broken
}

// asking is the route of a command.
type asking[Body, In, Out any] struct {
	commandConfig

	group   *partitions.Group
	of      string
	command *partitions.Command[In, Out]
	into    func(id string, body Body) In
	allow   Allow
}

var ofPattern = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,62}$`)

// Command serves a command of the group, which is asked of what the word says, such as "account":
//
//   - POST /{of}/{id}/{command} takes the body, of which into makes what is asked with the id of the path, and answers with what the owner's
//     handler has answered, once that is committed. What the handler refuses by a [partitions.AskError] is 409, or what [Refused] says of its
//     code, and the problem has the member code; nothing was done then.
//
// A command that the group's Answer remembers, see [partitions.Remember], takes an Idempotency-Key: what has the same one, of the same tenant and
// principal, command and id, is done once and answered as it was, also after a 504 and by another pod; with another body it is 422. What was refused
// is looked at anew.
//
// The command's key must be the id, and its handler keep tenants apart. The group must answer the command; any node takes all requests, and needs no
// address for that. What is wrong is told by [operations.API.Document].
func Command[Body, In, Out any](
	api *operations.API, group *partitions.Group, of string, command *partitions.Command[In, Out], into func(id string, body Body) In,
	allow Allow, opts ...CommandOption,
) {
	if command == nil || group == nil || into == nil || allow == nil {
		api.Fail(errors.New("durable: Command: a group, a command, how its question is made and a function that decides who may do what are needed"))
		return
	}
	c := asking[Body, In, Out]{commandConfig: commandConfigOf(opts), group: group, of: of, command: command, into: into, allow: allow}
	name := command.Name()
	remembered, known := group.Answers(name)
	if !known {
		c.errs = append(c.errs, fmt.Errorf("the group %s does not answer it: pass it to partitions.Answer", group.Name()))
	}
	if !ofPattern.MatchString(of) {
		c.errs = append(c.errs, fmt.Errorf("%q must be 1 to 63 of the characters a-z 0-9 . _ -, beginning with a letter", of))
	}
	if err := errors.Join(c.errs...); err != nil {
		api.Fail(fmt.Errorf("durable: %s: %w", name, err))
		return
	}
	route := operations.Operation{
		Method: http.MethodPost, Path: c.prefix + "/" + of + "/{id}/" + name, ID: operationID(of, name), Tag: of,
		Summary:  fmt.Sprintf("Asks %s of %s", name, of),
		Answers:  []operations.Outcome{{Status: http.StatusOK, Meaning: "it is done"}},
		Problems: append(c.outcomes(remembered > 0), unavailable(), indefinite()),
	}
	if remembered > 0 {
		operations.Serve(api, route, func(ctx context.Context, call operations.Call[keyedAt, Body]) (operations.Answer[Out], error) {
			return c.ask(ctx, call.At.ID, call.Body, once(ctx, call.At.Key)...)
		})
		return
	}
	operations.Serve(api, route, func(ctx context.Context, call operations.Call[at, Body]) (operations.Answer[Out], error) {
		return c.ask(ctx, call.At.ID, call.Body)
	})
}

// once is a request's key as the name of a question, which is the principal's.
func once(ctx context.Context, key string) []partitions.AskOption {
	if key == "" {
		return nil
	}
	who := request.From(ctx).Principal
	text := binary.AppendUvarint(nil, uint64(len(who)))
	sum := sha256.Sum256(append(append(text, who...), strings.Trim(key, `"`)...))
	return []partitions.AskOption{partitions.Once(hex.EncodeToString(sum[:]))}
}

func (c *asking[Body, In, Out]) ask(ctx context.Context, id string, body Body, opts ...partitions.AskOption) (a operations.Answer[Out], err error) {
	if err := c.allow.admit(ctx, Access{Verb: Ask, Of: c.of, ID: id, Name: c.command.Name()}); err != nil {
		return a, err
	}
	in := c.into(id, body)
	if c.command.Key(in) != id {
		return a, fmt.Errorf("durable: %s of %s: what is asked has another key than the id: mend the function that makes it", c.command.Name(), c.of)
	}
	a.Body, err = partitions.Ask(ctx, c.group, c.command, in, opts...)
	if refused, is := errors.AsType[*partitions.AskError](err); is {
		return a, c.problem(refused)
	}
	return a, unsure(err)
}
