package jobs

import (
	"encoding/json"

	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// order is what is asked of a job, or of a shard.
type order struct {
	What string          `json:"what"`
	ID   string          `json:"id"`
	Args json.RawMessage `json:"args,omitempty"`
}

// What may be asked. Of a shard, the id is any that is on it.
const (
	orderDescribe = "describe"
	orderCancel   = "cancel"
	orderRedrive  = "redrive"
	orderDiscard  = "discard"
	orderEdit     = "edit"
	orderPause    = "pause"
	orderResume   = "resume"
)

func (o order) route() string { return route(o.ID) }

const (
	codeNotFound = "not-found"
	codeState    = "state"
	codeArgs     = "args"
)

// answer does what is asked of a job.
func (n *Runner) answer(tx *partitions.Tx, o order) (Description, error) {
	key := rowKey(request.From(tx.Context()).Tenant, o.ID)
	switch o.What {
	case orderPause, orderResume:
		return Description{}, n.pause(tx, o.What == orderPause)
	case orderDescribe:
		r, err := n.find(tx, key)
		if err != nil {
			return Description{}, err
		}
		return n.describe(tx, r), nil
	case orderCancel:
		return n.cancel(tx, key, n.ask.Later)
	case orderRedrive, orderDiscard:
		return n.revive(tx, key, o.What == orderRedrive)
	case orderEdit:
		return n.edit(tx, key, o.Args)
	}
	return Description{}, &partitions.AskError{Code: partitions.CodeUnknown, Message: "jobs know nothing of " + o.What}
}

// find reads a job, wherever it is.
func (n *Runner) find(tx *partitions.Tx, key string) (*row, error) {
	if r, err := n.known(tx, key); r != nil || err != nil {
		return r, err
	}
	return nil, &partitions.AskError{Code: codeNotFound, Message: "there is no such job, or it is not kept any more"}
}

func unfit(r *row, asked string) error {
	return &partitions.AskError{Code: codeState, Message: "it is " + string(r.state) + ", and cannot be " + asked}
}
