package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"zhigai/access"
	calc "zhigai/calc/alarm"
	calccontrol "zhigai/calc/control"
	calcrule "zhigai/calc/rule"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/alarm/delivery"
	"zhigai/shop/andon"
	"zhigai/shop/component"
	"zhigai/shop/control"
	"zhigai/shop/control/rule"
	"zhigai/shop/equipment"
	"zhigai/shop/maintenance"
	"zhigai/shop/production"
	"zhigai/shop/quality"
)

// newLineRules makes the desk of rules by which a line reacts by itself.
func (n *node) newLineRules() *rule.Desk {
	return rule.NewDesk(n.lineRuleOptions())
}

// lineRuleOptions are what a desk of rules needs of the node.
func (n *node) lineRuleOptions() rule.Options {
	started := time.Now()
	return rule.Options{
		Store: recshop.NewLineRules(n.record), Plant: rulePlant{recipeMachines{placesOf{n.fleet}, n.profiles}}, History: n.history,
		Derived: newRuleDerived(n), Events: ruleEvents{n}, Actors: ruleActors{n}, Outputs: ruleOutputs{ruleActors{n}}, Tenants: n.tenants.list,
		Held: n.heldBeside(holdsRule),
		Component: func(ctx context.Context, tenant plant.TenantNo, series string) (bool, error) { // made after rules are
			return n.components.AtWork(ctx, tenant, series)
		},
		Route: func(ctx context.Context, tenant plant.TenantNo, id string) (bool, error) {
			all, err := n.delivery.Routes(ctx, tenant)
			return slices.ContainsFunc(all, func(r delivery.Route) bool { return r.ID == id && !r.Off }), err
		},
		NewID: n.record.NewID, Now: time.Now, Passed: func() time.Duration { return time.Since(started) }, Logger: n.log,
	}
}

// runLineRules lets rules look at samples until ctx ends.
func (n *node) runLineRules(ctx context.Context) error {
	return n.lineRules.Run(ctx, ruleFeed{n.history})
}

// ruleFeed gives rules what was committed.
type ruleFeed struct{ samples }

var _ rule.Feed = ruleFeed{}

// Read implements rule.Feed.
func (f ruleFeed) Read(ctx context.Context, after uint64, limit int) ([]rule.Entry, error) {
	batches, err := f.samples.Read(ctx, after, limit)
	out := make([]rule.Entry, len(batches))
	for i, b := range batches {
		out[i] = rule.Entry{Seq: b.Seq, Tenant: b.Tenant, Batch: b.Batch}
	}
	return out, err
}

// rulePlant tells rules of the plant as it is now.
type rulePlant struct{ recipeMachines }

var _ rule.Plant = rulePlant{}

// Machine implements rule.Plant.
func (p rulePlant) Machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (rule.Machine, error) {
	at, err := p.Place(ctx, tenant, node)
	if err != nil {
		return rule.Machine{}, err
	}
	out := rule.Machine{ID: at.ID, Path: at.Path, Name: at.Name}
	s, err := p.now(ctx, tenant)
	if err != nil {
		return rule.Machine{}, err
	}
	i := slices.IndexFunc(s.Model.Nodes, func(nd plant.Node) bool { return nd.ID == node })
	if i < 0 || s.Model.Nodes[i].Machine == nil {
		return out, nil
	}
	of, ok := p.profiles.Get(s.Model.Nodes[i].Machine.Profile)
	known := s.Machines[node]
	if !ok || known == nil {
		return out, nil
	}
	if link := known.Tags[plant.LinkTag]; link != nil {
		out.Link = link.No
	}
	for _, sig := range of.Signals {
		out.Signals = append(out.Signals, ruleSignal(sig, known.Tags[sig.Name]))
	}
	out.Signals = append(out.Signals, componentWords(known.Tags)...)
	return out, nil
}

// ruleSignal is a signal as rules know it; one without a kind cannot be spoken of.
func ruleSignal(s profile.Signal, tag *plant.Tag) rule.Signal {
	out := rule.Signal{Name: s.Name, Title: s.Title, Unit: s.Unit, Values: s.Values}
	switch s.Kind {
	case plant.KindNumber, plant.KindBoolean, plant.KindEnumeration, plant.KindText:
		out.Kind = calcrule.Kind(s.Kind)
	}
	if tag != nil {
		out.Tag = tag.No
	}
	if s.Write != nil {
		out.Min, out.Max, out.Approve, out.Watchdog, out.Writable = s.Write.Min, s.Write.Max, s.Write.Approve, s.Write.Watchdog, !s.Write.Watchdog
		out.Strides = calccontrol.Strides{MaxStep: s.Write.MaxStep, MaxRate: s.Write.MaxRate, Tolerance: s.Write.Tolerance}
	}
	return out
}

