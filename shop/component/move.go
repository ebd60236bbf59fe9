package component

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
	What    string `json:"what" enum:"request,approve,refuse,activate,suspend,retire,rollback"`
	Note    string `json:"note,omitempty" maxLength:"1000" doc:"Why; needed to ask, refuse, suspend, retire and roll back"`
	ExpireS int64  `json:"expire_s,omitempty" minimum:"0" maximum:"604800" doc:"Of a request: how long it waits for an answer; a day when left out"`
	Rev     int64  `json:"rev" doc:"Revision of the document that was seen"`
}

// decisions are what lets a revision run that somebody else brought, or ends that.
var decisions = []string{"approve", "refuse", "rollback", "suspend"}

// Move lets a revision go on, for who brings components: asked for, put to work, stopped,
// out of use.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, m Move) (Component, error) {
	if slices.Contains(decisions, m.What) && m.What != "suspend" {
		return Component{}, invalid("what: %s is for who may set values at machines, as a decision", m.What)
	}
	return d.move(ctx, who, id, m, access.Engineer)
}

// Decide allows a revision, or not. Who may set values at machines may stop it; to allow
// it takes an engineer too, who did not bring it.
func (d *Desk) Decide(ctx context.Context, who access.Principal, id string, m Move) (Component, error) {
	if !slices.Contains(decisions, m.What) {
		return Component{}, invalid("what: %q is no decision; write one of %v", m.What, decisions)
	}
	return d.move(ctx, who, id, m, access.Control)
}

func (d *Desk) move(ctx context.Context, who access.Principal, id string, m Move, right access.Permission) (Component, error) {
	c, err := d.component(ctx, who, id, right)
	if err != nil {
		return Component{}, err
	}
	if right == access.Control && m.What != "suspend" && !who.May(access.Engineer, c.Path) {
		return Component{}, fmt.Errorf("%w: allowing components at %s takes the right %s too", access.ErrForbidden, c.Path, access.Engineer)
	}
	m.Note = strings.TrimSpace(m.Note)
	switch {
	case m.Rev != c.Rev:
		return Component{}, conflict("the component has revision %d, not %d; look at it again", c.Rev, m.Rev)
	case m.What != "activate" && m.What != "approve" && m.Note == "" || len(m.Note) > maxNote:
		return Component{}, invalid("note: say in 1 to %d bytes why", maxNote)
	}
	switch m.What {
	case "request":
		return d.ask(ctx, who, c, m)
	case "approve", "refuse":
		return d.decide(ctx, who, c, m)
	case "activate", "rollback":
		return d.activate(ctx, who, c, m)
	case "suspend":
		return d.plain(ctx, who, c, m, Suspended)
	case "retire":
		return d.plain(ctx, who, c, m, Retired)
	}
	return Component{}, invalid("what: %q is no step", m.What)
}

// plain ends what a revision does.
func (d *Desk) plain(ctx context.Context, who access.Principal, c Component, m Move, to State) (Component, error) {
	if !slices.Contains(ways[c.State], to) {
		return Component{}, invalid("%s is %s and cannot become %s; it can become %v", c.called(), c.State, to, ways[c.State])
	}
	tenant, was := who.Scope.Tenant, c.State
	c.Request = nil
	if err := d.step(ctx, tenant, &c, m.Rev, Step{State: to, What: m.What, By: who.Name, Note: m.Note}); err != nil {
		return Component{}, err
	}
	if to == Retired {
		if err := d.o.Alarms.Clear(ctx, tenant, suspendedKey(c), d.now()); err != nil {
			return Component{}, err
		}
	}
	if was != Active {
		return c, nil
	}
	return c, d.silence(ctx, tenant, c)
}

func (d *Desk) ask(ctx context.Context, who access.Principal, c Component, m Move) (Component, error) {
	wait := defaultAsk
	if m.ExpireS > 0 {
		wait = time.Duration(m.ExpireS) * time.Second
	}
	switch {
	case c.State != Draft:
		return Component{}, invalid("%s is %s; only a draft is asked for", c.called(), c.State)
	case wait > maxAsk:
		return Component{}, invalid("expire_s: a request waits %s at most", maxAsk)
	}
	now := d.o.Now()
	c.Request = &Request{By: who.Name, At: plant.InstantOf(now), Expires: plant.InstantOf(now.Add(wait)), Note: m.Note}
	return c, d.step(ctx, who.Scope.Tenant, &c, m.Rev, Step{State: Draft, What: m.What, By: who.Name, Note: m.Note})
}

// decide allows what another person brought and asked for, or refuses it.
func (d *Desk) decide(ctx context.Context, who access.Principal, c Component, m Move) (Component, error) {
	if c.State != Draft || c.Request == nil {
		return Component{}, invalid("nobody asked that %s may run; let who owns it ask first", c.called())
	}
	to := Draft
	if m.What == "approve" {
		switch {
		case slices.Contains(c.Authors, who.Name) || c.Request.By == who.Name:
			return Component{}, invalid("%s brought %s or asked for it; another person allows it", who.Name, c.called())
		case d.now() >= c.Request.Expires:
			return Component{}, invalid("the request of %s waited until %s and is over; ask again, so that what is allowed is what somebody wants now", c.Request.By, c.Request.Expires.Time().Format(time.RFC3339))
		}
		if err := d.complete(ctx, who, &c); err != nil { // the key may be revoked by now, the plant another one
			return Component{}, err
		}
		to = Approved
	}
	c.Request = nil
	return c, d.step(ctx, who.Scope.Tenant, &c, m.Rev, Step{State: to, What: m.What, By: who.Name, Note: m.Note})
}

