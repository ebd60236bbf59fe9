package handshake

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"zhigai/access"
	calc "zhigai/calc/handshake"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Run is whether a handshake is followed, by whom, and why not.
type Run struct {
	ID        string        `json:"id" doc:"Of the handshake: its series"`
	Rev       int64         `json:"rev" doc:"Counts the changes; the one that was seen"`
	Handshake string        `json:"revision_id" doc:"Of the revision that runs"`
	Revision  int           `json:"revision"`
	Mode      Mode          `json:"mode" enum:"off,on,suspended"`
	At        plant.Instant `json:"at,omitempty"`
	By        string        `json:"by,omitempty"`
	Note      string        `json:"note,omitempty"`
	Reason    string        `json:"reason,omitempty" doc:"Why it suspended itself"`
}

// Heard is a signal that a handshake listens to, as it is known.
type Heard struct {
	Party  calc.Party    `json:"party" enum:"giver,taker"`
	Signal string        `json:"signal"`
	Tag    plant.TagNo   `json:"tag,omitempty" doc:"By which its samples are found"`
	Value  *float64      `json:"value,omitempty" doc:"Left out while it is not known"`
	At     plant.Instant `json:"at,omitempty" doc:"When the machine said so"`
}

// Now is where a handshake stands.
type Now struct {
	At       plant.Instant `json:"at"`
	Phase    calc.Phase    `json:"phase" enum:"idle,waiting,telling,clearing,held"`
	Step     string        `json:"step,omitempty" doc:"Waited for, or being told"`
	Party    calc.Party    `json:"party,omitempty" enum:"giver,taker" doc:"Who is waited for"`
	SinceMs  float64       `json:"since_ms" doc:"How long the phase lasts"`
	WithinMs int64         `json:"within_ms,omitempty" doc:"How long it may"`
	Blocked  string        `json:"blocked,omitempty" doc:"Idle: the signal because of which no hand-over can begin"`
	Inputs   []Heard       `json:"inputs" nullable:"false"`
	Handover *Handover     `json:"handover,omitempty" doc:"The one under way, or being cleared"`
}

// View is a handshake as a person sees it.
type View struct {
	Handshake Handshake   `json:"handshake" doc:"The approved revision, or the newest where none is"`
	Run       Run         `json:"run"`
	Now       *Now        `json:"now,omitempty" doc:"Where it stands; left out while it is off"`
	Last      *Handover   `json:"last,omitempty" doc:"The last hand-over"`
	Revisions []Handshake `json:"revisions,omitempty" doc:"All of them, the newest first"`
}