// ruleStates tells rules what machines do and did.
type ruleStates struct {
	desk  *equipment.Desk
	board *equipment.Board

	mu     sync.Mutex
	at     time.Time
	tenant plant.TenantNo
	now    map[plant.NodeID]rule.Stretch
}

// boardKept is how long the board's answer for all machines is used for each of them.
const boardKept = 500 * time.Millisecond

// Did is what a machine did within [from, to).
func (s *ruleStates) Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]rule.Stretch, error) {
	all, err := s.desk.Timeline(ctx, access.Scope{Tenant: tenant}, machine, from, to)
	if errors.Is(err, access.ErrNotFound) {
		return nil, nil
	}
	out := make([]rule.Stretch, len(all))
	for i, one := range all {
		out[i] = rule.Stretch{From: max(from, one.From), To: one.To, Value: calcrule.Value{Text: one.State.String()}, Known: one.State.Known}
	}
	return out, err
}

// Since is what a machine does, with when it began to.
func (s *ruleStates) Since(tenant plant.TenantNo, machine plant.NodeID) []rule.Stretch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.tenant != tenant || now.Sub(s.at) > boardKept || now.Before(s.at) {
		s.at, s.tenant, s.now = now, tenant, map[plant.NodeID]rule.Stretch{}
		all, _ := s.board.Snapshot(access.Scope{Tenant: tenant})
		for _, one := range all {
			s.now[one.Node] = rule.Stretch{From: one.Since, Value: calcrule.Value{Text: one.State.String()}, Known: one.State.Known}
		}
	}
	if out, ok := s.now[machine]; ok {
		return []rule.Stretch{out}
	}
	return nil
}

// ruleEvents tells what happened at a place.
type ruleEvents struct{ n *node }

var _ rule.Events = ruleEvents{}

// eventsRead is how many alarms, cases or commands are read for one question.
const eventsRead = 1000

// Happened implements rule.Events.
func (e ruleEvents) Happened(ctx context.Context, scope access.Scope, what rule.Against, node plant.NodeID, from, to plant.Micros) ([]calc.Span, error) {
	var out []calc.Span
	var err error
	switch what {
	case rule.Alarms:
		out, err = e.alarms(ctx, scope, node, from, to)
	case rule.Cases:
		out, err = e.cases(ctx, scope, node, from, to)
	case rule.Commands:
		out, err = e.commands(ctx, scope, node, from, to)
	default:
		return alarmMachines{e.n.desk, e.n.board}.Stops(ctx, scope, node, from, to)
	}
	return calc.Joined(out), err
}

func (e ruleEvents) alarms(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]calc.Span, error) {
	page, err := e.n.alarms.Past(ctx, scope, alarm.Filter{Place: node, From: plant.Instant(from), To: plant.Instant(to), Limit: eventsRead})
	if errors.Is(err, alarm.ErrInvalid) {
		err = fmt.Errorf("%w: %w", rule.ErrInvalid, err)
	}
	var out []calc.Span
	for _, a := range page.Alarms {
		if a.Source != fromRules { // what rules said themselves is no event of its own
			out = append(out, calc.Span{From: int64(a.From), To: max(int64(a.To), int64(a.From)+1)})
		}
	}
	return out, err
}

func (e ruleEvents) cases(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]calc.Span, error) {
	all, err := e.n.newQuality().Cases(ctx, quality.Filter{Scope: scope, Limit: eventsRead})
	var out []calc.Span
	for _, c := range all {
		if c.Place != node || len(c.Steps) == 0 {
			continue
		}
		if at := c.Steps[0].At.Micros(); at >= from && at < to {
			out = append(out, calc.Span{From: int64(at), To: int64(at) + 1})
		}
	}
	return out, err
}

func (e ruleEvents) commands(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]calc.Span, error) {
	page, err := controls{e.n}.List(ctx, scope, control.Filter{Node: node, From: from, To: to, Limit: eventsRead})
	var out []calc.Span
	for _, c := range page.Commands {
		if c.Source == "" { // a person's own
			out = append(out, calc.Span{From: int64(c.Requested), To: int64(c.Requested) + 1})
		}
	}
	return out, err
}

// ruleActors do what rules decide, each in its own room and by the rights of the place
// where the rule was allowed to act.
type ruleActors struct{ n *node }

const (
	// fromRules is the room's name as a source of alarms.
	fromRules alarm.Source = "rule"
	// ruleUser begins the id of a rule where it acts as somebody.
	ruleUser = "rule:"
	// suspended is how urgent it is that a rule acts no more.
	suspendedPriority = 2
)

var _ rule.Actors = ruleActors{}

