package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/jobs/webhooks"
	"github.com/millrace/millrace/partitions"
)

func hookActions(l *looker) []admin.Action[endpoint] {
	return []admin.Action[endpoint]{
		{
			Name: "replay", Title: "Replay what was given up", Role: admin.RoleOperator, Reason: admin.ReasonOptional, Do: l.replay,
			Confirm: "The endpoint is told again of the events whose deliveries were given up, under the ids that they had.",
			When: func(e endpoint) error {
				if len(e.Given) == 0 {
					return errors.New("nothing was given up")
				}
				return nil
			},
		},
		{
			Name: "enable", Title: "Enable", Role: admin.RoleOperator, Confirm: "The endpoint is told of events again, and of what waits for it.",
			When: func(e endpoint) error {
				if e.Endpoint.Enabled {
					return errors.New("it is enabled")
				}
				return nil
			},
			Do: func(ctx context.Context, e endpoint, _ string) (string, error) {
				ctx, cancel := context.WithTimeout(ctx, askLimit)
				defer cancel()
				_, err := webhooks.Define(e.hooks).Enable(ctx, partitions.Outside(l.Bus, e.group), e.Endpoint.ID)
				return "The endpoint is enabled.", err
			},
		},
		{
			Name: "disable", Title: "Disable", Role: admin.RoleOperator, Reason: admin.ReasonRequired, Danger: true,
			Confirm: "The endpoint is told of nothing. What waits for it goes on waiting.",
			When: func(e endpoint) error {
				if !e.Endpoint.Enabled {
					return errors.New("it is disabled")
				}
				return nil
			},
			Do: func(ctx context.Context, e endpoint, reason string) (string, error) {
				ctx, cancel := context.WithTimeout(ctx, askLimit)
				defer cancel()
				_, err := webhooks.Define(e.hooks).Disable(ctx, partitions.Outside(l.Bus, e.group), e.Endpoint.ID, cmp.Or(reason, "by an operator"))
				return "The endpoint is disabled.", err
			},
		},
	}
}

// replay tells an endpoint again of what was given up, from the oldest on.
func (l *looker) replay(ctx context.Context, e endpoint, _ string) (string, error) {
	since := e.Given[0].Happened
	for _, dead := range e.Given {
		if dead.Happened.Before(since) {
			since = dead.Happened
		}
	}
	sent, err := webhooks.Define(e.hooks).Replay(ctx, l.Bus, webhooks.Replay{Endpoint: e.Endpoint.ID, Since: since, Dead: true})
	return fmt.Sprintf("%d events were sent to the endpoint's queue.", sent), err
}
