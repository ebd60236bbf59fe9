package rule

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Move is a step of a revision that somebody makes.
type Move struct {
	What    string `json:"what" enum:"shadow,request,approve,refuse,suspend,retire,rollback"`
	Note    string `json:"note,omitempty" maxLength:"1000" doc:"Why; needed to ask, refuse, suspend, retire and roll back"`
	ExpireS int64  `json:"expire_s,omitempty" minimum:"0" maximum:"604800" doc:"Of a request: how long it waits for an answer; a day when left out"`
	Rev     int64  `json:"rev" doc:"Revision of the document that was seen"`
}

// decisions are what lets a rule act, or ends that.
var decisions = []string{"approve", "refuse", "rollback", "suspend"}

// Move lets a revision go on, for who writes rules: into shadow, to be asked for, out of
// use.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, m Move) (Rule, error) {
	if slices.Contains(decisions, m.What) && m.What != "suspend" {
		return Rule{}, invalid("what: %s is for who may set values at machines, as a decision", m.What)
	}
	return d.move(ctx, who, id, m, access.Engineer)
}

// Decide lets a revision act, or not. Who may set values at machines may stop it; to
// allow it takes an engineer too, who did not write it.
func (d *Desk) Decide(ctx context.Context, who access.Principal, id string, m Move) (Rule, error) {
	if !slices.Contains(decisions, m.What) {
		return Rule{}, invalid("what: %q is no decision; write one of %v", m.What, decisions)
	}
	return d.move(ctx, who, id, m, access.Control)
}

func (d *Desk) move(ctx context.Context, who access.Principal, id string, m Move, right access.Permission) (Rule, error) {
	r, err := d.rule(ctx, who, id, right)
	if err != nil {
		return Rule{}, err
	}
	if right == access.Control && m.What != "suspend" && !who.May(access.Engineer, r.Path) {
		return Rule{}, fmt.Errorf("%w: allowing rules at %s takes the right %s too", access.ErrForbidden, r.Path, access.Engineer)
	}
	m.Note = strings.TrimSpace(m.Note)
	if m.Rev != r.Rev {
		return Rule{}, conflict("the rule has revision %d, not %d; look at it again", r.Rev, m.Rev)
	}
	if m.What != "shadow" && m.What != "approve" && m.Note == "" || len(m.Note) > maxNote {
		return Rule{}, invalid("note: say in 1 to %d bytes why", maxNote)
	}
	switch m.What {
	case "shadow":
		return d.plain(ctx, who, r, m, Shadow)
	case "suspend":
		return d.plain(ctx, who, r, m, Suspended)
	case "retire":
		return d.plain(ctx, who, r, m, Retired)
	case "request":
		return d.ask(ctx, who, r, m)
	case "refuse":
		if r.Request == nil {
			return Rule{}, invalid("nobody asked that %s acts", r.called())
		}
		r.Request = nil
		return r, d.step(ctx, who.Scope.Tenant, &r, m.Rev, Step{State: r.State, What: m.What, By: who.Name, Note: m.Note})
	case "approve":
		return d.approve(ctx, who, r, m)
	case "rollback":
		return d.rollback(ctx, who, r, m)
	}
	return Rule{}, invalid("what: %q is no step; write shadow, request, approve, refuse, suspend, retire or rollback", m.What)
}

// plain is a step for which nothing else has to hold.
func (d *Desk) plain(ctx context.Context, who access.Principal, r Rule, m Move, to State) (Rule, error) {
	if !slices.Contains(ways[r.State], to) {
		return Rule{}, invalid("%s is %s and cannot become %s; it can become %v", r.called(), r.State, to, ways[r.State])
	}
	if to == Shadow {
		if _, _, err := d.complete(ctx, who, &r.Definition); err != nil { // the plant may be another one now
			return Rule{}, err
		}
	}
	r.Request, r.Securing = nil, nil // a person took over
	return r, d.step(ctx, who.Scope.Tenant, &r, m.Rev, Step{State: to, What: m.What, By: who.Name, Note: m.Note})
}

func (d *Desk) ask(ctx context.Context, who access.Principal, r Rule, m Move) (Rule, error) {
	wait := defaultAsk
	if m.ExpireS > 0 {
		wait = time.Duration(m.ExpireS) * time.Second
	}
	switch {
	case r.State != Shadow:
		return Rule{}, invalid("%s is %s; a rule is watched in shadow before somebody allows it to act", r.called(), r.State)
	case wait > maxAsk:
		return Rule{}, invalid("expire_s: a request waits %s at most", maxAsk)
	}
	if err := d.conflicts(ctx, who.Scope.Tenant, r); err != nil {
		return Rule{}, err
	}
	now := d.o.Now()
	r.Request = &Request{By: who.Name, At: plant.InstantOf(now), Expires: plant.InstantOf(now.Add(wait)), Note: m.Note}
	return r, d.step(ctx, who.Scope.Tenant, &r, m.Rev, Step{State: Shadow, What: m.What, By: who.Name, Note: m.Note})
}