// by is the rule as somebody who acts at a place.
func (a ruleActors) by(tenant plant.TenantNo, d rule.Doing) access.Principal {
	return access.As(ruleUser+d.Rule.Series, ruleName(d.Rule), access.Scope{Tenant: tenant, Path: d.Action.Path}, access.Read, access.Report, access.Control, access.Plan)
}

func ruleName(r rule.Rule) string {
	name := r.Name.ZH
	if r.Name.EN != "" {
		name = r.Name.EN
	}
	return fmt.Sprintf("rule %s, revision %d", name, r.Revision)
}

func ruleText(d rule.Doing) plant.Name {
	if d.Action.Text.ZH != "" {
		return d.Action.Text
	}
	return d.Rule.Name
}

func ruleKey(d rule.Doing) string { return fmt.Sprintf("%s/%d", d.Rule.Series, d.No) }

func ruleNote(d rule.Doing) string {
	return fmt.Sprintf("%s fired at %s (%s)", ruleName(d.Rule), d.Firing.From.Time().Format(time.RFC3339Nano), d.Firing.ID)
}

// Do implements rule.Actors.
func (a ruleActors) Do(ctx context.Context, tenant plant.TenantNo, d rule.Doing) rule.Outcome {
	id, err := "", error(nil)
	switch d.Action.Kind {
	case rule.Command:
		return a.command(ctx, tenant, d)
	case rule.Alarm:
		err = a.n.alarms.Raise(ctx, tenant, alarm.Signal{Source: fromRules, Key: ruleKey(d), Place: d.Action.Machine, At: d.Firing.From, Priority: d.Action.Priority, Text: ruleText(d), Evidence: rulePage(d.Rule)})
	case rule.Call:
		var c andon.Call
		c, err = a.n.newAndon().Call(ctx, a.by(tenant, d), andon.New{What: andon.What(d.Action.What), Machine: d.Action.Machine, Note: ruleText(d).ZH + ": " + ruleNote(d)})
		id = c.ID
	case rule.WorkOrder:
		var o maintenance.Order
		o, err = a.n.maintenance.Propose(ctx, a.by(tenant, d), maintenance.New{Machine: d.Action.Machine, Note: ruleNote(d), Work: maintenance.Work{Title: ruleText(d).ZH, Priority: d.Action.Priority}})
		id = o.ID
	case rule.Nonconformity:
		var c quality.Case
		c, err = a.n.newQuality().Open(ctx, a.by(tenant, d), quality.Case{Place: d.Action.Machine, Severity: "minor", Text: ruleText(d).ZH + ": " + ruleNote(d)})
		id = c.ID
	case rule.HoldOrder:
		id, err = a.hold(ctx, tenant, d)
	case rule.Notify:
		id, err = a.n.delivery.Notify(ctx, tenant, d.Action.Route, alarm.Alarm{
			Place: d.Action.Machine, Path: d.Action.Path, Name: d.Rule.PlaceName, ID: string(fromRules) + "/" + d.Firing.ID, Source: fromRules, Text: ruleText(d), Priority: d.Action.Priority,
			From: d.Firing.From, To: d.Firing.From, Open: true, Evidence: rulePage(d.Rule),
		})
	case rule.RunComponent:
		var r component.Run
		if r, err = a.n.components.Call(ctx, tenant, d.Action.Component); err == nil {
			id = r.At.Time().Format(time.RFC3339Nano)
		}
	}
	if err != nil {
		return rule.Failed(d.Action.Kind, err)
	}
	return rule.Done(d.Action.Kind, id)
}

func rulePage(r rule.Rule) string { return "/control/rules?rule=" + r.ID }

// command orders a value the way of all commands and waits for its end.
func (a ruleActors) command(ctx context.Context, tenant plant.TenantNo, d rule.Doing) rule.Outcome {
	return a.order(ctx, tenant, a.by(tenant, d), control.Order{
		Node: d.Action.Machine, Signal: d.Action.Signal, Value: fact.Setting{Number: d.Action.Value}, Note: ruleNote(d), Key: commandKey(d), Source: ruleUser + d.Rule.Series,
	})
}

// commandKey makes a command of a firing the same however often it is ordered.
func commandKey(d rule.Doing) string { return fmt.Sprintf("%s/%d", d.Firing.ID, d.No) }

