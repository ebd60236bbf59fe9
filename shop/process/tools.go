package process

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Kinds of documents of tools.
const (
	KindToolType Kind = "tool_type"
	KindTool     Kind = "tool" // mounted, and taken off
)

// Use tells what machines made, by which tools wear.
type Use interface {
	// Parts are what a machine itself counted in [from, to): good ones, scrap and rework.
	Parts(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) (int64, error)
	// Lot is what the job that runs at a machine has left to make; nil when none runs.
	Lot(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) (*Lot, error)
}

const (
	// maxTools that are read of one type or place: lives of years.
	maxTools = 5000
	// lateTool is how long after it was done a change may be entered.
	lateTool   = 7 * 24 * time.Hour
	clockSlack = 2 * time.Minute // a panel's clock may run ahead of ours
)

// SaveToolType keeps a type of tool; without an id it is a new one.
func (d *Desk) SaveToolType(ctx context.Context, who access.Principal, y ToolType) (ToolType, error) {
	if err := y.check(); err != nil {
		return ToolType{}, err
	}
	at, err := d.machine(ctx, who, y.Place, access.Engineer)
	if err != nil {
		return ToolType{}, err
	}
	seen := y.Rev
	if y.ID == "" {
		y.ID, seen = d.o.NewID(), 0
	} else {
		old, err := d.toolType(ctx, who, y.ID)
		switch {
		case err != nil:
			return ToolType{}, err
		case old.Measure != y.Measure:
			return ToolType{}, invalid("lives of %s are known in %s; end the type and make another one", old.Code, old.Measure)
		}
	}
	y.Path, y.Rev = at.Path, seen+1
	return y, d.save(ctx, who.Scope.Tenant, Document{Kind: KindToolType, ID: y.ID, Place: y.Place, Path: y.Path, Open: !y.Ended, By: who.Name}, y, seen)
}

func (d *Desk) toolType(ctx context.Context, who access.Principal, id string) (ToolType, error) {
	y, err := document.Read[ToolType](d.o.Store.Document(ctx, who.Scope.Tenant, KindToolType, id))
	return y, err
}

// ToolTypes lists types within a scope with what is known of their lives, the newest
// first.
func (d *Desk) ToolTypes(ctx context.Context, f Filter) ([]TypeLife, error) {
	f.Kind, f.Open = KindToolType, true
	all, err := document.ReadAll[ToolType](d.o.Store.Documents(ctx, f))
	if err != nil {
		return nil, err
	}
	tools, err := d.tools(ctx, Filter{Scope: access.Scope{Tenant: f.Scope.Tenant}, Limit: maxTools})
	out := make([]TypeLife, len(all))
	for i, y := range all {
		out[i] = lifeOf(y, tools)
	}
	return out, err
}

func (d *Desk) tools(ctx context.Context, f Filter) ([]Tool, error) {
	f.Kind = KindTool
	return document.ReadAll[Tool](d.o.Store.Documents(ctx, f))
}

// ToolState is a tool with how much is left of its life.
type ToolState struct {
	Tool
	Prognosis *Prognosis `json:"prognosis,omitempty" doc:"Of one that is mounted"`
}

// Tools lists tools within a scope, the newest first; open ones are mounted. Of a
// filter is a machine.
func (d *Desk) Tools(ctx context.Context, f Filter) ([]ToolState, error) {
	all, err := d.tools(ctx, f)
	if err != nil {
		return nil, err
	}
	tenant := f.Scope.Tenant
	known, err := d.tools(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Limit: maxTools})
	if err != nil {
		return nil, err
	}
	out := make([]ToolState, len(all))
	for i, o := range all {
		if out[i].Tool = o; o.Removed != 0 {
			continue
		}
		if o.Used, err = d.used(ctx, tenant, o, d.now()); err != nil {
			return nil, err
		}
		out[i].Tool = o
		if o.Used == nil {
			continue
		}
		var lot *Lot
		if o.Measure == InParts {
			if lot, err = d.o.Use.Lot(ctx, tenant, o.Machine); err != nil {
				return nil, err
			}
		}
		p := Prognose(o, *o.Used, lives(known, o.Type), lot)
		out[i].Prognosis = &p
	}
	return out, nil
}

// used is how much of its life a tool has used by an instant; none where the machine
// is not there any more.
func (d *Desk) used(ctx context.Context, tenant plant.TenantNo, o Tool, to plant.Instant) (*float64, error) {
	if to <= o.Mounted {
		none := 0.0
		return &none, nil
	}
	var used float64
	if o.Measure == InMinutes {
		spans, err := d.o.Jobs.Produced(ctx, tenant, o.Machine, o.Mounted, to)
		if err != nil {
			return nil, ignore(err, access.ErrNotFound)
		}
		for _, s := range spans {
			used += seconds(s.From, s.To) / 60
		}
		return &used, nil
	}
	parts, err := d.o.Use.Parts(ctx, tenant, o.Machine, o.Mounted, to)
	if err != nil {
		return nil, ignore(err, access.ErrNotFound)
	}
	used = float64(parts)
	return &used, nil
}

// Mount is a tool that somebody mounts, in place of the one that is there.
type Mount struct {
	Type    string        `json:"type" minLength:"1" maxLength:"60" doc:"Id"`
	Machine plant.NodeID  `json:"equipment" minLength:"1" maxLength:"60"`
	Slot    string        `json:"slot,omitempty" maxLength:"40" doc:"Place at the machine, as a turret's station"`
	Serial  string        `json:"serial,omitempty" maxLength:"60" doc:"Of the tool"`
	At      plant.Instant `json:"at,omitempty" doc:"When; now when left out"`
	Reason  Reason        `json:"reason,omitempty" enum:"worn,broken,planned,other" doc:"Why the one that is there is taken off"`
	Note    string        `json:"note,omitempty" maxLength:"1000"`
	Key     string        `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same tool"`
}

