package resilience

import (
	"fmt"

	"github.com/failsafe-go/failsafe-go/budget"
)

// Budget keeps retries and hedges a small part of what runs, so that they do not make an outage worse. Policies that call the
// same service share one. It is safe for concurrent use.
type Budget struct{ spent budget.Budget }

// NewBudget lets the part rate, above 0 and at most 1, of all running attempts be retries and hedges, and always least of them.
// A fifth, and three, are a good start.
func NewBudget(rate float64, least int) (*Budget, error) {
	if !(rate > 0 && rate <= 1) || least < 0 {
		return nil, fmt.Errorf("resilience: budget: the rate %g must be above 0 and at most 1, and least %d not negative", rate, least)
	}
	return &Budget{spent: budget.NewBuilder().WithMaxRate(rate).WithMinConcurrency(uint(least)).Build()}, nil
}
