package integration_test

import (
	"context"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/partitions"
	"github.com/millrace/millrace/request"
)

// define says what may be done. Each is done as an application does it, with nothing but the request's context to say whose the thing is. The
// owner does them in the order of their names, the reads first, and each is possible when its turn comes.
func (a *access) define() {
	type ctx = context.Context
	job := func(answers jobs.Answers) (any, error) { return string(answers[0].Job.Input), answers.Err() }
	a.reads = map[string]bool{"cache": true, "job": true, "machine": true, "saga": true, "saga-history": true, "sealed": true}
	a.finds = map[string]bool{
		"cache": true, "job": true, "machine": true, "saga": true, "saga-history": true, "saga-describe": true, "sealed": true,
		"job-1-edit": true, "job-2-cancel": true, "job-3-redrive": true, "machine-ask": true,
	}
	a.operations = map[string]func(ctx) (any, error){
		"cache": func(c ctx) (any, error) { return a.cache.Get(c, ownID) },
		"job":   func(c ctx) (any, error) { return job(a.runner.Describe(c, ownID)) },
		"job-4-same-id": func(c ctx) (any, error) {
			return nil, jobs.Enqueue(c, a.bus, a.note.New("of a stranger", jobs.ID(ownID))).Err()
		},
		"job-1-edit":    func(c ctx) (any, error) { return job(a.runner.Edit(c, a.note.Edit(ownID, "of a stranger"))) },
		"job-2-cancel":  func(c ctx) (any, error) { return job(a.runner.Cancel(c, ownID)) },
		"job-3-redrive": func(c ctx) (any, error) { return job(a.runner.Redrive(c, ownID)) },
		"machine":       a.look,
		"machine-ask":   func(c ctx) (any, error) { return a.door.Ask(c, a.group, ownID, doorOpens{}) },
		"machine-send":  func(c ctx) (any, error) { return nil, a.door.Send(c, a.bus, ownID, doorOpens{}).Err() },
		"saga":          func(c ctx) (any, error) { return a.shown.Of(c, a.flow.Handle(a.group, ownID)) },
		"saga-abandon":  func(c ctx) (any, error) { return nil, a.flow.Abandon(c, a.bus, "strange", ownID).Err() },
		"saga-cancel":   func(c ctx) (any, error) { return nil, a.flow.Cancel(c, a.bus, "strange", ownID).Err() },
		"saga-describe": func(c ctx) (any, error) { return a.flow.Handle(a.group, ownID).Describe(c) },
		"saga-history":  func(c ctx) (any, error) { return a.flow.Handle(a.group, ownID).History(c) },
		"saga-signal":   func(c ctx) (any, error) { return nil, a.goes.Send(c, a.bus, a.flow, ownID, "of a stranger").Err() },
		"saga-resume":   func(c ctx) (any, error) { return nil, a.flow.Resume(c, a.bus, ownID).Err() },
		"sealed": func(c ctx) (any, error) {
			open, err := a.sealer.Open(c, request.From(c).Tenant, a.box)
			if err != nil {
				return nil, errNothing
			}
			return string(open), nil
		},
	}
}

// look reads the machine's instance.
func (a *access) look(ctx context.Context) (is any, err error) {
	err = a.group.View(ctx, ownID, func(v *partitions.View) error {
		instance, found := a.door.Get(ctx, v, ownID)
		if is = instance; !found {
			return errNothing
		}
		return v.Err()
	})
	return is, err
}