// MountTool mounts a tool; one that is in its place is taken off for the reason.
func (d *Desk) MountTool(ctx context.Context, who access.Principal, n Mount) (Tool, error) {
	tenant := who.Scope.Tenant
	m, err := d.machine(ctx, who, n.Machine, access.Report)
	if err != nil {
		return Tool{}, err
	}
	if n.Key != "" {
		if old, err := document.Read[Tool](d.o.Store.Keyed(ctx, tenant, KindTool, who.Name, n.Key)); !errors.Is(err, access.ErrNotFound) {
			return old, err
		}
	}
	y, err := d.toolType(ctx, who, n.Type)
	if err != nil {
		return Tool{}, err
	}
	n.Slot, n.Serial, n.Note = strings.TrimSpace(n.Slot), strings.TrimSpace(n.Serial), strings.TrimSpace(n.Note)
	switch {
	case m.Profile == "":
		return Tool{}, invalid("%s is no machine; a tool is mounted at one", m.Path)
	case y.Ended:
		return Tool{}, invalid("type %s is used no more", y.Code)
	case len(n.Slot) > 40 || len(n.Serial) > 60 || len(n.Note) > maxNote:
		return Tool{}, invalid("slot, serial number and note have at most 40, 60 and %d bytes", maxNote)
	}
	if n.At, err = d.when(n.At); err != nil {
		return Tool{}, err
	}
	there, err := d.tools(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Of: string(m.ID), Open: true, Limit: maxTools})
	if err != nil {
		return Tool{}, err
	}
	for _, o := range there {
		if o.Slot != n.Slot {
			continue
		}
		if _, err := d.takeOff(ctx, who, o, n.At, n.Reason, n.Note); err != nil {
			return Tool{}, err
		}
	}
	o := Tool{
		ID: d.o.NewID(), Rev: 1, Type: y.ID, Code: y.Code, TypeName: y.Name, Measure: y.Measure, Life: y.Life, Machine: m.ID, Path: m.Path, Name: m.Name,
		Slot: n.Slot, Serial: n.Serial, Mounted: n.At, By: who.Name,
	}
	return o, d.saveTool(ctx, who, o, n.Key)
}

// when is the instant of an entry, if it may be entered.
func (d *Desk) when(at plant.Instant) (plant.Instant, error) {
	now := d.o.Now()
	switch {
	case at == 0:
		return plant.InstantOf(now), nil
	case at > plant.InstantOf(now.Add(clockSlack)):
		return 0, invalid("%s has not come yet; set the clock of the panel", at.Time().Format(time.RFC3339))
	case at < plant.InstantOf(now.Add(-lateTool)):
		return 0, invalid("%s is more than %d days ago", at.Time().Format(time.RFC3339), int(lateTool.Hours()/24))
	}
	return at, nil
}

// Off is a tool that somebody takes off.
type Off struct {
	Reason Reason        `json:"reason" enum:"worn,broken,planned,other"`
	At     plant.Instant `json:"at,omitempty" doc:"When; now when left out"`
	Note   string        `json:"note,omitempty" maxLength:"1000"`
	Rev    int64         `json:"rev" doc:"The one that was seen"`
}

// RemoveTool takes a tool off.
func (d *Desk) RemoveTool(ctx context.Context, who access.Principal, id string, off Off) (Tool, error) {
	o, err := document.Read[Tool](d.o.Store.Document(ctx, who.Scope.Tenant, KindTool, id))
	switch {
	case err != nil:
		return Tool{}, err
	case !who.Scope.Allows(o.Path):
		return Tool{}, fmt.Errorf("%w: tool %s", access.ErrNotFound, id)
	case !who.May(access.Report, o.Path):
		return Tool{}, fmt.Errorf("%w: tools at %s", access.ErrForbidden, o.Path)
	case o.Rev != off.Rev:
		return Tool{}, conflict("the tool has revision %d, not %d", o.Rev, off.Rev)
	}
	if off.At, err = d.when(off.At); err != nil {
		return Tool{}, err
	}
	return d.takeOff(ctx, who, o, off.At, off.Reason, strings.TrimSpace(off.Note))
}

func (d *Desk) takeOff(ctx context.Context, who access.Principal, o Tool, at plant.Instant, reason Reason, note string) (Tool, error) {
	switch {
	case o.Removed != 0:
		return Tool{}, invalid("tool %s was taken off at %s", o.Code, o.Removed.Time().Format(time.RFC3339))
	case !validReason(reason):
		return Tool{}, invalid("%s is mounted there: say whether it is worn, broken or changed as planned; %q is no reason", o.Code, reason)
	case at < o.Mounted:
		return Tool{}, invalid("tool %s was mounted at %s, after it is said to be taken off", o.Code, o.Mounted.Time().Format(time.RFC3339))
	case len(note) > maxNote:
		return Tool{}, invalid("a note of %d bytes; %d are allowed", len(note), maxNote)
	}
	var err error
	if o.Used, err = d.used(ctx, who.Scope.Tenant, o, at); err != nil {
		return Tool{}, err
	}
	o.Rev++
	o.Removed, o.RemovedBy, o.Reason, o.Note = at, who.Name, reason, note
	return o, d.saveTool(ctx, who, o, "")
}

func (d *Desk) saveTool(ctx context.Context, who access.Principal, o Tool, key string) error {
	return d.save(ctx, who.Scope.Tenant, Document{Kind: KindTool, ID: o.ID, Place: o.Machine, Path: o.Path, Of: string(o.Machine), Open: o.Removed == 0, By: who.Name, Key: key}, o, o.Rev-1)
}