// order gives a command and waits until nothing more becomes of it without somebody.
func (a ruleActors) order(ctx context.Context, tenant plant.TenantNo, by access.Principal, o control.Order) rule.Outcome {
	c, err := controls{a.n}.Order(ctx, by, o)
	if err != nil {
		return rule.Failed(rule.Command, err)
	}
	id := c.ID
	if c.Approvals > 0 { // it goes on when somebody allows it, or never
		return rule.Outcome{Kind: rule.Command, ID: id, State: c.State, Why: fmt.Sprintf("the set point asks for the approval of %d others", c.Approvals)}
	}
	if c, err = (controls{a.n}).Wait(ctx, access.Scope{Tenant: tenant}, id); err != nil {
		return rule.Outcome{Kind: rule.Command, ID: id, State: fact.CommandUnknown, Why: err.Error(), Doubtful: true}
	}
	return commandOutcome(c)
}

// commandOutcome is what a command came to.
func commandOutcome(c control.Command) rule.Outcome {
	out := rule.Outcome{Kind: rule.Command, ID: c.ID, State: c.State}
	switch c.State {
	case fact.CommandConfirmed:
	case fact.CommandMismatched, fact.CommandUnknown:
		out.Doubtful = true
		out.Why = whyOf(c)
	default:
		out = rule.Failed(rule.Command, fmt.Errorf("%s: %s", c.State, whyOf(c)))
		out.ID = c.ID
	}
	return out
}

// whyOf is what the steps of a command say of its end.
func whyOf(c control.Command) string {
	why := ""
	for _, s := range c.Steps {
		if s.Detail != "" {
			why = s.Detail
		}
		for _, check := range s.Checks {
			if check.Result == fact.CheckFailed {
				why = check.Check + ": " + check.Detail
			}
		}
	}
	return why
}

// hold holds the order that runs at the machine.
func (a ruleActors) hold(ctx context.Context, tenant plant.TenantNo, d rule.Doing) (string, error) {
	all, err := recshop.NewProduction(a.n.record).Jobs(ctx, access.Scope{Tenant: tenant}, []plant.NodeID{d.Action.Machine}, runningAtOnce)
	if err != nil {
		return "", err
	}
	for _, j := range all {
		if j.State != production.Running {
			continue
		}
		held, err := heldBy{a.n.newProduction()}.HoldOrder(ctx, tenant, j.Number, ruleText(d).ZH+": "+ruleNote(d))
		if err == nil && !held {
			err = fmt.Errorf("order %s was not held", j.Number)
		}
		return j.Number, err
	}
	return "", errors.New("no order runs at the machine")
}

// leftToRead is how many commands of a machine are looked through for one that a firing
// ordered before the node ended.
const leftToRead = 200

// Came implements rule.Actors. What a firing did beside commands before the node ended
// nobody noted: whoever looks at it is told so.
func (a ruleActors) Came(ctx context.Context, tenant plant.TenantNo, d rule.Doing, was rule.Outcome) (rule.Outcome, bool) {
	scope := access.Scope{Tenant: tenant}
	if d.Action.Kind != rule.Command {
		return rule.Outcome{Kind: d.Action.Kind, State: fact.CommandUnknown, Why: "the node ended before it was noted whether this was done"}, true
	}
	if was.ID == "" {
		page, err := controls{a.n}.List(ctx, scope, control.Filter{Node: d.Action.Machine, From: d.Firing.From.Micros(), Limit: leftToRead})
		if err != nil {
			return was, false
		}
		i := slices.IndexFunc(page.Commands, func(c *control.Command) bool { return c.Key == commandKey(d) })
		if i < 0 {
			return rule.Failed(rule.Command, errors.New("nothing was sent: the node ended before it was ordered")), true
		}
		was.ID = page.Commands[i].ID
	}
	c, err := controls{a.n}.Command(ctx, scope, was.ID)
	if err != nil || !c.Final() {
		return was, false
	}
	return commandOutcome(c), true
}

// Over implements rule.Actors.
func (a ruleActors) Over(ctx context.Context, tenant plant.TenantNo, d rule.Doing) error {
	if d.Action.Kind != rule.Alarm {
		return nil
	}
	return a.n.alarms.Clear(ctx, tenant, fromRules, ruleKey(d), d.Firing.To)
}

// Tell implements rule.Actors. Whoever allows the rule again, or retires it, need not
// clear it: it is about the one time that it was suspended.
func (a ruleActors) Tell(ctx context.Context, tenant plant.TenantNo, r rule.Rule, why string) error {
	key := r.Series + "/suspended"
	text := plant.Name{ZH: fmt.Sprintf("规则“%s”已自动停用：%s", r.Name.ZH, why), EN: fmt.Sprintf("rule %q suspended itself: %s", cmp.Or(r.Name.EN, r.Name.ZH), why)}
	err := a.n.alarms.Raise(ctx, tenant, alarm.Signal{Source: fromRules, Key: key, Place: r.Place, Priority: suspendedPriority, Text: text, Evidence: rulePage(r)})
	return errors.Join(err, a.n.alarms.Clear(ctx, tenant, fromRules, key, 0))
}