// activate puts a revision to work that was allowed, and no other one of its component.
func (d *Desk) activate(ctx context.Context, who access.Principal, c Component, m Move) (Component, error) {
	tenant := who.Scope.Tenant
	switch {
	case !c.wasApproved():
		return Component{}, invalid("%s was never allowed to run; ask for it first", c.called())
	case m.What == "activate" && c.State != Approved && c.State != Suspended:
		return Component{}, invalid("%s is %s; one that is approved or suspended is put to work", c.called(), c.State)
	case c.State == Active:
		return Component{}, invalid("%s is active already", c.called())
	}
	if err := d.complete(ctx, who, &c); err != nil {
		return Component{}, err
	}
	if c.Form == Service && d.o.Services == nil {
		return Component{}, invalid("no service can connect here: start the node with --components ADDRESS")
	}
	if err := d.apart(ctx, tenant, c); err != nil {
		return Component{}, err
	}
	all, err := d.Revisions(ctx, tenant, c.Series)
	if err != nil {
		return Component{}, err
	}
	for _, o := range all { // before: never two at once
		if o.ID != c.ID && (o.State == Active || o.State == Suspended) {
			if err := d.step(ctx, tenant, &o, o.Rev, Step{State: Retired, What: "retire", By: who.Name, Note: because("revision %d takes its place", c.Revision)}); err != nil {
				return Component{}, err
			}
		}
	}
	if err := d.number(ctx, tenant, &c); err != nil {
		return Component{}, err
	}
	if err := d.step(ctx, tenant, &c, m.Rev, Step{State: Active, What: m.What, By: who.Name, Note: m.Note}); err != nil {
		return Component{}, err
	}
	return c, d.o.Alarms.Clear(ctx, tenant, suspendedKey(c), d.now())
}

// number gives the outputs their tags: of a name at a machine always the same one, so that
// the next revision goes on where the last ended.
func (d *Desk) number(ctx context.Context, tenant plant.TenantNo, c *Component) error {
	tags := make([]plant.Tag, len(c.Outputs))
	for i, o := range c.Outputs {
		title := o.Title
		if title.ZH == "" {
			title = plant.Name{ZH: c.Name.ZH + "：" + o.Name, EN: c.Name.EN}
		}
		tags[i] = plant.Tag{
			Node: c.Place, Name: c.signal(o), Path: c.Path + "/" + c.signal(o), Title: title, Kind: plant.KindNumber, Unit: o.Unit,
			Min: o.Min, Max: o.Max, Retention: plant.RetainStandard, Silence: c.silentAfter(),
		}
	}
	tags, err := d.o.Recorder.EnsureTags(ctx, tenant, tags)
	if err != nil {
		return err
	}
	for i := range tags {
		c.Outputs[i].Tag = tags[i].No
	}
	return nil
}

// silentAfter is how long nothing may come of a component that runs.
func (c *Component) silentAfter() time.Duration {
	const missed = 3 // calls
	return missed * time.Duration(c.EveryS) * time.Second
}

// suspend takes a revision out of work because it misbehaves, or may not run any more.
func (d *Desk) suspend(ctx context.Context, tenant plant.TenantNo, id, why string) error {
	node := access.Node(tenant)
	c, err := d.component(ctx, node, id, access.Read)
	if err != nil || c.State != Active {
		return err
	}
	if err := d.step(ctx, tenant, &c, c.Rev, Step{State: Suspended, What: "suspend", By: node.Name, Note: why}); err != nil {
		return err
	}
	if err := d.tell(ctx, tenant, c, suspendedKey(c), 2, "组件已自动停用：", "Component suspended: "); err != nil {
		return err
	}
	return d.silence(ctx, tenant, c)
}

func suspendedKey(c Component) string { return c.Series + "/suspended" }

func (d *Desk) tell(ctx context.Context, tenant plant.TenantNo, c Component, key string, priority int, zh, en string) error {
	name := c.Name.EN
	if name == "" {
		name = c.Name.ZH
	}
	return d.o.Alarms.Raise(ctx, tenant, Alarm{Key: key, Place: c.Place, At: d.now(), Priority: priority, Text: plant.Name{ZH: zh + c.Name.ZH, EN: en + name}, Evidence: "/components?component=" + c.ID})
}

// silence says of the outputs of a component that ends that nobody knows them any more: a
// last value would hold for ever. Its other alarms end too.
func (d *Desk) silence(ctx context.Context, tenant plant.TenantNo, c Component) error {
	at := d.now().Micros()
	samples := make([]plant.Sample, 0, len(c.Outputs))
	for _, o := range c.Outputs {
		if o.Tag != 0 {
			samples = append(samples, plant.BadSample(o.Tag, at, plant.NotConnected, nil))
		}
	}
	if err := d.o.Recorder.Record(ctx, tenant, samples); err != nil {
		return err
	}
	for _, key := range []string{missingKey(c), asideKey(c)} {
		if err := d.o.Alarms.Clear(ctx, tenant, key, d.now()); err != nil {
			return err
		}
	}
	return nil
}