// Views lists handshakes within a scope, the newest first.
func (d *Desk) Views(ctx context.Context, f Filter) ([]View, error) {
	all, err := d.Handshakes(ctx, Filter{Scope: f.Scope, Open: true, Limit: maxRunning})
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	out := []View{}
	for _, h := range all {
		i, known := at[h.Series]
		switch {
		case !known:
			at[h.Series] = len(out)
			out = append(out, View{Handshake: h})
		case h.State == Approved && out[i].Handshake.State != Approved:
			out[i].Handshake = h
		}
	}
	for i := range out {
		if err := d.fill(ctx, f.Scope.Tenant, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// View is one handshake with its revisions.
func (d *Desk) View(ctx context.Context, who access.Principal, series string) (View, error) {
	return d.view(ctx, who, series, access.Read)
}

func (d *Desk) view(ctx context.Context, who access.Principal, series string, right access.Permission) (View, error) {
	all, err := d.ofSeries(ctx, who.Scope, series)
	if err != nil {
		return View{}, err
	}
	v := View{Handshake: all[0], Revisions: all}
	if h := inEffect(all); h != nil {
		v.Handshake = *h
	}
	for _, path := range []string{v.Handshake.Giver.Path, v.Handshake.Taker.Path} {
		if right != access.Read && !who.May(right, path) {
			return View{}, fmt.Errorf("%w: %s at %s", access.ErrForbidden, right, path)
		}
	}
	return v, d.fill(ctx, who.Scope.Tenant, &v)
}

// fill adds how a handshake stands.
func (d *Desk) fill(ctx context.Context, tenant plant.TenantNo, v *View) error {
	series := v.Handshake.Series
	if r := d.runner(tenant, series); r != nil {
		v.Run, v.Now = r.shown()
	} else {
		run, err := document.Read[Run](d.o.Store.Document(ctx, tenant, KindRun, series))
		if errors.Is(err, access.ErrNotFound) {
			run, err = Run{ID: series, Handshake: v.Handshake.ID, Revision: v.Handshake.Revision, Mode: Off}, nil
		}
		if err != nil {
			return err
		}
		v.Run = run
	}
	last, err := document.ReadAll[Handover](d.o.Store.Documents(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindHandover, Of: series, Limit: 1}))
	if len(last) > 0 {
		v.Last = &last[0]
	}
	return err
}

// Asked is what somebody asks for.
type Asked struct {
	Mode Mode   `json:"mode" enum:"on,off"`
	Note string `json:"note,omitempty" maxLength:"1000"`
	Rev  int64  `json:"rev" doc:"Of the run that was seen"`
}

// SetMode has a handshake followed, or not. One that suspended itself leaves that by a
// person alone, who looked: on takes back what was told in a hand-over that is held, off
// leaves it.
func (d *Desk) SetMode(ctx context.Context, who access.Principal, series string, a Asked) (View, error) {
	v, err := d.view(ctx, who, series, access.Control)
	a.Note = strings.TrimSpace(a.Note)
	switch {
	case err != nil:
		return View{}, err
	case a.Mode != On && a.Mode != Off:
		return View{}, invalid("a person asks for on or off, not for %q", a.Mode)
	case a.Rev != v.Run.Rev:
		return View{}, conflict("the handshake has revision %d, not %d", v.Run.Rev, a.Rev)
	case len(a.Note) > maxNote:
		return View{}, invalid("a note of at most %d bytes is kept", maxNote)
	}
	r := d.runner(who.Scope.Tenant, series)
	switch {
	case r == nil && a.Mode == On:
		err = d.begin(ctx, who, v, a)
	case r != nil:
		err = r.do(ctx, func() error { return r.switched(a, who.Name) })
	}
	if err != nil {
		return View{}, err
	}
	return d.View(ctx, who, series)
}

// begin has an approved revision followed.
func (d *Desk) begin(ctx context.Context, who access.Principal, v View, a Asked) error {
	h := v.Handshake
	if h.State != Approved {
		return invalid("revision %d is %s; an approved one runs", h.Revision, h.State)
	}
	if err := d.complete(ctx, who, &h, access.Control); err != nil {
		return err
	}
	if err := d.alone(ctx, who.Scope.Tenant, h); err != nil {
		return err
	}
	run := Run{ID: h.Series, Rev: v.Run.Rev, Handshake: h.ID, Revision: h.Revision, Mode: On, By: who.Name, Note: a.Note, At: d.now()}
	r, err := d.launch(ctx, who.Scope.Tenant, h, run, v.open())
	if err != nil {
		return err
	}
	return r.do(ctx, r.keepRun)
}

// open is a hand-over that was left by who switched the handshake off.
func (v *View) open() *Handover {
	if v.Last != nil && v.Last.Cleared == 0 {
		return v.Last
	}
	return nil
}

// alone says what else moves a set point of a handshake by itself.
func (d *Desk) alone(ctx context.Context, tenant plant.TenantNo, h Handshake) error {
	for _, p := range h.tells() {
		by := d.Holder(tenant, p.machine, p.signal)
		if by == "" {
			var err error
			if by, err = d.o.Held(ctx, tenant, p.machine, p.signal); err != nil {
				return err
			}
		}
		if by != "" {
			return conflict("handshake %q and %s would both move %s; switch that one off first", h.Name.ZH, by, p.signal)
		}
	}
	return nil
}

// GiveUp is a person who ends a hand-over.
type GiveUp struct {
	Note     string `json:"note" minLength:"1" maxLength:"1000" doc:"Why"`
	Handover string `json:"handover" minLength:"1" maxLength:"60" doc:"The one that was seen"`
}

// GiveUp ends the hand-over that is under way: what was told is taken back.
func (d *Desk) GiveUp(ctx context.Context, who access.Principal, series string, g GiveUp) (View, error) {
	if _, err := d.view(ctx, who, series, access.Control); err != nil {
		return View{}, err
	}
	g.Note = strings.TrimSpace(g.Note)
	r := d.runner(who.Scope.Tenant, series)
	switch {
	case g.Note == "" || len(g.Note) > maxNote:
		return View{}, invalid("say in 1 to %d bytes why", maxNote)
	case r == nil:
		return View{}, invalid("the handshake is off: nothing is under way")
	}
	if err := r.do(ctx, func() error { return r.giveUp(g, who.Name) }); err != nil {
		return View{}, err
	}
	return d.View(ctx, who, series)
}
