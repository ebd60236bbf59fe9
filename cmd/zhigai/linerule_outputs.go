package main

import (
	"context"
	"errors"
	"time"

	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/control"
	"zhigai/shop/control/rule"
)

// ruleOutputs reads and sets the set points of rules beside their firings.
type ruleOutputs struct{ ruleActors }

var _ rule.Outputs = ruleOutputs{}

// safeLife is how long a step on the way to what is safe may wait to be sent: the next
// one is decided anew.
const safeLife = 5 * time.Second

// Value implements rule.Outputs.
func (o ruleOutputs) Value(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string) (float64, error) {
	all, err := loopLive{o.n}.Values(ctx, tenant, machine, []string{signal})
	if err != nil {
		return 0, err
	}
	if !all[0].Good {
		return 0, errors.New(signal + ": " + all[0].Why)
	}
	return all[0].Number, nil
}

// Set implements rule.Outputs.
func (o ruleOutputs) Set(ctx context.Context, tenant plant.TenantNo, r rule.Rule, a rule.Action, signal string, value float64) rule.Outcome {
	return o.order(ctx, tenant, o.by(tenant, rule.Doing{Rule: r, Action: a}), control.Order{
		Node: a.Machine, Signal: signal, Value: fact.Setting{Number: &value}, Note: ruleName(r) + ": safe action", Source: ruleUser + r.Series, Expires: safeLife,
	})
}

// Beat implements rule.Outputs.
func (o ruleOutputs) Beat(ctx context.Context, tenant plant.TenantNo, r rule.Rule, a rule.Action, count uint64) error {
	return controls{o.n}.Beat(ctx, o.by(tenant, rule.Doing{Rule: r, Action: a}), a.Machine, a.Watchdog.Signal, count)
}