// approve lets a revision act. Who wrote it, or asked, does not.
func (d *Desk) approve(ctx context.Context, who access.Principal, r Rule, m Move) (Rule, error) {
	switch {
	case r.State != Shadow || r.Request == nil:
		return Rule{}, invalid("nobody asked that %s acts; let who owns it ask first", r.called())
	case slices.Contains(r.Authors, who.Name) || r.Request.By == who.Name:
		return Rule{}, invalid("%s wrote %s or asked for it; another person allows it", who.Name, r.called())
	case d.now() >= r.Request.Expires:
		return Rule{}, invalid("the request of %s waited until %s and is over; ask again, so that what is allowed is what somebody wants now", r.Request.By, r.Request.Expires.Time().Format(time.RFC3339))
	}
	return d.activate(ctx, who, r, m)
}

// rollback lets a revision act again that was allowed before.
func (d *Desk) rollback(ctx context.Context, who access.Principal, r Rule, m Move) (Rule, error) {
	switch {
	case !r.wasActive():
		return Rule{}, invalid("%s was never allowed to act; roll back to one that was", r.called())
	case r.State != Retired && r.State != Suspended:
		return Rule{}, invalid("%s is %s already", r.called(), r.State)
	}
	return d.activate(ctx, who, r, m)
}

// activate lets a revision act from now on, and no other one of the same rule.
func (d *Desk) activate(ctx context.Context, who access.Principal, r Rule, m Move) (Rule, error) {
	tenant := who.Scope.Tenant
	if _, _, err := d.complete(ctx, who, &r.Definition); err != nil {
		return Rule{}, err
	}
	for _, a := range r.Actions {
		if !who.May(access.Control, a.Path) {
			return Rule{}, fmt.Errorf("%w: %s at %s, where the rule acts", access.ErrForbidden, access.Control, a.Path)
		}
	}
	if err := d.conflicts(ctx, tenant, r); err != nil {
		return Rule{}, err
	}
	all, err := d.Revisions(ctx, tenant, r.Series)
	if err != nil {
		return Rule{}, err
	}
	for _, o := range all { // before: never two at once
		if o.ID != r.ID && (o.State == Active || o.State == Suspended) {
			if err := d.step(ctx, tenant, &o, o.Rev, Step{State: Retired, What: "retire", By: who.Name, Note: fmt.Sprintf("revision %d takes its place", r.Revision)}); err != nil {
				return Rule{}, err
			}
		}
	}
	r.Request, r.Securing = nil, nil
	return r, d.step(ctx, tenant, &r, m.Rev, Step{State: Active, What: m.What, By: who.Name, Note: m.Note})
}

// active are the rules of a tenant that act, or make their set points safe still.
func (d *Desk) active(ctx context.Context, tenant plant.TenantNo) ([]Rule, error) {
	all, err := d.inUse(ctx, tenant)
	return slices.DeleteFunc(all, func(r Rule) bool { return r.State != Active && !r.unsafe() }), err
}

// inUse are the revisions of a tenant that are not retired.
func (d *Desk) inUse(ctx context.Context, tenant plant.TenantNo) ([]Rule, error) {
	all, err := d.Rules(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Open: true, Limit: maxRules + 1})
	if err == nil && len(all) > maxRules {
		err = invalid("more than %d revisions of rules are in use; retire some", maxRules)
	}
	return all, err
}

// conflicts refuses a rule that another active one fights, or that would answer its own
// doing by way of others.
func (d *Desk) conflicts(ctx context.Context, tenant plant.TenantNo, r Rule) error {
	others, err := d.active(ctx, tenant)
	if err != nil {
		return err
	}
	others = slices.DeleteFunc(others, func(o Rule) bool { return o.Series == r.Series })
	for _, point := range r.points() {
		for _, o := range others {
			if slices.Contains(o.points(), point) {
				return conflict("%s and %s would both write %s: suspend one of them, or let one rule hold both conditions", r.called(), o.called(), point)
			}
		}
	}
	if d.o.Held != nil {
		for _, a := range r.Actions {
			if a.Kind != Command {
				continue
			}
			by, err := d.o.Held(ctx, tenant, a.Machine, a.Signal)
			if err != nil {
				return err
			}
			if by != "" {
				return conflict("%s and %s would both write %s: put that one in manual, or let it be", r.called(), by, a.point())
			}
		}
	}
	return loop(r, others)
}

// Holder names the active rule that writes a set point; "" for none.
func (d *Desk) Holder(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string) (string, error) {
	all, err := d.active(ctx, tenant)
	for _, r := range all {
		if slices.ContainsFunc(r.Actions, func(a Action) bool { return a.Kind == Command && a.Machine == machine && a.Signal == signal }) {
			return "rule " + r.called(), err
		}
	}
	return "", err
}

// loop follows what a rule writes through the rules that read it, back to itself.
func loop(r Rule, others []Rule) error {
	reads := r.reads()
	type way struct {
		points []string
		names  []string
	}
	next := []way{{r.points(), []string{r.called()}}}
	seen := map[string]bool{}
	for len(next) > 0 {
		at := next[0]
		next = next[1:]
		for _, p := range at.points {
			if slices.Contains(reads, p) {
				return conflict("%s would answer its own doing: %s writes %s, which it reads. Let one of them read what the machine measures instead of the set point", r.called(), strings.Join(at.names, ", which lets act "), p)
			}
		}
		for _, o := range others {
			if seen[o.ID] || !slices.ContainsFunc(o.reads(), func(p string) bool { return slices.Contains(at.points, p) }) {
				continue
			}
			seen[o.ID] = true
			next = append(next, way{o.points(), append(slices.Clone(at.names), o.called())})
		}
	}
	return nil
}
